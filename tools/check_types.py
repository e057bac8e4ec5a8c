"""Type-check the extension: operators, panels and the root files, which are modules only of the installed add-on.

usage: python tools/check_types.py      (`mypy` alone checks ptalker_blender)
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("-m", "ptalker", "-m", "ptalker.preferences", "-m", "ptalker.properties", "-m", "ptalker.take_properties")
PACKAGES = ("-p", "ptalker.operators", "-p", "ptalker.panels")


def main() -> int:
    """Run mypy on the checkout under the name it has as an add-on, whatever its folder is called."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "ptalker").symlink_to(ROOT, target_is_directory=True)
        cache, config = ROOT / ".mypy_cache" / "extension", ROOT / "pyproject.toml"
        command = [sys.executable, "-m", "mypy", "--config-file", str(config), "--cache-dir", str(cache)]
        environment = {**os.environ, "MYPYPATH": folder}
        return subprocess.run([*command, *PARTS, *PACKAGES], cwd=folder, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
