"""Where Pythons are wont to be: paths to ask, found by looking at folders alone. Nothing is run and nothing is sent.

Left out on purpose: folders of the path that are not absolute (the current one may be a stranger's), ``WindowsApps``
(its Pythons may open the store), ``shims`` of pyenv (whose versions are found themselves), and the system's Python on
macOS (it is too old, and may offer to install Xcode).
Standard library only, since Blender imports this module.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .client import PYTHON_VARIABLE

_NAMES = ("python3", "python3.[0-9]*")  # the first of a folder that is there stands for its like
_CONDA = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba")
_ENVIRONMENTS = ("", ".venv", "venv")  # in a folder of its own, beside which a runtime is kept
_PROJECTS = ("ptalker*", "PTalker*", "ComfyUI*")  # not every folder: on macOS some ask for permission when looked into


@dataclass(frozen=True)
class Machine:
    """What there is to look through; of this machine by ``of``.

    Attributes:
        windows: whether programs lie as on Windows.
        mac: whether it is macOS.
        environ: environment variables.
        home: the user's folder.
        root: of the file system; absolute folders are looked up under it.
    """

    windows: bool
    mac: bool
    environ: Mapping[str, str]
    home: Path
    root: Path

    @staticmethod
    def of(platform: str, environ: Mapping[str, str]) -> Machine:
        """The machine this runs on, from ``sys.platform`` and ``os.environ``."""
        home = Path.home()
        return Machine(platform == "win32", platform == "darwin", environ, home, Path(home.anchor))


def known_pythons(machine: Machine, first: Iterable[str] = ()) -> tuple[str, ...]:
    """Every Python there is to ask, each once, the likeliest first; links that lead nowhere are among them.

    Args:
        machine: where to look.
        first: programs known by other means, put before the rest.
    """
    found: dict[tuple[str, str], str] = {}
    for name in (*first, machine.environ.get(PYTHON_VARIABLE, ""), *map(str, _everywhere(machine))):
        if name:
            found.setdefault(_sameness(Path(name)), name)
    return tuple(found.values())


def pythons_beside(folder: Path, *, windows: bool) -> tuple[str, ...]:
    """The Python of a virtual environment that lies in a folder, such as that of the open file; empty without one."""
    return tuple(str(path) for path in _environment(folder / ".venv", windows=windows))


def pythons_in(folder: Path, *, windows: bool) -> tuple[str, ...]:
    """The Pythons of a folder that is a virtual environment itself, or holds one."""
    return tuple(str(path) for name in _ENVIRONMENTS for path in _environment(folder / name, windows=windows))


def _everywhere(machine: Machine) -> Iterator[Path]:
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if machine.environ.get(name):
            yield from _environment(Path(machine.environ[name]), windows=machine.windows)
    yield from _in_home(machine)
    yield from _of_conda(machine)
    yield from _on_path(machine)
    yield from _of_managers(machine)
    yield from _of_system(machine)


def _in_home(machine: Machine) -> Iterator[Path]:
    """Virtual environments at usual places, and in folders made for this or for the like."""
    home = machine.home
    roots = [home / ".venv", home / "venv", *_entries(home / ".virtualenvs"), *_entries(home / "venvs")]
    projects = [folder for pattern in _PROJECTS for folder in _entries(home, pattern)]
    roots += [folder / name for folder in projects for name in _ENVIRONMENTS]
    for root in dict.fromkeys(roots):
        yield from _environment(root, windows=machine.windows)


def _of_conda(machine: Machine) -> Iterator[Path]:
    """Environments that conda and mamba list or keep in their usual folders."""
    listed = machine.home / ".conda" / "environments.txt"
    lines = listed.read_text(encoding="utf-8", errors="replace").splitlines() if listed.is_file() else []
    roots = [Path(line.strip()) for line in lines if line.strip()]
    bases = [machine.home / name for name in _CONDA]
    bases += [machine.root / "opt" / name for name in ("conda", *_CONDA)]
    bases += [Path(machine.environ[name]) / kind for name in ("LOCALAPPDATA", "PROGRAMDATA")
              if machine.environ.get(name) for kind in _CONDA]  # fmt: skip
    bases += [Path(machine.environ["MAMBA_ROOT_PREFIX"])] if machine.environ.get("MAMBA_ROOT_PREFIX") else []
    for base in bases:
        roots += [base, *_entries(base / "envs")]
    for root in dict.fromkeys(roots):
        yield from _environment(root, windows=machine.windows)


def _on_path(machine: Machine) -> Iterator[Path]:
    separator = ";" if machine.windows else ":"
    for text in machine.environ.get("PATH", "").split(separator):
        folder = Path(text)
        stub = {"WindowsApps", "shims"} & set(folder.parts) or (machine.mac and folder == machine.root / "usr" / "bin")
        if folder.is_absolute() and not stub:
            yield from _programs(folder, windows=machine.windows)


def _of_managers(machine: Machine) -> Iterator[Path]:
    """Versions that pyenv and uv keep."""
    pyenv = Path(machine.environ.get("PYENV_ROOT") or machine.home / ".pyenv")
    shared = Path(machine.environ.get("XDG_DATA_HOME") or machine.home / ".local" / "share")
    roaming = Path(machine.environ.get("APPDATA") or machine.home)
    roots = [pyenv / "versions", pyenv / "pyenv-win" / "versions", shared / "uv" / "python", roaming / "uv" / "python"]
    for root in roots:
        for version in _entries(root):
            yield from _environment(version, windows=machine.windows)


def _of_system(machine: Machine) -> Iterator[Path]:
    """Where installers put Pythons."""
    if machine.windows:
        local, programs = machine.environ.get("LOCALAPPDATA"), machine.environ.get("PROGRAMFILES")
        folders = [*_entries(machine.root, "Python3*")]
        folders += _entries(Path(local) / "Programs" / "Python", "Python3*") if local else []
        folders += _entries(Path(local) / "Python", "pythoncore-3*") if local else []
        folders += _entries(Path(programs), "Python3*") if programs else []
    elif machine.mac:
        folders = [machine.root / "opt" / "homebrew" / "bin", machine.root / "usr" / "local" / "bin"]
        versions = machine.root / "Library" / "Frameworks" / "Python.framework" / "Versions"
        folders += [folder / "bin" for folder in _entries(versions, "3.*")]
    else:
        folders = [machine.root / "usr" / "local" / "bin", machine.root / "usr" / "bin"]
        folders += [folder / "bin" for folder in _entries(machine.root / "opt", "python*")]
    for folder in folders:
        yield from _programs(folder, windows=machine.windows)


def _environment(root: Path, *, windows: bool) -> Iterator[Path]:
    """The one Python of a virtual or conda environment, or of a version's own folder."""
    folders = (root / "Scripts", root) if windows else (root / "bin",)
    for folder in folders:
        program = next(_programs(folder, windows=windows), None)
        if program is not None:
            yield program
            return


def _programs(folder: Path, *, windows: bool) -> Iterator[Path]:
    """Pythons 3 of a folder, those of other names for the same file left out."""
    names = [path.name for path in _entries(folder)]
    wanted = ("python.exe",) if windows else _NAMES
    seen = set()
    for pattern in wanted:
        for name in sorted(fnmatch.filter(names, pattern)):
            path = folder / name
            tail = name.removeprefix("python3.")
            plain = windows or not name.startswith("python3.") or tail.isdigit()  # not python3.11-config
            if plain and _sameness(path) not in seen and not path.is_dir():
                seen.add(_sameness(path))
                yield path


def _entries(folder: Path, pattern: str = "*") -> list[Path]:
    """What lies in a folder, sorted by name; nothing when it is not there or may not be looked into."""
    try:
        return sorted(path for path in folder.iterdir() if fnmatch.fnmatch(path.name, pattern))
    except OSError:
        return []


def _sameness(path: Path) -> tuple[str, str]:
    """Equal for names of one Python in one folder.

    The folder counts, since the link in a virtual environment leads to the Python it was made from.
    """
    return os.path.realpath(path.parent), os.path.realpath(path)
