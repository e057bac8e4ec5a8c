"""Words and phones as timeline markers; those of the same line before them go, unless the artist changed them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import bpy

from .timing import effective_fps, seconds_to_frame

if TYPE_CHECKING:
    from ..engine.word_messages import Spoken

RECORD = "ptalker_words"  # custom property of the scene: JSON {line: [[name, frame], ...]}; markers hold none (5.0)


def mark_words(
    scene: bpy.types.Scene, line: str, start_frame: float, words: Iterable[Spoken], phones: Iterable[Spoken] = ()
) -> int:
    """Set a marker where each word begins, and one for each phone as ``/p/``; on the nearest whole frames.

    Args:
        scene: whose timeline.
        line: name of the line; markers set for it before are removed, but not those that were moved or renamed.
        start_frame: scene frame of the line's second 0.
        words: in time.
        phones: in time; none where only words are wanted.

    Returns:
        how many markers were set.
    """
    clear_words(scene, line)
    fps = effective_fps(scene)
    named = [(word.text, word.start) for word in words] + [(f"/{phone.text}/", phone.start) for phone in phones]
    placed = [(name, round(seconds_to_frame(start, fps, start_frame))) for name, start in named]
    for name, frame in placed:
        scene.timeline_markers.new(name, frame=frame)
    record = _record(scene)
    if placed:
        record[line] = placed
    _store(scene, record)
    return len(placed)


def mark_again(scene: bpy.types.Scene, line: str, start_frame: float, words: Iterable[Spoken]) -> int:
    """As ``mark_words``, but phones that were marked too stay where no word of the line has moved or changed."""
    fps, words = effective_fps(scene), tuple(words)
    placed = {(word.text, round(seconds_to_frame(word.start, fps, start_frame))) for word in words}
    there = [(name, frame) for name, frame in _record(scene).get(line, []) if not name.startswith("/")]
    if placed == set(there):
        return 0
    return mark_words(scene, line, start_frame, words)


def clear_words(scene: bpy.types.Scene, line: str | None = None) -> int:
    """Remove the markers of a line, or of all lines, that are as they were set; how many were removed."""
    record = _record(scene)
    lines = list(record) if line is None else [line]
    removed = 0
    for name, frame in (one for key in lines for one in record.pop(key, [])):
        found = next((m for m in scene.timeline_markers if m.name == name and m.frame == frame), None)
        if found is not None:
            scene.timeline_markers.remove(found)
            removed += 1
    _store(scene, record)
    return removed


def has_words(scene: bpy.types.Scene) -> bool:
    """Whether there are markers of ours; cheap enough for every redraw of a panel."""
    return RECORD in scene


def _record(scene: bpy.types.Scene) -> dict[str, list[tuple[str, int]]]:
    text = scene.get(RECORD)
    if not isinstance(text, str):
        return {}
    return {line: [(str(name), int(frame)) for name, frame in placed] for line, placed in json.loads(text).items()}


def _store(scene: bpy.types.Scene, record: dict[str, list[tuple[str, int]]]) -> None:
    if record:
        scene[RECORD] = json.dumps(record)
    elif RECORD in scene:
        del scene[RECORD]
