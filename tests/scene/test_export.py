# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""A baked character leaves Blender by Blender's own exporters and comes back with its keys and its motion."""

from __future__ import annotations

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.scene.actions import Track, write_tracks
from ptalker_blender.scene.key_blocks import value_path
from ptalker_blender.scene.shape_keys import add_shape_keys
from ptalker_blender.scene.turning import HEAD_MOTION, add_turn_group, require_head_turner

pytestmark = pytest.mark.bpy
FRAMES, START = 30, 11
FACE, TEETH = BLENDSHAPES, ("jawOpen", "jawLeft", "jawRight", "jawForward")
DRIVEN, TURN = "jawOpen_arc", "headYaw"
TOLERANCE = 1e-3  # FBX holds percentages, and its exporter leaves out keys that straight lines replace
MODULES = {"gltf scene": "io_scene_gltf2", "gltf actions": "io_scene_gltf2", "fbx": "io_scene_fbx"}


def enable(kind):
    import addon_utils  # of Blender's own scripts, which bpy makes importable

    return addon_utils.enable(MODULES[kind]) is not None


@pytest.fixture(params=list(MODULES))
def kind(request):
    if not enable(request.param):
        pytest.skip(f"this bpy has no {MODULES[request.param]}")
    return request.param


@pytest.fixture
def character(scene, kind, make_curve):
    """A face with 52 keys and a driven one, and its teeth, which share a take; the head turns."""
    rng = np.random.default_rng(3)
    objects = []
    for name, keys, at in (("Face", FACE, 0.0), ("Teeth", TEETH, 2.0)):
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata([(at, 0, 0), (at + 1, 0, 0), (at + 1, 0, 1), (at, 0, 1)], [], [(0, 1, 2, 3)])
        obj = bpy.data.objects.new(name, mesh)
        scene.collection.objects.link(obj)
        add_shape_keys(obj, keys, rng.normal(size=(len(keys), 4, 3)).astype(np.float32))
        objects.append(obj)
    face, teeth = objects
    teeth.parent = face
    arc = face.shape_key_add(name=DRIVEN, from_mix=False)
    arc.value = 0.0
    arc.data[0].co.x -= 1.0
    drive(face.data.shape_keys, arc)
    scene.render.fps, scene.frame_start, scene.frame_end = 24, START, START + FRAMES - 1
    time = np.arange(FRAMES)
    curves = {name: make_curve(name, time, smooth(rng, time)) for name in FACE}
    tracks = [Track(face, tuple(curves.values())), Track(teeth, tuple(curves[name] for name in TEETH))]
    write_tracks(tracks, START, "Line", {}, (make_curve(TURN, time, 0.2 * np.sin(time / 6)),))
    return face, teeth


def smooth(rng, time):
    """Speech-like: within 0..1, some of it at rest."""
    wave = np.sin(time * rng.uniform(0.1, 0.9) + rng.uniform(0, 6)) * rng.uniform(0.3, 1.0)
    return np.clip(wave, 0, 1).astype(np.float32)


def drive(keys, block):
    driver = block.driver_add("value").driver
    driver.type = "SCRIPTED"
    variable = driver.variables.new()
    variable.name, variable.type = "jaw", "SINGLE_PROP"
    target = variable.targets[0]
    target.id_type, target.id, target.data_path = "KEY", keys, value_path("jawOpen")
    driver.expression = "jaw*jaw"


def shown(obj):
    """Evaluated values [T] of every key, frame by frame, and where vertices are in the world, [T] trees of them."""
    names = obj.data.shape_keys.key_blocks.keys()[1:]
    values, places = {name: np.zeros(FRAMES) for name in names}, []
    for frame in range(FRAMES):
        bpy.context.scene.frame_set(START + frame)
        here = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
        for name in names:
            values[name][frame] = obj.data.shape_keys.key_blocks[name].value
        mesh = here.to_mesh()
        places.append(np.array([here.matrix_world @ vertex.co for vertex in mesh.vertices]))
        here.to_mesh_clear()
    return values, np.array(places)


def farthest(places, others):
    """How far the vertices [T, V, 3] of one animation are from any vertex of another: files may reorder them."""
    return float(np.linalg.norm(places[:, :, None] - others[:, None], axis=3).min(axis=2).max())


def leave_and_come_back(kind, folder):
    """Export, import into an empty file, and find the meshes by name; the settings are those of docs/export.md."""
    path = str(folder / f"character.{'fbx' if kind == 'fbx' else 'glb'}")
    if kind == "fbx":
        bpy.ops.export_scene.fbx(
            filepath=path,
            use_mesh_modifiers=False,
            bake_anim_use_all_actions=False,
            bake_anim_use_nla_strips=False,
        )
    elif kind == "gltf actions":
        bpy.ops.export_scene.gltf(filepath=path, export_format="GLB")
    else:
        bpy.ops.export_scene.gltf(
            filepath=path, export_format="GLB", export_animation_mode="SCENE", export_anim_scene_split_object=False
        )
    bpy.ops.wm.read_factory_settings(use_empty=True)
    enable(kind)
    bpy.context.scene.render.fps = 24
    if kind == "fbx":
        bpy.ops.import_scene.fbx(filepath=path, anim_offset=0.0)
    else:
        bpy.ops.import_scene.gltf(filepath=path)
    return {obj.name: obj for obj in bpy.data.objects if obj.type == "MESH"}


def test_keys_and_their_motion_survive(kind, character, tmp_path):
    before = {obj.name: shown(obj) for obj in character}
    assert before["Face"][0][DRIVEN].max() > 0.3
    found = leave_and_come_back(kind, tmp_path)
    assert set(found) == {"Face", "Teeth"}
    for name, keys in (("Face", (*FACE, DRIVEN)), ("Teeth", TEETH)):
        if (kind, name) == ("gltf actions", "Teeth") and bpy.app.version < (4, 4):
            continue  # an Action each means an animation each, of which the importer plays the first
        assert found[name].data.shape_keys.key_blocks.keys()[1:] == list(keys)
        values, places = shown(found[name])
        for key in keys:
            np.testing.assert_allclose(values[key], before[name][0][key], atol=TOLERANCE, err_msg=key)
        # Per Action, newer exporters leave out a head turned by its constraint: the Action is of an Empty.
        assert kind == "gltf actions" or farthest(places, before[name][1]) < 1e-3


def test_the_driver_of_a_corrective_becomes_keys(kind, character, tmp_path):
    face = leave_and_come_back(kind, tmp_path)["Face"]
    animation = face.data.shape_keys.animation_data
    assert not animation.drivers
    values = shown(face)[0]
    np.testing.assert_allclose(values[DRIVEN], values["jawOpen"] ** 2, atol=5e-3)


def test_a_bent_neck_is_left_out(kind, character, tmp_path):
    """Exporters keep shape keys only by leaving modifiers out, and the bend of the neck is one."""
    face = character[0]
    turner = face.constraints[HEAD_MOTION].target
    add_turn_group(face, np.array([1, 1, 0, 0], np.float32))
    require_head_turner(face)
    assert face.modifiers[HEAD_MOTION].node_group.nodes["Head Motion"].inputs["Object"].default_value == turner
    bent = shown(face)[1]
    found = leave_and_come_back(kind, tmp_path)["Face"]
    assert not found.modifiers and found.data.shape_keys
    assert farthest(shown(found)[1], bent) > 0.05
