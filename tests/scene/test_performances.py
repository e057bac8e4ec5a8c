# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Performances read from the open file: what was performed comes back, from Actions and from meshes that move."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.engine.style_messages import SentMesh, SentMotion
from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import BLENDSHAPES, CONTROLS, INDEX
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.reduce import KeyCurve
from ptalker_blender.motion.resample import resample_motion
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.linear import controls_to_vertices
from ptalker_blender.rig.mapping import guess_table, table_text
from ptalker_blender.rig.vertex_controls import controls_from_vertices
from ptalker_blender.rig.vertex_motion import vertex_frames, vertex_rig
from ptalker_blender.scene.actions import write_take
from ptalker_blender.scene.heads import add_head, to_blender
from ptalker_blender.scene.mesh_performances import read_mesh
from ptalker_blender.scene.performances import moves_keys, read_action, read_again
from ptalker_blender.scene.shape_keys import add_shape_keys
from ptalker_blender.scene.take_record import record_take
from ptalker_blender.scene.timing import set_rate
from ptalker_blender.style.library import load_style
from tests.flame_models import real_flame

pytestmark = pytest.mark.bpy
FIRST, FRAMES = 101, 48


@pytest.fixture
def spoken(scene) -> Motion:
    """Two seconds at the scene's rate, with the head turning."""
    set_rate(scene, 24.0)
    style = load_style("stage").motion
    motion = resample_motion(Motion(style.values[50:150], style.fps), 24.0, FRAMES)
    values = motion.values.copy()
    values[:, 52:] = np.sin(np.linspace(0, 6, FRAMES))[:, None] * [0.1, 0.15, -0.05]
    return Motion(values.astype(np.float32), 24.0)


def curves(motion: Motion) -> list[KeyCurve]:
    frames = np.arange(len(motion.values), dtype=np.float32)
    return [KeyCurve(name, frames, motion.values[:, k]) for k, name in enumerate(CONTROLS)]


def cache(obj, points: np.ndarray, path: Path) -> None:
    """Play vertices [T, V, 3] on a mesh from frame FIRST on, by a PC2 file."""
    header = struct.pack("<12siiffi", b"POINTCACHE2\0", 1, points.shape[1], FIRST, 1.0, len(points))
    path.write_bytes(header + np.ascontiguousarray(points, "<f4").tobytes())
    modifier = obj.modifiers.new("Cache", "MESH_CACHE")
    modifier.cache_format, modifier.filepath, modifier.frame_start = "PC2", str(path), FIRST


def test_our_own_take_comes_back_with_its_head(scene, spoken):
    head = add_head(load_head(), "Head")
    action = write_take(head, curves(spoken), FIRST, "Take", {}, head_motion=True).action
    scene.frame_set(7)
    found = read_action(action, scene, FIRST, FIRST + FRAMES - 1)
    assert (found.name, found.fps, scene.frame_current) == ("Take", 24.0, 7)
    np.testing.assert_allclose(found.values, spoken.values, atol=1e-4)
    part = read_action(action, scene, FIRST + 10, FIRST + 19, head)
    np.testing.assert_allclose(part.values, spoken.values[10:20], atol=1e-4)
    np.testing.assert_array_equal(read_again(part.source, scene).values, part.values)


def test_foreign_names_and_another_head(scene, spoken, make_mesh):
    """An Action on a character with other names, used for a head with ours."""
    names = [f"{name[0].upper()}{name[1:]}" for name in BLENDSHAPES]
    other, head = make_mesh(names, "Hero"), add_head(load_head(), "Head")
    action = write_take(other, curves(spoken), FIRST, "Hero", {}).action
    bpy.data.objects.remove(other)  # names alone must do
    found = read_action(action, scene, FIRST, FIRST + FRAMES - 1, head)
    np.testing.assert_allclose(found.values[:, :52], spoken.values[:, :52], atol=1e-4)


