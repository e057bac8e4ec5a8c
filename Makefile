# `make demo` and `make test` need Python 3.11 and git; both set up .venv themselves.
PYTHON := .venv/bin/python
READY := .venv/ready

.PHONY: demo test test-slow check extension gui setup clean

demo: $(READY)
	@$(PYTHON) -m tools.demo

# The tests that need no display; minutes-long ones are in test-slow.
test: $(READY)
	@$(PYTHON) -m pytest

test-slow: $(READY)
	@$(PYTHON) -m pytest -m slow

check: $(READY)
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@$(PYTHON) tools/check_types.py

# dist/ptalker-VERSION.zip, to install in Blender
extension: $(READY)
	@$(PYTHON) tools/build_extension.py

# Windowed Blender 4.3 and 5.2 driven with simulated events; the first run makes their chroots (root, minutes)
gui: extension
	@bash tools/gui/ci.sh

setup: $(READY)

$(READY): pyproject.toml tools/setup.sh
	@bash tools/setup.sh .venv
	@touch $@

# The environment stays: it is gigabytes, and `rm -r .venv` is short.
clean:
	rm -rf out dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -not -path './.cache/*' -prune -exec rm -rf {} +
