# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Face keys on meshes in the scene: added in the mesh's own space, beside the artist's, or refused in words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
from mathutils import Euler, Matrix

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.flame_jaw import CORRECTIVE, corrective_weight
from ptalker_blender.rig.linear import rotation_matrices
from ptalker_blender.scene.actions import write_take
from ptalker_blender.scene.face_keys import (
    add_face_keys,
    is_flame,
    missing_controls,
    read_mesh,
    recognised,
    why_not,
)
from ptalker_blender.scene.flame_head import add_flame_head, key_points
from ptalker_blender.scene.heads import to_blender
from ptalker_blender.scene.mapping import require_mapping, store_table
from ptalker_blender.scene.turning import TURN_GROUP, head_turner, turn_shares
from tests.flame_models import real_flame

pytestmark = pytest.mark.bpy
NAMES = (*BLENDSHAPES, CORRECTIVE)
CORNERS = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0.3, 0.4, 0.9)]
FOLLOW = np.array([0.0, 0.25, 0.5, 1.0, 1.0], np.float32)


@dataclass(frozen=True)
class Built:
    """Keys as they come from the worker."""

    deltas: np.ndarray
    names: tuple[str, ...] = NAMES
    follow: np.ndarray = field(default_factory=FOLLOW.copy)
    pivot: np.ndarray = field(default_factory=lambda: np.zeros(3))
    axes: np.ndarray = field(default_factory=lambda: np.eye(3))
    notes: tuple[str, ...] = ()


@pytest.fixture
def built():
    return Built(np.random.default_rng(0).normal(scale=0.1, size=(53, 5, 3)).astype(np.float32))


@pytest.fixture
def obj(scene):
    mesh = bpy.data.meshes.new("Face")
    mesh.from_pydata(CORNERS, [], [(0, 1, 2, 3), (0, 1, 4)])
    made = bpy.data.objects.new("Face", mesh)
    scene.collection.objects.link(made)
    return made


def placed(obj, **transform):
    for name, value in transform.items():
        setattr(obj, name, value)
    bpy.context.view_layer.update()
    return obj


def seen(obj):
    """Evaluated vertices [V, 3] in the world."""
    bpy.context.view_layer.update()
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    found = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", found)
    world = np.array(obj.matrix_world)
    return found.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]


def keys_of(obj):
    return obj.data.shape_keys.key_blocks


def test_keys_move_the_mesh_as_it_is_seen(obj, built):
    placed(obj, location=(5, 6, 7), rotation_euler=(0.3, 0.2, 0.1), scale=(2, -3, 0.5))
    mesh = read_mesh(obj)
    before = seen(obj)
    np.testing.assert_allclose(mesh.vertices + np.array(obj.location), before, atol=1e-5)
    done = add_face_keys(obj, mesh, built, head_turn=False)
    assert (done.added, done.kept, done.notes) == (NAMES, (), ())
    assert [block.name for block in keys_of(obj)] == ["Basis", *NAMES]
    assert not any(block.value for block in keys_of(obj)[1:])
    np.testing.assert_allclose(seen(obj), before, atol=1e-5)
    keys_of(obj)["mouthFunnel"].value = 1.0
    np.testing.assert_allclose(seen(obj) - before, built.deltas[NAMES.index("mouthFunnel")], atol=1e-5)
    assert TURN_GROUP not in obj.vertex_groups


def test_the_corrective_is_driven_without_python(obj, built):
    assert not bpy.context.preferences.filepaths.use_scripts_auto_execute
    add_face_keys(obj, read_mesh(obj), built)
    (curve,) = obj.data.shape_keys.animation_data.drivers
    assert curve.data_path == f'key_blocks["{CORRECTIVE}"].value'
    assert curve.driver.is_simple_expression and curve.driver.is_valid
    before = seen(obj)
    for jaw in (0.3, 0.7, 1.0):
        keys_of(obj)["jawOpen"].value = jaw
        expected = jaw * built.deltas[NAMES.index("jawOpen")] + corrective_weight(np.array(jaw)) * built.deltas[-1]
        np.testing.assert_allclose(seen(obj) - before, expected, atol=1e-5)


def test_the_corrective_leaves_closed_lips_alone(obj, built):
    add_face_keys(obj, read_mesh(obj), built)
    before = seen(obj)
    keys_of(obj)["jawOpen"].value = keys_of(obj)["mouthClose"].value = 1.0
    expected = built.deltas[NAMES.index("jawOpen")] + built.deltas[NAMES.index("mouthClose")]
    np.testing.assert_allclose(seen(obj) - before, expected, atol=1e-5)


def test_a_bake_works_at_once_and_the_corrective_is_no_concern_of_it(obj, built, make_curve):
    add_face_keys(obj, read_mesh(obj), built)
    mapping = require_mapping(obj)
    assert mapping.mapped == BLENDSHAPES and (mapping.driven, mapping.absent, mapping.notes) == ((), (), ())
    take = write_take(obj, [make_curve("jawOpen", [0, 10], [0, 1])], 1, "Line", {})
    assert (take.missing, take.driven, take.notes) == ((), (), ())
    bpy.context.scene.frame_set(11)
    assert keys_of(obj)[CORRECTIVE].value == pytest.approx(1.0, abs=1e-5)


