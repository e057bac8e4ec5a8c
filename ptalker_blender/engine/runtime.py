"""Can the worker run where it is wanted? Told by looking at folders alone, so that a panel may ask.

Whether the modules work shows only when the worker starts; here the plain case is caught, a Python that lacks them.
Standard library only, since Blender imports this module.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

NEEDED = ("numpy", "torch", "scipy", "soundfile", "safetensors", "transformers")


def runtime_problem(python: str, search: Sequence[Path] = (), needed: Sequence[str] = NEEDED) -> str:
    """Say what keeps the worker from running in a Python; empty if nothing, or if it cannot be told from outside.

    Args:
        python: path or name of the interpreter.
        search: further folders the worker will import from.
        needed: modules it must have.
    """
    if python == sys.executable:
        lacking = [name for name in needed if not (_is_in(name, search) or importlib.util.find_spec(name))]
        return _lacks("Blender's own Python", lacking)
    program = shutil.which(python)
    if program is None:
        return f"The Python {python} cannot be started"
    folders = _packages(program)
    if folders is None:
        return ""
    return _lacks(f"The Python {python}", [name for name in needed if not _is_in(name, (*folders, *search))])


def _lacks(who: str, lacking: Sequence[str]) -> str:
    return f"{who} has no {', '.join(lacking)}" if lacking else ""


def _is_in(name: str, folders: Sequence[Path]) -> bool:
    return any((folder / name).is_dir() or (folder / f"{name}.py").is_file() for folder in folders)


@lru_cache(maxsize=16)
def _packages(program: str) -> tuple[Path, ...] | None:
    """Where a virtual environment keeps its packages; None for other Pythons, which look in more places than one."""
    root = Path(program).parent.parent  # not resolved: the link in an environment leads to the Python it was made from
    settings = root / "pyvenv.cfg"
    if not settings.is_file():
        return None
    lines = settings.read_text(encoding="utf-8", errors="replace").lower().replace(" ", "").splitlines()
    if "include-system-site-packages=true" in lines:
        return None
    found = (root / "Lib" / "site-packages", *sorted(root.glob("lib*/python3*/site-packages")))
    return tuple(folder for folder in found if folder.is_dir())
