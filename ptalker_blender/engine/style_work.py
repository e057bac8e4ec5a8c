"""What the worker does about manners alone: restyle a motion, save a style; and performances that Blender sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from ..motion.motion import Motion
from ..motion.resample import resample_motion
from ..style.library import is_style_name, save_style
from ..style.performance import MIN_SECONDS, Performance, cut
from ..style.portrait import draw_portrait, write_png
from .keys import default_head
from .request import resolve_style
from .restyle import UPPER_FACE, UpperFace
from .style_messages import Manner, RestyleJob, SaveStyleJob, SentMotion, SentPerformance, StyleSaved

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..style.mix import Style
    from .engines import Engine

    Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Restyled:
    """A motion in another manner, at the rate that was asked for, and sentences for the artist."""

    motion: Motion
    notes: tuple[str, ...]


def received(sent: SentPerformance, progress: Progress, shortest: float = MIN_SECONDS) -> Performance:
    """A performance that Blender sent; vertices are solved into controls.

    Raises:
        UserError: too short, or a mesh that ``rig.vertex_controls`` refuses.
    """
    return Performance(cut(_motion(sent, progress), None, None, sent.name, shortest), sent.name)


def received_style(manner: Manner, progress: Progress) -> Style | None:
    """The style of a manner, wherever its parts come from; None for the driving audio.

    Raises:
        UserError: what ``request.resolve_style`` and ``received`` refuse.
    """
    first = None if manner.performance is None else received(manner.performance, progress)
    second = None if manner.mix_performance is None else received(manner.mix_performance, progress)
    return resolve_style(
        manner.style,
        manner.style_range,
        mix=manner.mix,
        mix_share=manner.mix_share,
        given=first,
        given_mix=second,
        style_fps=manner.style_fps,
        mix_fps=manner.mix_fps,
    )


def do_restyle(job: RestyleJob, engine: Engine, progress: Progress) -> Restyled:
    """Restyle a motion.

    Raises:
        UserError: the manner of a voice, or what ``received_style`` and ``Session.restyle`` refuse.
    """
    progress("Reading performance", 0.0)
    source = received(job.source, progress, shortest=0.0).motion
    style = received_style(job.manner, progress)
    if style is None:
        raise UserError(
            "the manner of the voice, and no voice to draw it from",
            "a style of the library or a performance",
            "choose one under Style",
        )
    progress("Performing", 0.0)
    made = engine.restyle(
        source, style, strength=job.manner.strength, seed=job.manner.seed, upper_face=_upper_face(job.upper_face),
        progress=lambda _stage, fraction: progress("Performing", fraction),
    )  # fmt: skip
    progress("Fitting to frames", 0.0)
    if job.fps is None or job.fps == source.fps:
        return Restyled(resample_motion(made, source.fps, len(source.values)), ())
    return Restyled(resample_motion(made, job.fps), ())


def do_save_style(number: int, job: SaveStyleJob, engine: Engine, progress: Progress) -> StyleSaved:
    """Write a performance as a library style.

    Raises:
        UserError: no name of a style, a mix, the manner of a voice, or what ``received_style`` refuses.
    """
    path = Path(job.path)
    if not is_style_name(path.stem) or path.suffix != ".npz":
        raise UserError(f"style name '{path.stem}'", "letters, digits, - and _", "change the name")
    style = received_style(job.manner, progress)
    if not isinstance(style, Performance):
        what = "the manner of the voice" if style is None else "a mix of two"
        raise UserError(
            f"{what} cannot be saved as a style",
            "one performance",
            "bake with it, choose the take's Action as the style's source, and save that",
        )
    progress("Drawing the style", 0.0)
    save_style(engine.with_code(style), " ".join(job.description.split()), path)
    if job.portrait:
        write_png(draw_portrait(default_head(), style.motion), path.with_suffix(".png"))
    return StyleSaved(number, str(path), style.motion.seconds)


def _upper_face(named: str) -> UpperFace:
    for known in UPPER_FACE:
        if named == known:
            return known
    raise UserError(f"upper face {named!r}", f"one of {', '.join(UPPER_FACE)}", "choose one of these")


def _motion(sent: SentPerformance, progress: Progress) -> Motion:
    if isinstance(sent, SentMotion):
        return Motion(sent.values, sent.fps)
    # Imported here: whoever has controls need not wait for scipy.
    from ..rig.vertex_controls import controls_from_vertices

    rest = sent.rest if len(sent.rest) else None
    return controls_from_vertices(
        default_head(), sent.vertices, sent.faces, sent.fps, rest,
        lambda what, done: progress(f"Solving the mesh: {what}", done),
    ).motion  # fmt: skip
