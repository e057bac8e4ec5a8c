"""From what an artist names (a file, a style, a range) to what a Session takes; for the worker and the command line.

Without torch, whose import takes seconds: whatever is refused here is refused before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .messages import VOICE

if TYPE_CHECKING:
    from ..audio.clip import AudioClip
    from ..style.mix import Style
    from ..style.performance import Performance


@dataclass(frozen=True)
class Request:
    """What to predict.

    Attributes:
        audio: the line.
        style: the performance whose manner is wanted, or a mix of several; None takes it from the driving audio.
        strength: 0 is the mean manner, 1 the style as it is, above 1 exaggerates.
        seed: of blinks, gaze and head drift; a whole number from 0.
        text: what is said in the line, English; None: nobody knows. It needs the extra ``transcript``.

    Raises:
        UserError: a strength or a seed out of range.
    """

    audio: AudioClip
    style: Style | None = None
    strength: float = 1.0
    seed: int = 0
    text: str | None = None

    def __post_init__(self) -> None:
        check_choices(self.strength, self.seed)


def check_choices(strength: float, seed: int) -> None:
    """Check what a performance and a restyled motion are both asked for.

    Raises:
        UserError: a strength or a seed out of range.
    """
    if not 0.0 <= strength <= 3.0:
        raise UserError(f"style strength {strength:g}", "a number from 0 to 3", "choose a strength in that range")
    if seed < 0:
        raise UserError(f"seed {seed}", "a whole number from 0", "choose another seed")


def resolve_style(
    style: str | None,
    style_range: tuple[float, float] | None = None,
    flame: Path | str | None = None,
    mix: str | None = None,
    mix_share: float = 0.5,
    given: Performance | None = None,
    given_mix: Performance | None = None,
    style_fps: float | None = None,
    mix_fps: float | None = None,
) -> Style | None:
    """Load the performance a style names, or the manner between two; None stands for the driving audio.

    Args:
        style: a library name, a performance file, or ``"voice"`` or None for the driving audio. A library name wins
            over a file of the same name; write ``./name`` for the file.
        style_range: seconds (from, to) of the performance; None: all of it.
        flame: the user's FLAME model, as in ``motion.files.read_motion``.
        mix: a second library name or performance file, all of it; None: none.
        mix_share: how much of the manner is the second's, 0 to 1.
        given: the performance itself; ``style`` and its range are not looked at then.
        given_mix: the second performance itself; ``mix`` is not looked at then.
        style_fps: frames per second of a performance file that names no rate, as in ``motion.files.read_motion``.
        mix_fps: the same of the second.

    Raises:
        UserError: no such style, its file or range cannot be used, or something to mix with the driving audio.
    """
    if given is None and (style is None or style == VOICE):
        _refuse_without_style("a style range", style_range is not None)
        _refuse_without_style("a style to mix in", mix is not None or given_mix is not None)
        return None
    if not 0.0 <= mix_share <= 1.0:
        raise UserError(f"a mix share of {mix_share:g}", "a number from 0 to 1", "choose a share in that range")
    first = given if given is not None else load_named(style or "", style_range, flame, style_fps)
    if mix is None and given_mix is None:
        return first
    from ..style.mix import mix_two

    second = given_mix if given_mix is not None else load_named(mix or "", None, flame, mix_fps)
    return mix_two(first, second, mix_share)


def _refuse_without_style(what: str, given: bool) -> None:
    if given:
        raise UserError(
            f"{what} without a style", "a library style or a performance file", "name one, or drop what needs it"
        )


def load_named(
    style: str,
    style_range: tuple[float, float] | None = None,
    flame: Path | str | None = None,
    fps: float | None = None,
) -> Performance:
    """Load the performance of a library name or a file; the arguments are those of `resolve_style`.

    Raises:
        UserError: no such style, or its file or range cannot be used.
    """
    # Imported here: Blender reads this package without the engine's dependencies.
    from ..style.library import list_styles, load_style
    from ..style.performance import cut, load_performance

    start, end = style_range if style_range is not None else (None, None)
    library = {entry.name: entry for entry in list_styles()}
    if style in library:
        whole = load_style(style)
        if style_range is None:
            return whole
        return replace(whole, motion=cut(whole.motion, start, end, style), code=None)
    if style and (Path(style).exists() or Path(style).suffix):
        return load_performance(style, start, end, flame, fps)
    raise UserError(
        f"style {style!r}",
        f"a performance file or one of: {', '.join(sorted(library)) or '(the style library is empty)'}",
        "choose one of these, or give the path of a performance",
    )
