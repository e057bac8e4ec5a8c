"""The style library: performances by name, each a motion npz with a ``description`` in ``weights/styles``.

A style may also hold the code that a network drew from it (`code.StyleCode`), fused of its motion and its performer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..errors import UserError
from ..files import atomic_write
from ..motion.npz import read_motion_npz, read_npz, write_motion_npz
from ..weights_path import weights_dir
from .code import code_fields, read_stored
from .performance import Performance

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
PICTURE = ".png"  # beside the style, under its name
_EXPECTED = "a style of the library (motion npz with a description)"


@dataclass(frozen=True)
class LibraryStyle:
    """One entry of the library.

    Attributes:
        name: the file's stem; no spaces.
        description: one line for the artist.
        path: the npz.
        performer: the teacher's parameters for a synthetic performer, by name; empty for a captured one.
    """

    name: str
    description: str
    path: Path
    performer: Mapping[str, object] = field(default_factory=dict)


def list_styles(folder: Path | None = None) -> tuple[LibraryStyle, ...]:
    """Return the styles in ``folder`` by name; None is ``styles`` in the weights folder. No folder, no styles.

    Raises:
        UserError: an npz in the folder that is not a style.
    """
    return tuple(_entry(path) for path in _paths(folder))


def names_in(folder: Path | None = None) -> tuple[str, ...]:
    """Names of the styles in ``folder``, as ``list_styles`` has them, without opening a file."""
    return tuple(path.stem for path in _paths(folder))


def load_style(name: str, folder: Path | None = None) -> Performance:
    """Return the performance called ``name``, with the style code stored in it, if any.

    Its identity is the one its file states, else its name: the styles that ship are the network's own performers.

    Raises:
        UserError: no such style (the line lists those there are), or a damaged file.
    """
    paths = {path.stem: path for path in _paths(folder)}
    if name not in paths:
        known = ", ".join(paths) or "none, the library is empty"
        raise UserError(f"no style '{name}'", f"one of: {known}", "choose one of them, or give a CSV or npz file")
    motion, stored = read_motion_npz(paths[name]), read_stored(paths[name])
    return Performance(motion, name, identity=name if stored.identity is None else stored.identity, code=stored.code)


def save_style(
    performance: Performance, description: str, path: Path | str, performer: Mapping[str, object] | None = None
) -> None:
    """Write ``performance`` as a library style, with its code and whose that is; the name is the file's stem.

    Raises:
        ValueError: a name other than letters, digits, - and _, not an npz, or a description that is not one line.
    """
    target = Path(path)
    if not is_style_name(target.stem) or target.suffix != ".npz":
        raise ValueError(f"a style's file is NAME.npz with letters, digits, - and _ in the name, got {target.name}")
    if not description.strip() or "\n" in description:
        raise ValueError(f"a style's description is one line, got {description!r}")
    extras: dict[str, str | NDArray[Any]] = {"description": description.strip()}
    if performer:
        extras["performer"] = json.dumps(dict(performer), sort_keys=True)
    if performance.code is not None:
        extras |= code_fields(performance.code, performance.identity)
    write_motion_npz(performance.motion, target, extras)


def import_style(given: Path, target: Path) -> LibraryStyle:
    """Copy a style that somebody shared, byte for byte, after reading all of it; and the picture beside it, if any.

    Raises:
        UserError: not a style, or it cannot be written.
    """
    entry, _, _ = _entry(given), read_motion_npz(given), read_stored(given)
    with atomic_write(target) as temporary:
        temporary.write_bytes(given.read_bytes())
    picture = given.with_suffix(PICTURE)
    if picture.is_file():
        with atomic_write(target.with_suffix(PICTURE)) as temporary:
            temporary.write_bytes(picture.read_bytes())
    return LibraryStyle(target.stem, entry.description, target, entry.performer)


def is_style_name(name: str) -> bool:
    """Whether a style may be called so: letters, digits, - and _, no - or _ first."""
    return _NAME.fullmatch(name) is not None


def _paths(folder: Path | None) -> list[Path]:
    where = weights_dir() / "styles" if folder is None else folder
    return sorted(path for path in where.glob("*.npz") if is_style_name(path.stem))


def _entry(path: Path) -> LibraryStyle:
    fields = read_npz(path)
    if "description" not in fields:
        raise UserError(f"{path.name} has no description", _EXPECTED, "write it again with save_style")
    try:
        performer = json.loads(str(fields["performer"])) if "performer" in fields else {}
    except json.JSONDecodeError as error:
        raise UserError(f"{path.name} has a damaged performer ({error})", _EXPECTED, "write it again") from error
    return LibraryStyle(path.stem, str(fields["description"]), path, performer)
