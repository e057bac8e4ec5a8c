"""Which files hold FLAME parameters or a FLAME model, and where the user's FLAME model is."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

from ..errors import UserError
from .flame_layouts import MOTION_WIDTH, looks_like_flame

FLAME_VARIABLE = "PTALKER_FLAME"


def is_flame_track(path: Path) -> bool:
    """Whether a file holds FLAME parameters, by the names of its arrays, or an .npy by its width."""
    suffix = path.suffix.lower()
    if suffix == ".npz" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = {name.removesuffix(".npy") for name in archive.namelist()}
        return "controls" not in names and looks_like_flame(names)
    if suffix == ".npy" and path.is_file():
        with path.open("rb") as file:
            start = file.read(512)
        return f", {MOTION_WIDTH})".encode() in start  # the header is text
    return False


def is_vertex_sequence(path: Path) -> bool:
    """Whether a file holds vertices over time: any other .npy, or an npz of ``vertices`` without controls."""
    suffix = path.suffix.lower()
    if suffix == ".npz" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = {name.removesuffix(".npy") for name in archive.namelist()}
        return "controls" not in names and "vertices" in names and not looks_like_flame(names)
    return suffix == ".npy" and not is_flame_track(path)


def is_flame_model(path: Path) -> bool:
    """Whether a file claims to hold FLAME's mesh: a pickle, or an npz with a template."""
    if path.suffix.lower() == ".npz" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return bool({"v_template.npy", "template.npy"} & {*archive.namelist()})
    return path.suffix.lower() in (".pkl", ".pickle")


_ADVICE = f"give --flame FILE, set it in the add-on preferences, or set {FLAME_VARIABLE} to it"


def flame_path(
    given: Path | str | None,
    wanted_by: str,
    environ: Mapping[str, str] | None = None,
    advice: str = _ADVICE,
    holds: str = "FLAME parameters",
) -> Path:
    """The user's FLAME file: ``given``, else that of the environment.

    Args:
        given: an argument, or None.
        wanted_by: name of the file that needs it, for the message.
        environ: the environment; None: this process's.
        advice: where the caller lets the user name it.
        holds: what the file that needs it is in.

    Raises:
        UserError: neither names one.
    """
    named = given or (os.environ if environ is None else environ).get(FLAME_VARIABLE, "")
    if not named:
        raise UserError(
            f"{wanted_by} is in {holds}, and no FLAME model is named",
            "the model they belong to (flame2023_Open.pkl or another)",
            advice,
        )
    return Path(named)