def test_the_artists_table_tells_what_a_key_is(scene, make_mesh):
    obj = make_mesh(["Gob"], "Hero")
    obj["ptalker_mapping"] = (
        '{"format": "ptalker-mapping 1", "rows": [{"control": "jawOpen", "key": "Gob", "gain": 0.5, "offset": 0.1}]}'
    )
    key = obj.data.shape_keys.key_blocks["Gob"]
    for frame, value in ((1, 0.1), (25, 0.4)):
        key.value = value
        key.keyframe_insert("value", frame=frame)
    action = obj.data.shape_keys.animation_data.action
    found = read_action(action, scene, 1, 25)
    np.testing.assert_allclose(found.values[[0, -1], INDEX["jawOpen"]], [0.0, 0.6], atol=1e-4)


def test_edited_keys_count_and_the_unseen_is_taken_from_the_kept_motion(scene, spoken, make_mesh):
    names = ["jawOpen", "mouthClose", "mouthFunnel"]
    obj = make_mesh(names)
    take = write_take(obj, curves(spoken), FIRST, "Take", {})
    table = guess_table(names, dict.fromkeys(names, (0.0, 1.0))).table
    record_take(take, {obj: table_text(table)}, spoken, FIRST)
    jaw = next(c for c in _fcurves(take.action, obj) if "jawOpen" in c.data_path)
    for point in jaw.keyframe_points:
        point.co[1] = 0.25
    found = read_action(take.action, scene, FIRST, FIRST + FRAMES - 1)
    np.testing.assert_allclose(found.values[:, INDEX["jawOpen"]], 0.25, atol=1e-4)
    smile = INDEX["mouthSmileLeft"]
    np.testing.assert_allclose(found.values[:, smile], spoken.values[:, smile], atol=1e-4)


def _fcurves(action, obj):
    from ptalker_blender.scene.compat import actions as compat

    return compat.fcurves(action, obj.data.shape_keys)


def test_keyed_mesh_is_read_as_keys_and_the_frame_is_put_back(scene, spoken):
    head = add_head(load_head(), "Head")
    write_take(head, curves(spoken), FIRST, "Take", {})
    scene.frame_set(33, subframe=0.25)
    found = read_mesh(head, scene, FIRST, FIRST + FRAMES - 1)
    assert isinstance(found, SentMotion)
    assert scene.frame_current_final == 33.25
    np.testing.assert_allclose(found.values[:, :52], spoken.values[:, :52], atol=1e-4)


def test_a_cache_on_a_keyed_head_is_solved_on_its_keys(scene, spoken, tmp_path):
    known = load_head()
    head = add_head(known, "Head")
    cache(head, to_blender(controls_to_vertices(known, spoken.values)), tmp_path / "take.pc2")
    found = read_mesh(head, scene, FIRST, FIRST + FRAMES - 1)
    assert isinstance(found, SentMotion)
    apart = np.abs(found.values - spoken.values)
    assert apart[:, INDEX["jawOpen"]].max() < 0.02
    assert apart[:, :52].mean() < 5e-3
    assert np.degrees(apart[:, 52:]).max() < 0.5
    np.testing.assert_array_equal(read_again(found.source, scene).values, found.values)


def by_alembic(path):
    """The scene's meshes, as another program would send them: in frames of an Alembic file."""
    last = FIRST + FRAMES - 1
    bpy.ops.wm.alembic_export(filepath=f"{path}.abc", start=FIRST, end=last, as_background_job=False)
    bpy.ops.wm.alembic_import(filepath=f"{path}.abc", as_background_job=False)


def by_usd(path):
    """As ``by_alembic``, with a point cache and without shape keys: those would come back as keys of our names."""
    bpy.ops.wm.usd_export(filepath=f"{path}.usdc", export_animation=True, export_shapekeys=False)
    bpy.ops.wm.usd_import(filepath=f"{path}.usdc", import_shapes=False)


