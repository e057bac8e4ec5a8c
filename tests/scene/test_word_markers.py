# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Markers of words: where they fall, and which of them go again."""

from __future__ import annotations

import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.engine.word_messages import Spoken
from ptalker_blender.scene.word_markers import clear_words, has_words, mark_again, mark_words

pytestmark = pytest.mark.bpy
WORDS = (Spoken("blue", 0.0, 0.4), Spoken("boat", 0.52, 1.0))
PHONES = (Spoken("b", 0.0, 0.1), Spoken("l", 0.1, 0.2))


def markers(scene):
    return sorted((marker.frame, marker.name) for marker in scene.timeline_markers)


@pytest.mark.parametrize(("fps", "base", "second"), [(25, 1.0, 113), (12, 1.0, 107), (30, 1.001, 116)])
def test_words_fall_on_the_nearest_frames(scene, fps, base, second):
    scene.render.fps, scene.render.fps_base = fps, base
    assert mark_words(scene, "Line", 100.4, WORDS) == 2
    assert markers(scene) == [(100, "blue"), (second, "boat")]


def test_phones_are_told_from_words(scene):
    scene.render.fps = 50
    assert mark_words(scene, "Line", 1.0, WORDS, PHONES) == 4
    assert markers(scene) == [(1, "/b/"), (1, "blue"), (6, "/l/"), (27, "boat")]


def test_marking_again_replaces_what_was_not_touched(scene):
    scene.render.fps = 25
    scene.timeline_markers.new("blue", frame=400)
    mark_words(scene, "Line", 1.0, WORDS)
    mark_words(scene, "Other", 201.0, WORDS)
    moved = next(marker for marker in scene.timeline_markers if marker.frame == 14)
    moved.frame = 15
    mark_words(scene, "Line", 101.0, WORDS)
    assert markers(scene) == [(15, "boat"), (101, "blue"), (114, "boat"), (201, "blue"), (214, "boat"), (400, "blue")]
    assert clear_words(scene) == 4
    assert markers(scene) == [(15, "boat"), (400, "blue")]  # the artist's own now
    assert not has_words(scene) and clear_words(scene) == 0


def test_they_are_known_after_saving(scene, tmp_path):
    mark_words(scene, "Line", 1.0, WORDS)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "words.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "words.blend"))
    again = bpy.context.scene
    assert has_words(again) and clear_words(again, "Line") == 2 and not markers(again)


def test_a_bake_of_the_same_words_leaves_the_phones(scene):
    scene.render.fps = 50
    mark_words(scene, "Line", 1.0, WORDS, PHONES)
    assert mark_again(scene, "Line", 1.0, WORDS) == 0 and len(scene.timeline_markers) == 4
    assert mark_again(scene, "Line", 11.0, WORDS) == 2
    assert markers(scene) == [(11, "blue"), (37, "boat")]
