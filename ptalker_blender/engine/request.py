"""From what an artist names (a file, a style, a range) to what a Session takes; for the worker and the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .messages import VOICE

if TYPE_CHECKING:
    from ..style.performance import Performance


def resolve_style(
    style: str | None, style_range: tuple[float, float] | None = None, flame: Path | str | None = None
) -> Performance | None:
    """Load the performance a style names; None stands for the driving audio.

    Args:
        style: a library name, a performance file, or ``"voice"`` or None for the driving audio. A library name wins
            over a file of the same name; write ``./name`` for the file.
        style_range: seconds (from, to) of the performance; None: all of it.
        flame: the user's FLAME model, as in ``motion.files.read_motion``.

    Raises:
        UserError: no such style, or its file or range cannot be used.
    """
    if style is None or style == VOICE:
        if style_range is not None:
            raise UserError(
                "a style range without a style", "a library style or a performance file", "name one, or drop the range"
            )
        return None
    # Imported here: Blender reads this package without the engine's dependencies.
    from ..style.library import list_styles, load_style
    from ..style.performance import load_performance

    start, end = style_range if style_range is not None else (None, None)
    library = {entry.name: entry for entry in list_styles()}
    if style in library:
        if style_range is None:
            return load_style(style)
        return replace(load_performance(library[style].path, start, end), identity=style)
    if style and (Path(style).exists() or Path(style).suffix):
        return load_performance(style, start, end, flame)
    raise UserError(
        f"style {style!r}",
        f"a performance file or one of: {', '.join(sorted(library)) or '(the style library is empty)'}",
        "choose one of these, or give the path of a performance",
    )
