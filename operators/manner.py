"""From the style settings of a scene to a manner for the worker; performances in the file are read into arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import bpy

from .. import style_properties as styles
from ..ptalker_blender.engine.client import Manner, SentPerformance
from ..ptalker_blender.engine.style_messages import summary
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.scene.mesh_performances import read_mesh
from ..ptalker_blender.scene.performances import read_action, read_again


class _Part(NamedTuple):
    """One of the performances of a manner: named, or read."""

    name: str
    span: tuple[float, float] | None
    sent: SentPerformance | None
    fps: float | None = None


def manner_of(context: bpy.types.Context) -> Manner:
    """The manner that is chosen in a scene.

    Raises:
        UserError: something of it is missing or cannot be read.
    """
    settings, own = context.scene.ptalker, context.scene.ptalker_style
    problem = manner_problem(context)
    if problem:
        raise UserError(problem, "a style of the library or a performance", "choose one under Style")
    first = _part(context, settings.style, own.source)
    if settings.style == styles.VOICE or settings.mix == styles.NO_MIX:
        mix = None
    else:
        mix = _part(context, settings.mix, own.mix_source)
        if mix.span is not None:
            raise UserError(
                "a range of the second style's file", "all of it", "save that part as a style and mix with the style"
            )
    return Manner(
        style=first.name,
        style_range=first.span,
        performance=first.sent,
        mix=mix.name if mix is not None else None,
        mix_performance=mix.sent if mix is not None else None,
        mix_share=settings.mix_share,
        strength=settings.strength,
        seed=settings.seed,
        style_fps=first.fps,
        mix_fps=mix.fps if mix is not None else None,
    )


def manner_problem(context: bpy.types.Context) -> str:
    """Say what is missing to the chosen manner; empty if nothing is. Cheap enough for a panel."""
    settings, own = context.scene.ptalker, context.scene.ptalker_style
    if not settings.style:
        return "the chosen style is not in the library any more"
    if settings.style == styles.VOICE:
        return ""
    if not settings.mix:
        return "the second style is not in the library any more"
    return _problem(settings.style, own.source) or _problem(settings.mix, own.mix_source)


def sent_again(source: Mapping[str, Any], scene: bpy.types.Scene) -> dict[str, Any]:
    """The performances of a take, read anew where they were read when it was baked; by name in its provenance.

    Raises:
        UserError: one of them is gone, or no longer what it was.
    """
    found: dict[str, Any] = {}
    for name in ("performance", "mix_performance"):
        then = source.get(name)
        if then is None:
            continue
        found[name] = read_again(then["source"], scene)
        now = summary(found[name])
        if now is None or now["sha256"] != then["sha256"]:
            raise UserError(
                f"the performance '{then['name']}' has changed since the take was baked",
                "what it was then",
                "undo the change, or choose the style in the panel and Bake",
            )
    return found


def frame_range(context: bpy.types.Context, chosen: str, source: styles.PTALKER_PG_style_source) -> tuple[int, int]:
    """First and last frame of a performance in the file: those that are set, else all of the Action or the scene."""
    if source.use_range:
        return int(source.first), int(source.last)
    if chosen == styles.ACTION:
        return whole_range(source.action)
    return int(context.scene.frame_start), int(context.scene.frame_end)


def whole_range(action: bpy.types.Action) -> tuple[int, int]:
    """First and last frame with keys."""
    first, last = action.curve_frame_range
    return int(first), int(-(-last // 1))


def _problem(chosen: str, source: styles.PTALKER_PG_style_source) -> str:
    if chosen == styles.FILE and not source.file:
        return "no performance file is chosen"
    if chosen == styles.ACTION and source.action is None:
        return "no Action is chosen"
    return "no mesh is chosen" if chosen == styles.MESH and source.mesh is None else ""


def _part(context: bpy.types.Context, chosen: str, source: styles.PTALKER_PG_style_source) -> _Part:
    if chosen == styles.FILE:
        span = (float(source.start), float(source.end)) if source.use_range else None
        rate = float(source.rate) if styles.names_no_rate(source) else None
        return _Part(str(bpy.path.abspath(source.file)), span, None, rate)
    if chosen in (styles.ACTION, styles.MESH):
        sent = _read(context, chosen, source)
        return _Part(sent.name, None, sent)
    path = styles.style_path(chosen)
    return _Part(chosen if path is None else str(path), None, None)


def _read(context: bpy.types.Context, chosen: str, source: styles.PTALKER_PG_style_source) -> SentPerformance:
    first, last = frame_range(context, chosen, source)
    if chosen == styles.ACTION:
        return read_action(source.action, context.scene, first, last, source.head)
    window = context.window_manager
    window.progress_begin(0.0, 1.0)
    try:
        return read_mesh(source.mesh, context.scene, first, last, window.progress_update)
    finally:
        window.progress_end()