@pytest.mark.parametrize("travel", [by_alembic, by_usd])
def test_a_cached_copy_is_solved_on_the_keys_of_the_original(scene, spoken, tmp_path, travel):
    head = add_head(load_head(), "Head")
    write_take(head, curves(spoken), FIRST, "Take", {})
    scene.frame_start, scene.frame_end = FIRST, FIRST + FRAMES - 1
    travel(tmp_path / "take")
    copy = next(obj for obj in scene.objects if obj.type == "MESH" and obj.data.shape_keys is None)
    assert [modifier.type for modifier in copy.modifiers] == ["MESH_SEQUENCE_CACHE"]
    head.data.shape_keys.animation_data.action = None
    found = read_mesh(copy, scene, FIRST, FIRST + FRAMES - 1)
    assert isinstance(found, SentMotion)
    apart = np.abs(found.values - spoken.values)
    assert apart[:, INDEX["jawOpen"]].max() < 0.02
    assert apart[:, :52].mean() < 5e-3


@pytest.mark.data
@pytest.mark.parametrize("keyed", [False, True], ids=["cache", "unknown keys"])
def test_a_flame_mesh_goes_to_the_worker_as_vertices(scene, spoken, data_dir, tmp_path, keyed):
    flame = real_flame(data_dir)
    spoken = Motion(spoken.values[: FRAMES // 3], 24.0)
    last = FIRST + FRAMES // 3 - 1
    motion = Motion(spoken.values * np.r_[np.ones(52), np.zeros(3)].astype(np.float32), 24.0)
    shown = np.concatenate(list(vertex_frames(vertex_rig(load_head(), flame), motion)))
    mesh = bpy.data.meshes.new("Actor")
    mesh.from_pydata(to_blender(flame.v_template).tolist(), [], flame.faces.tolist())
    obj = bpy.data.objects.new("Actor", mesh)
    scene.collection.objects.link(obj)
    if keyed:  # one key for each frame, as importers of sequences make them
        add_shape_keys(obj, [f"f{k}" for k in range(FRAMES // 3)], to_blender(shown - flame.v_template))
        for k, block in enumerate(obj.data.shape_keys.key_blocks[1:]):
            for at, value in ((k - 1, 0.0), (k, 1.0), (k + 1, 0.0)):
                block.value = value
                block.keyframe_insert("value", frame=FIRST + at)
    else:
        cache(obj, to_blender(shown), tmp_path / "take.pc2")
    found = read_mesh(obj, scene, FIRST, last)
    assert isinstance(found, SentMesh)
    np.testing.assert_allclose(found.vertices, shown, atol=1e-6)
    assert len(found.rest) == (5023 if keyed else 0)
    assert {tuple(sorted(face)) for face in found.faces.tolist()} == {tuple(sorted(f)) for f in flame.faces.tolist()}
    if keyed:
        solved = controls_from_vertices(load_head(), found.vertices, found.faces, found.fps, found.rest).motion
        jaw = INDEX["jawOpen"]
        np.testing.assert_allclose(solved.values[:, jaw], spoken.values[:, jaw], atol=0.02)


def test_refusals_in_words(scene, spoken, make_mesh, tmp_path):
    head = add_head(load_head(), "Head")
    action = write_take(head, curves(spoken), FIRST, "Take", {}).action
    cube = make_mesh([], "Cube")
    strange = bpy.data.actions.new("Strange")
    refused = (
        (lambda: read_action(action, scene, 5, 4), "first frame before the last"),
        (lambda: read_action(action, scene, 1, 50), "keeps still in frames 1 to 50; expected a performance; "),
        (lambda: read_action(strange, scene, 1, 50), "moves no shape key that is known"),
        (lambda: read_mesh(cube, scene, 1, 50), "neither face keys that are known nor FLAME's vertices"),
        (lambda: read_mesh(head, scene, 1, 50), "does not move in frames 1 to 50"),
        (lambda: read_mesh(head, scene, 50, 50), "two to 15,000 frames"),
        (lambda: read_again({"kind": "ACTION", "action": "Gone", "object": "", "first": 1, "last": 9}, scene), "gone"),
        (lambda: read_again({"kind": "MESH", "object": "Gone", "first": 1, "last": 9}, scene), "gone"),
    )
    for run, words in refused:
        with pytest.raises(UserError) as caught:
            run()
        assert words.split(";")[0] in str(caught.value)
    assert moves_keys(action)
    assert not moves_keys(strange)