def test_what_the_artist_has_stays(obj, built):
    obj.shape_key_add(name="Neutral", from_mix=False)
    for name, value in (("Angry", 0.4), ("Jaw_Open", 0.2), ("mouthPucker", 0.0)):
        block = obj.shape_key_add(name=name, from_mix=False)
        block.value = value
        block.data[2].co.z += 0.5
    obj.active_shape_key_index = 2
    shapes = {block.name: key_points(block) for block in keys_of(obj)}
    material, group = bpy.data.materials.new("Skin"), obj.vertex_groups.new(name=TURN_GROUP)
    group.add([0], 0.7, "REPLACE")
    obj.data.materials.append(material)
    obj.modifiers.new("Smooth", "SUBSURF")
    mesh = read_mesh(obj)
    np.testing.assert_array_equal(mesh.vertices, shapes["Neutral"])
    done = add_face_keys(obj, mesh, built)
    assert set(done.kept) == {"jawOpen", "mouthPucker"} and "jawOpen, mouthPucker" in done.notes[0]
    assert not {"jawOpen", CORRECTIVE} & {*done.added} and obj.data.shape_keys.animation_data is None
    for name, points in shapes.items():
        np.testing.assert_array_equal(key_points(keys_of(obj)[name]), points)
    assert [keys_of(obj)[name].value for name in ("Angry", "Jaw_Open")] == pytest.approx([0.4, 0.2])
    assert obj.active_shape_key_index == 2 and obj.data.materials[0] == material
    assert [modifier.name for modifier in obj.modifiers] == ["Smooth"]
    assert turn_shares(obj)[0] == pytest.approx(0.7)  # as painted
    assert require_mapping(obj).mapped == BLENDSHAPES
    assert missing_controls(obj) == () and "keys for all controls" in why_not(obj)
    again = add_face_keys(obj, read_mesh(obj), built)
    assert again.added == () and not [block.name for block in keys_of(obj) if "." in block.name]


def test_a_table_of_the_objects_own_is_spoken_of(obj, built):
    obj.shape_key_add(name="Basis", from_mix=False)
    obj.shape_key_add(name="Gob", from_mix=False)
    from ptalker_blender.rig.mapping import MappingTable, Row

    store_table(obj, MappingTable((Row("jawOpen", "Gob"),)))
    done = add_face_keys(obj, read_mesh(obj), built)
    assert "jawOpen" in done.kept and "mapping table of its own" in done.notes[-1]


def test_shared_mesh_is_told(obj, scene, built):
    other = bpy.data.objects.new("Twin", obj.data)
    scene.collection.objects.link(other)
    assert "'Twin' got the keys too" in add_face_keys(obj, read_mesh(obj), built).notes[0]


def test_the_head_turns_about_its_neck_in_its_own_axes(obj, built, make_curve):
    placed(obj, location=(1, 2, 3), rotation_euler=(0.5, -0.2, 0.9), scale=(2, 2, 2))
    own = np.array(Euler((0.3, 0.8, -0.4)).to_matrix())  # rows: left, up, front as seen
    neck = np.array([0.1, -0.3, 0.4])
    mesh = read_mesh(obj)
    add_face_keys(obj, mesh, replace(built, pivot=neck, axes=own))
    before = seen(obj)
    angles = {"headPitch": 0.3, "headYaw": -0.4, "headRoll": 0.2}
    curves = [make_curve(name, [0, 10], [0, value]) for name, value in angles.items()]
    write_take(obj, curves, 1, "Line", {}, head_motion=True)
    bpy.context.scene.frame_set(1)
    np.testing.assert_allclose(seen(obj), before, atol=1e-5)
    bpy.context.scene.frame_set(11)
    turn = own.T @ rotation_matrices(np.array([list(angles.values())]))[0] @ own
    centre = neck + np.array(obj.location)
    turned = (before - centre) @ turn.T + centre
    np.testing.assert_allclose(seen(obj), before + FOLLOW[:, None] * (turned - before), atol=1e-5)
    np.testing.assert_allclose(head_turner(obj).location, centre, atol=1e-5)


def test_an_armature_turns_the_head_itself(obj, scene, built):
    armature = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    scene.collection.objects.link(armature)
    obj.modifiers.new("Armature", "ARMATURE").object = armature
    add_face_keys(obj, read_mesh(obj), built)
    assert TURN_GROUP not in obj.vertex_groups


def test_undo_takes_everything_back(obj, built):
    bpy.ops.ed.undo_push(message="before")
    add_face_keys(obj, read_mesh(obj), built)
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    there = bpy.data.objects["Face"]
    assert there.data.shape_keys is None and not there.vertex_groups and not bpy.data.shape_keys


