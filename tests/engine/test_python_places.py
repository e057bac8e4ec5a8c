"""Folders in which Pythons lie, laid out as they are on three systems."""

from __future__ import annotations

from pathlib import Path

import pytest

from ptalker_blender.engine.python_places import Machine, known_pythons, pythons_beside


def put(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return str(path)


def machine(tmp_path: Path, kind: str = "linux", **environ: str) -> Machine:
    (tmp_path / "home").mkdir(exist_ok=True)
    return Machine(kind == "windows", kind == "mac", environ, tmp_path / "home", tmp_path / "root")


def test_virtual_environments_at_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    wanted = [
        put(home / place / "bin" / "python3")
        for place in (".venv", "venv", ".virtualenvs/film", "ptalker-runtime", "PTalker/.venv", "ComfyUI/venv")
    ]
    put(home / "Documents" / ".venv" / "bin" / "python3")  # not looked into: macOS would ask for permission
    assert set(known_pythons(machine(tmp_path))) == set(wanted)


def test_first_come_those_that_are_named(tmp_path: Path) -> None:
    usual = put(tmp_path / "home" / "venv" / "bin" / "python3")
    named = put(tmp_path / "named" / "python3")
    looked = machine(tmp_path, PTALKER_PYTHON=named)
    assert known_pythons(looked, ["/nowhere/python", named]) == ("/nowhere/python", named, usual)
    assert known_pythons(looked) == (named, usual)


def test_environments_of_conda_and_versions_of_managers(tmp_path: Path) -> None:
    home, far = tmp_path / "home", tmp_path / "far away"
    wanted = [
        put(place / "bin" / "python3")
        for place in (
            far,
            home / "miniforge3",
            home / "miniforge3" / "envs" / "film",
            tmp_path / "root" / "opt" / "conda",
            tmp_path / "mamba" / "envs" / "talk",
            home / ".pyenv" / "versions" / "3.12.1",
            home / ".local" / "share" / "uv" / "python" / "cpython-3.13",
        )
    ]
    (home / ".conda").mkdir()
    (home / ".conda" / "environments.txt").write_text(f"{far}\n{home / 'miniforge3'}\n\n{tmp_path / 'gone'}\n")
    assert set(known_pythons(machine(tmp_path, MAMBA_ROOT_PREFIX=str(tmp_path / "mamba")))) == set(wanted)


def test_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, shims = tmp_path / "bin", tmp_path / "home" / ".pyenv" / "shims"
    old, new = put(folder / "python3.11"), put(folder / "python3.13")
    (folder / "python3").symlink_to(old)  # one Python of two names
    for name in ("python3-config", "python3.11-config", "python", "python2.7"):
        put(folder / name)
    put(shims / "python3.9")
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "here" / "python3")  # the current folder may be a stranger's
    found = known_pythons(machine(tmp_path, PATH=f"{shims}:here::.:{folder}:{folder}"))
    assert found == (str(folder / "python3"), new)


def test_a_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    link = tmp_path / "home" / ".venv" / "bin" / "python3"
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "removed")
    assert known_pythons(machine(tmp_path)) == (str(link),)


def test_environments_made_from_one_python_are_two(tmp_path: Path) -> None:
    base = put(tmp_path / "root" / "usr" / "bin" / "python3")
    links = [tmp_path / "home" / name / "bin" / "python3" for name in (".venv", "venv")]
    for link in links:
        link.parent.mkdir(parents=True)
        link.symlink_to(base)
    assert known_pythons(machine(tmp_path)) == (*map(str, links), base)


def test_windows(tmp_path: Path) -> None:
    home, local = tmp_path / "home", tmp_path / "Local"
    wanted = [
        put(home / ".venv" / "Scripts" / "python.exe"),
        put(home / "miniconda3" / "python.exe"),
        put(local / "Programs" / "Python" / "Python312" / "python.exe"),
        put(local / "Python" / "pythoncore-3.14-64" / "python.exe"),
        put(tmp_path / "root" / "Python311" / "python.exe"),
        put(tmp_path / "Program Files" / "Python313" / "python.exe"),
        put(home / ".pyenv" / "pyenv-win" / "versions" / "3.12.4" / "python.exe"),
    ]
    store = local / "Microsoft" / "WindowsApps"
    put(store / "python.exe")  # may open the store
    environ = {"LOCALAPPDATA": str(local), "PROGRAMFILES": str(tmp_path / "Program Files"), "PATH": str(store)}
    assert set(known_pythons(machine(tmp_path, "windows", **environ))) == set(wanted)


def test_mac(tmp_path: Path) -> None:
    root = tmp_path / "root"
    wanted = [
        put(root / "opt" / "homebrew" / "bin" / "python3.13"),
        put(root / "usr" / "local" / "bin" / "python3"),
        put(root / "Library" / "Frameworks" / "Python.framework" / "Versions" / "3.12" / "bin" / "python3"),
    ]
    put(root / "usr" / "bin" / "python3")  # may offer to install Xcode
    assert set(known_pythons(machine(tmp_path, "mac", PATH=str(root / "usr" / "bin")))) == set(wanted)


def test_beside_the_open_file(tmp_path: Path) -> None:
    assert pythons_beside(tmp_path, windows=False) == ()
    python = put(tmp_path / ".venv" / "bin" / "python3")
    assert pythons_beside(tmp_path, windows=False) == (python,)


def test_this_machine() -> None:
    import os
    import sys

    for path in known_pythons(Machine.of(sys.platform, os.environ)):
        assert Path(path).is_absolute()
