"""What an artist should know of the take that is seen on a head: it is off its sound, or ends outside the scene."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import lru_cache

import bpy

from .actions import PROVENANCE
from .preflight import INFO, WARNING, Finding
from .takes import active_take, has_lines
from .timing import effective_fps

_SAME_RATE = 1e-3  # frames a second; 23.976 and 24 are two rates


def take_findings(head: bpy.types.Object | None, scene: bpy.types.Scene) -> tuple[Finding, ...]:
    """What stands between the take that plays and its being seen as it was performed; empty without a take."""
    take = active_take(head)
    return () if take is None else tuple(_of_take(take, scene))


def show_whole(scene: bpy.types.Scene, action: bpy.types.Action) -> str:
    """Widen the frame range of a scene until all of an Action lies in it; what was done, in one line."""
    first, last = _span(action)
    scene.frame_start, scene.frame_end = min(scene.frame_start, first), max(scene.frame_end, last)
    return f"The scene plays from {scene.frame_start} to {scene.frame_end}"


def _of_take(take: bpy.types.Action, scene: bpy.types.Scene) -> Iterator[Finding]:
    baked, plays = _rate(str(take[PROVENANCE])), effective_fps(scene)
    if baked is not None and abs(baked - plays) > _SAME_RATE:
        text = f"'{take.name}' was baked at {baked:g} fps, the scene plays at {plays:g}: it runs off its sound"
        verb = "ptalker.rebake_lines" if has_lines(take) else "ptalker.rebake"
        yield Finding(WARNING, text, verb, (("take", take.name), ("seed", -1)))
    first, last = _span(take)
    earliest = scene.bl_rna.properties["frame_start"].hard_min  # a take may begin before any scene can
    if last > scene.frame_end or max(first, earliest) < scene.frame_start:
        text = f"The take lies from {first} to {last}, the scene plays from {scene.frame_start} to {scene.frame_end}"
        yield Finding(INFO, text, "ptalker.show_whole_take")


@lru_cache(maxsize=64)  # a panel asks at every redraw, and many lines are a long text
def _rate(provenance: str) -> float | None:
    """Frames per second a take was baked at; None where it does not say."""
    rate = json.loads(provenance).get("fps")
    return float(rate) if isinstance(rate, int | float) else None


def _span(action: bpy.types.Action) -> tuple[int, int]:
    first, last = action.frame_range
    return math.floor(first), math.ceil(last)
