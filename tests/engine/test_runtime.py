"""What can be told of a Python from its folders alone."""

from __future__ import annotations

import sys

import pytest

from ptalker_blender.engine.runtime import NEEDED, runtime_problem


@pytest.fixture
def environment(tmp_path):
    """A folder laid out as a virtual environment is, with every module but scipy."""
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    for name in NEEDED:
        if name == "soundfile":
            (packages / "soundfile.py").touch()  # a module of one file
        elif name != "scipy":
            (packages / name).mkdir()
    (tmp_path / "pyvenv.cfg").write_text("include-system-site-packages = false\n")
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    return tmp_path


def test_a_python_that_is_not_there(tmp_path):
    assert runtime_problem(str(tmp_path / "python")) == f"The Python {tmp_path / 'python'} cannot be started"


def test_an_environment_that_lacks_a_module(environment, tmp_path):
    python = str(environment / "bin" / "python")
    assert runtime_problem(python) == f"The Python {python} has no scipy"
    further = tmp_path / "further"
    (further / "scipy").mkdir(parents=True)
    assert runtime_problem(python, [further]) == ""


@pytest.mark.parametrize("settings", ["Include-System-Site-Packages = TRUE", None])
def test_a_python_that_looks_elsewhere_is_not_judged(environment, settings):
    (environment / "pyvenv.cfg").unlink()
    if settings is not None:
        (environment / "pyvenv.cfg").write_text(settings)
    assert runtime_problem(str(environment / "bin" / "python")) == ""


def test_our_own_python():
    assert runtime_problem(sys.executable) == ""
    assert runtime_problem(sys.executable, needed=("torch", "no_such_module")) == (
        "Blender's own Python has no no_such_module"
    )
