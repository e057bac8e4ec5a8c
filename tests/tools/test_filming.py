# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Filming a take: the curve is the motion's, the pictures follow it, and the open file is left as it was."""

from __future__ import annotations

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from PIL import Image

from ptalker_blender.commands.baking import scene_keys
from ptalker_blender.motion.controls import INDEX, N_CONTROLS
from ptalker_blender.motion.motion import Motion
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.linear import mouth_opening
from ptalker_blender.scene.actions import write_take
from ptalker_blender.scene.document import new_document
from ptalker_blender.scene.heads import add_head
from ptalker_blender.scene.timing import set_range, set_rate
from tools.sheet.camera import face_box
from tools.sheet.filming import Film, film, measure_opening, others_in_picture

pytestmark = pytest.mark.bpy


@pytest.fixture
def take():
    """A head whose jaw opens from frame 101 to frame 111, and the motion."""
    values = np.zeros((11, N_CONTROLS), np.float32)
    values[:, INDEX["jawOpen"]] = np.linspace(0.0, 0.8, 11)
    motion = Motion(values, 25.0)
    scene = new_document()
    set_rate(scene, 25.0)
    head = add_head(load_head(), "Ann")
    write_take(head, scene_keys(motion, 25.0, reduced=False), 101, "line", {}, head_motion=True)
    set_range(scene, 101, 11)
    return head, motion


def test_opening_is_the_motions(take):
    head, motion = take
    assert measure_opening(head) == pytest.approx(mouth_opening(load_head(), motion.values), abs=1e-6)


def test_pictures_follow_the_take_and_the_scene_stays(take, tmp_path):
    head, _ = take
    before, objects = bpy.context.scene, set(bpy.context.scene.objects)
    row = film(head, "calm", [0.0, 0.0, 0.4], tmp_path, Film((40, 48), samples=2))
    first, again, last = (np.asarray(Image.open(path).convert("L"), np.float64) for path in row.pictures)
    assert first.shape == (48, 40)
    assert np.abs(first - again).max() == 0.0
    assert np.abs(first - last)[24:].mean() > 4 * np.abs(first - last)[:16].mean()  # the mouth moved, not the brows
    assert bpy.context.scene == before
    assert [scene.name for scene in bpy.data.scenes] == [before.name]
    assert set(before.objects) == objects


def test_other_meshes_of_the_take_are_filmed_where_asked(take, tmp_path):
    head, _ = take
    mesh = bpy.data.meshes.new("Mask")
    low, high = face_box([head])
    front = low[1] - 0.02
    corners = [(x, front, z) for x, z in ((low[0], low[2]), (high[0], low[2]), (high[0], high[2]), (low[0], high[2]))]
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    mask = bpy.data.objects.new("Mask", mesh)
    bpy.context.scene.collection.objects.link(mask)
    hidden = bpy.data.objects.new("Hidden", mesh)
    hidden.hide_render = True
    bpy.context.scene.collection.objects.link(hidden)
    assert others_in_picture(head) == [mask]
    taken = []
    for name, others in (("alone", []), ("masked", [mask])):
        (tmp_path / name).mkdir()
        row = film(head, name, [0.0], tmp_path / name, Film((40, 48), samples=2), others=others)
        taken.append(np.asarray(Image.open(row.pictures[0]).convert("L"), np.float64))
    assert np.abs(taken[0] - taken[1])[16:32, 12:28].mean() > 5.0
    assert mask.users_scene == (bpy.context.scene,)


def test_face_is_found_without_the_neck(take):
    head, _ = take
    model = load_head()
    low, high = face_box([head])
    eyes = model.vertices[model.landmarks["lid_upper_left"], 1].mean()
    chin = model.vertices[model.landmarks["chin"], 1].mean()
    assert low[2] < chin + 0.005
    assert high[2] > eyes
    assert low[2] > model.vertices[:, 1].min() + 0.02
