"""The judgement of a take: made of what plays, the artist's own keys included, kept on its Action, marked in time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import bpy

from ..errors import UserError
from ..motion.judging import Judgement, Suspect, judge
from ..motion.motion import Motion
from ..rig.lips import LipRig
from .performances import read_action
from .take_record import JUDGEMENT, TakeRecord
from .take_writing import require_kept

HOLDS = "ptalker_holds"  # custom property of a take's first Action
HEARD = "ptalker_holds_heard"  # another: how many of them are as heard
MARK = "PTalker: "  # how our markers' names begin


def store_holds(action: bpy.types.Action, holds: Sequence[tuple[float, float]], heard: int = 0) -> None:
    """Keep on a take when its p, b and m are: seconds (from, to) into the take, ``heard`` of them not from a text."""
    action[HEARD] = heard
    action[HOLDS] = json.dumps([[round(start, 4), round(end, 4)] for start, end in holds])


def read_holds(action: bpy.types.Action) -> list[tuple[float, float]] | None:
    """Seconds (from, to) of the take's p, b and m; None where they are not known."""
    text = action.get(HOLDS)
    return [(float(start), float(end)) for start, end in json.loads(text)] if isinstance(text, str) else None


def judge_take(
    action: bpy.types.Action, record: TakeRecord, head: bpy.types.Object, scene: bpy.types.Scene, rig: LipRig
) -> Judgement:
    """Judge the take that plays on a head, and keep the judgement on it.

    Raises:
        UserError: it keeps no motion, or moves nothing.
    """
    frames = len(require_kept(action).motion.values)
    first = round(record.start)
    shown = read_action(action, scene, first, first + frames - 1, head)
    motion, times = Motion(shown.values, shown.fps), read_holds(action)
    spans = None if times is None else [_span(a, b, motion) for a, b in times]
    made = judge(motion, rig, spans, int(action.get(HEARD, 0)) if spans is not None else 0)
    action[JUDGEMENT] = json.dumps(asdict(made))
    return made


def read_judgement(action: bpy.types.Action | None) -> Judgement | None:
    """The last judgement of a take; None without one."""
    text = action.get(JUDGEMENT) if action is not None else None
    if not isinstance(text, str):
        return None
    fields = json.loads(text)
    fields["missed"] = tuple((int(a), int(b)) for a, b in fields["missed"])
    fields["suspects"] = tuple(Suspect(**one) for one in fields["suspects"])
    return Judgement(**fields)


def mark_suspects(scene: bpy.types.Scene, record: TakeRecord, made: Judgement) -> int:
    """Set a timeline marker at each suspect frame in place of those set before; how many."""
    clear_marks(scene)
    for suspect in made.suspects:
        scene.timeline_markers.new(f"{MARK}{suspect.reason}", frame=round(record.start) + suspect.frame)
    return len(made.suspects)


def clear_marks(scene: bpy.types.Scene) -> int:
    """Remove our markers; how many. One that the artist renamed is theirs."""
    ours = [marker for marker in scene.timeline_markers if marker.name.startswith(MARK)]
    for marker in ours:
        scene.timeline_markers.remove(marker)
    return len(ours)


def sentences(made: Judgement, lost: float | None) -> tuple[str, ...]:
    """The judgement for a panel, a line each."""
    if made.expected is None:
        rate = made.closures / made.seconds if made.seconds > 0 else 0.0
        closures = f"Closures: {made.closures} ({rate:.1f} a second), {len(made.missed)} nearly"
    else:
        closures = f"Closures: {made.met} of {made.expected} p, b, m"
    lines = [
        closures,
        *_as_heard(made),
        f"Jitter: {made.jitter:.2f} mm",
        f"Range: mouth {made.opening:.1f} mm, brows {made.brows:.0%}, head {made.turn:.0f}°",
    ]
    if lost is not None:
        lines.append(f"Not shown by this head: {lost:.0%}")
    lines.append(f"To look at: {len(made.suspects)} frames")
    return tuple(lines)


def _as_heard(made: Judgement) -> tuple[str, ...]:
    if not made.heard:
        return ()
    some = "As" if made.heard == made.expected else f"{made.heard} of them as"
    return (f"{some} heard, not from the dialogue",)


def require_judged(action: bpy.types.Action) -> Judgement:
    """The last judgement of a take.

    Raises:
        UserError: it was not judged.
    """
    made = read_judgement(action)
    if made is None:
        raise UserError(f"'{action.name}' was not judged yet", "a judgement", "press Judge")
    return made


def _span(start: float, end: float, motion: Motion) -> tuple[int, int]:
    """Whole frames of a phone, at least one, within the motion."""
    most = len(motion.values) - 1
    first = min(most, round(start * motion.fps))
    return first, min(most, max(first, int(end * motion.fps)))
