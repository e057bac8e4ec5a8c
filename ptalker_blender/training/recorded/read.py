"""One door to all recorded sets: ``read_recorded``."""

from __future__ import annotations

from pathlib import Path

from ...errors import UserError
from .arkit import read_arkit
from .clips import RecordedSet
from .facegood_set import read_facegood
from .flame_set import read_flame_set
from .vertex_sets import BIWI, VOCASET, read_vertex_set

KINDS = ("vocaset", "biwi", "flame", "arkit", "facegood")


def read_recorded(
    kind: str,
    path: Path,
    *,
    index: Path | None = None,
    flame: Path | None = None,
    vertices: bool = False,
    mesh: Path | None = None,
    cache: Path | None = None,
) -> RecordedSet:
    """Read a data set from a folder; formats and splits are in docs/datasets.md.

    Args:
        kind: one of ``KINDS``.
        path: the set's folder.
        index: ``arkit`` and ``flame``: a table of performers and splits; None: index.csv in the folder, if there.
        flame: ``flame``: the user's FLAME file; None: that of ``PTALKER_FLAME``.
        vertices: ``flame``: vertices instead of controls.
        mesh: ``vocaset`` and ``biwi``: a .ply or .obj for the triangles.
        cache: ``flame``: an existing folder for solved controls.

    Raises:
        UserError: an unknown kind, an option the kind does not have, no such folder, or what the reader refuses.
    """
    options = {"index": index, "flame": flame, "vertices": vertices or None, "mesh": mesh, "cache": cache}
    known = {"vocaset": {"mesh"}, "biwi": {"mesh"}, "facegood": set(), "arkit": {"index"},
             "flame": {"index", "flame", "vertices", "cache"}}  # fmt: skip
    if kind not in known:
        raise UserError(f"data set {kind!r}", f"one of {', '.join(KINDS)}", "see docs/datasets.md")
    refused = [name for name, value in options.items() if value is not None and name not in known[kind]]
    if refused:
        raise UserError(f"{refused[0]} for {kind}", f"{', '.join(sorted(known[kind])) or 'no option'}", "leave it out")
    if not path.is_dir():
        raise UserError(f"no folder {path}", f"the folder of {kind}", "see docs/datasets.md")
    match kind:
        case "vocaset" | "biwi":
            return read_vertex_set(VOCASET if kind == "vocaset" else BIWI, path, mesh)
        case "flame":
            return read_flame_set(path, flame, vertices, index, cache)
        case "arkit":
            return read_arkit(path, index)
        case _:
            return read_facegood(path)