@pytest.mark.parametrize("change", ["vertex", "count"])
def test_a_mesh_changed_meanwhile_is_left_alone(obj, built, change):
    mesh = read_mesh(obj)
    if change == "vertex":
        obj.data.vertices[0].co.x += 0.1
    else:
        obj.data.vertices.add(1)
    with pytest.raises(UserError, match="changed while"):
        add_face_keys(obj, mesh, built)
    assert obj.data.shape_keys is None


def test_refused_in_words(obj, scene, tmp_path):
    def refused(thing, words):
        with pytest.raises(UserError, match=words):
            read_mesh(thing)

    refused(bpy.data.objects.new("Empty", None), "is of type empty")
    refused(placed(obj, scale=(1, 0, 1)), "scale of zero")
    placed(obj, scale=(1, 1, 1))
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    refused(obj, "Edit Mode")
    bpy.ops.object.mode_set(mode="OBJECT")
    obj.shape_key_add(name="Basis", from_mix=False)
    obj.data.shape_keys.use_relative = False
    refused(obj, "absolute")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "hero.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "hero.blend"), link=True) as (_, wanted):
        wanted.objects = ["Face"]
    refused(wanted.objects[0], "linked from another file")
    assert "linked" in why_not(wanted.objects[0])
    assert why_not(None) == "Choose a mesh first"


@pytest.fixture(scope="module")
def flame(data_dir):
    return real_flame(data_dir)


def flame_object(scene, points, faces, name="Flame"):
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(np.asarray(points).tolist(), [], np.asarray(faces).tolist())
    obj = bpy.data.objects.new(name, mesh)
    scene.collection.objects.link(obj)
    return obj


@pytest.mark.data
def test_flame_is_told_by_its_topology(scene, flame, obj):
    points, place = to_blender(flame.v_template), np.random.default_rng(0).permutation(5023)
    shuffled = np.empty_like(points)
    shuffled[place] = 100 * points
    kinds = {
        "exact": (points, flame.faces),
        "reordered": (shuffled, place[flame.faces]),
        "partial": (points[:3931], flame.faces[(flame.faces < 3931).all(axis=1)]),
        "altered": (points[:5022], flame.faces[(flame.faces < 5022).all(axis=1)][1:]),
    }
    for kind, (vertices, faces) in kinds.items():
        made = flame_object(scene, vertices, faces)
        assert recognised(made.data).kind == kind
        assert is_flame(made) is (kind != "altered") is (why_not(made) == "")
    assert "no FLAME topology: 5,022 vertices" in why_not(made) or "deleted" in why_not(made)
    assert "no FLAME topology" in why_not(obj)


@pytest.mark.data
def test_identity_keys_count_and_no_others(scene, flame):
    head = add_flame_head(replace(flame, expression_dirs=flame.shapedirs[:, :, 5:6]), "Flame", identity=2).mesh
    blocks = keys_of(head)
    blocks["shape_001"].value, blocks["expr_000"].value, blocks["shape_000"].value = 2.0, 1.5, 1.0
    blocks["shape_000"].mute = True
    expected = flame.v_template + 2 * flame.shapedirs[:, :, 1]
    np.testing.assert_allclose(read_mesh(head).vertices, to_blender(expected), atol=1e-6)


@pytest.mark.data
def test_a_real_head_opens_its_mouth_wherever_it_stands(scene, flame):
    flame_mesh = pytest.importorskip("ptalker_blender.rig.flame_mesh", reason="this Python has no scipy")
    from ptalker_blender.rig.flame_landmarks import flame_landmarks
    from ptalker_blender.rig.head import load_head

    obj = flame_object(scene, flame.v_template, flame.faces)  # y up, as FLAME has it
    turn = Matrix.Rotation(2.5, 4, "X") @ Matrix.Rotation(1.0, 4, "Y")
    placed(obj, matrix_world=Matrix.Translation((3, 2, 1)) @ turn @ Matrix.Scale(12, 4))
    mesh = read_mesh(obj)
    built = flame_mesh.build_mesh_keys(load_head(), mesh.vertices, (mesh.corners, mesh.sizes))
    add_face_keys(obj, mesh, built)
    own = keys_of(obj)["jawOpen"]
    drop = key_points(own) - key_points(keys_of(obj)["Basis"])
    chin = int(flame_landmarks()["chin"][0])
    assert drop[chin, 1] < -0.02 and abs(drop[chin, 0]) < 0.002  # along its own axes and units
    before = seen(obj)
    own.value = 0.5
    moved = np.linalg.norm(seen(obj) - before, axis=1)
    assert moved[chin] == pytest.approx(12 * 0.5 * np.linalg.norm(drop[chin]), rel=1e-3)
    joint = flame.j_regressor[1] @ flame.v_template
    assert np.linalg.norm(np.array(obj["ptalker_turn_pivot"]) - joint) < 0.002
