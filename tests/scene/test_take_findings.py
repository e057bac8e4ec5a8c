# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""What is told of the take that plays: its rate and its place against the scene's."""

from __future__ import annotations

import json

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.scene.actions import PROVENANCE, Track, write_tracks
from ptalker_blender.scene.take_findings import show_whole, take_findings
from ptalker_blender.scene.take_record import RECORD

pytestmark = pytest.mark.bpy


@pytest.fixture
def take(scene, make_mesh, make_curve):
    """A take of two seconds from frame 10 on, baked at the scene's 24 fps."""
    head = make_mesh(("jawOpen",))
    scene.render.fps, scene.render.fps_base = 24, 1.0
    scene.frame_start, scene.frame_end = 1, 250
    curve = make_curve("jawOpen", np.arange(48), np.linspace(0, 1, 48))
    made = write_tracks([Track(head, (curve,))], 10.0, "line", {"fps": 24.0})
    made.action[RECORD] = json.dumps({})
    return made.action


@pytest.fixture
def head(take):
    """The mesh the take plays on."""
    return bpy.context.scene.objects[0]


def test_a_take_as_it_was_baked_needs_no_word(take, head, scene) -> None:
    assert take_findings(head, scene) == () == take_findings(None, scene)


def test_another_rate_is_told_with_the_button_that_bakes_again(take, head, scene) -> None:
    scene.render.fps, scene.render.fps_base = 24, 1.001
    (finding,) = take_findings(head, scene)
    assert finding.text == "'line' was baked at 24 fps, the scene plays at 23.976: it runs off its sound"
    assert (finding.fix, dict(finding.properties)) == ("ptalker.rebake", {"take": "line", "seed": -1})


def test_lines_are_baked_again_as_lines(take, head, scene) -> None:
    take[PROVENANCE] = json.dumps({"fps": 24.0, "lines": []})
    scene.render.fps = 30
    assert [finding.fix for finding in take_findings(head, scene)] == ["ptalker.rebake_lines"]


@pytest.mark.parametrize(("start", "end", "after"), [(1, 30, (1, 57)), (20, 250, (10, 250)), (20, 30, (10, 57))])
def test_the_scene_is_widened_to_the_take_and_never_narrowed(take, head, scene, start, end, after) -> None:
    scene.frame_start, scene.frame_end = start, end
    (finding,) = take_findings(head, scene)
    assert finding.fix == "ptalker.show_whole_take" and "from 10 to 57" in finding.text
    show_whole(scene, take)
    assert (scene.frame_start, scene.frame_end) == after and take_findings(head, scene) == ()


def test_frames_before_the_first_that_a_scene_can_have_are_not_told(scene, make_mesh, make_curve) -> None:
    head, frames = make_mesh(("jawOpen",)), np.arange(48)
    made = write_tracks([Track(head, (make_curve("jawOpen", frames, frames / 48),))], -20.0, "line", {"fps": 24.0})
    made.action[RECORD] = json.dumps({})
    scene.render.fps, scene.render.fps_base = 24, 1.0
    scene.frame_start, scene.frame_end = 1, 250
    (finding,) = take_findings(head, scene)
    assert finding.fix == "ptalker.show_whole_take"
    assert show_whole(scene, made.action) == "The scene plays from 0 to 250"
    assert take_findings(head, scene) == ()  # it begins before, and no button can change that
