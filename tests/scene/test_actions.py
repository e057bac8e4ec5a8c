# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Takes: the evaluated keys are the written numbers, and nothing that was there changes."""

from __future__ import annotations

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.errors import UserError
from ptalker_blender.scene.actions import read_provenance, write_take
from ptalker_blender.scene.compat import actions as compat
from ptalker_blender.scene.key_blocks import value_path

pytestmark = pytest.mark.bpy


def evaluated_value(obj, key, frame):
    whole = int(np.floor(frame))
    bpy.context.scene.frame_set(whole, subframe=frame - whole)
    return obj.data.shape_keys.key_blocks[key].value


def fingerprint(action, datablock):
    """Every number of an Action's curves, as bytes."""
    parts = []
    for fcurve in compat.fcurves(action, datablock):
        points = np.empty((len(fcurve.keyframe_points), 2), np.float32)
        fcurve.keyframe_points.foreach_get("co", points.ravel())
        handles = np.empty(len(points) * 2, np.float32)
        fcurve.keyframe_points.foreach_get("handle_left", handles)
        kinds = [point.interpolation for point in fcurve.keyframe_points]
        parts.append((fcurve.data_path, fcurve.array_index, points.tobytes(), handles.tobytes(), tuple(kinds)))
    return parts


@pytest.mark.parametrize("start", [1.0, 1001.0, -20.0])
def test_evaluated_values_are_the_written_floats(make_mesh, make_curve, start):
    obj = make_mesh(["jawOpen", "mouthFunnel"])
    values = np.random.default_rng(7).random(40, np.float32)
    frames = np.arange(40)
    write_take(obj, [make_curve("jawOpen", frames, values)], start, "Line", {})
    read = np.array([evaluated_value(obj, "jawOpen", start + k) for k in frames], np.float32)
    np.testing.assert_array_equal(read, values)
    assert evaluated_value(obj, "mouthFunnel", start + 3) == 0.0


def test_between_keys_the_value_is_linear(make_mesh, make_curve):
    obj = make_mesh(["jawOpen"])
    write_take(obj, [make_curve("jawOpen", [0, 4], [0.0, 1.0])], 10.5, "Line", {})
    assert evaluated_value(obj, "jawOpen", 11.5) == pytest.approx(0.25, abs=1e-6)
    assert evaluated_value(obj, "jawOpen", 13) == pytest.approx(0.625, abs=1e-6)


def test_the_mesh_follows(make_mesh, make_curve):
    obj = make_mesh(["jawOpen", "tongueOut"])
    write_take(obj, [make_curve("tongueOut", [0, 1], [0.0, 0.5])], 1, "Line", {})
    bpy.context.scene.frame_set(2)
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    assert mesh.vertices[0].co.z == pytest.approx(1.0)  # the second key moves 2 along z


def test_existing_action_stays_bit_for_bit(make_mesh, make_curve):
    obj = make_mesh(["jawOpen", "mouthFunnel"])
    keys = obj.data.shape_keys
    keys.key_blocks["jawOpen"].value = 0.3
    keys.key_blocks["jawOpen"].keyframe_insert("value", frame=5)
    keys.key_blocks["jawOpen"].value = 0.9
    keys.key_blocks["jawOpen"].keyframe_insert("value", frame=15)
    mine = keys.animation_data.action
    mine.name = "Artist"
    before = fingerprint(mine, keys)
    assert len(before) == 1
    take = write_take(obj, [make_curve("jawOpen", [0, 1], [0.0, 0.5])], 1, "Line", {})
    assert fingerprint(mine, keys) == before
    assert take.kept == ("Artist",)
    assert mine.use_fake_user
    assert keys.animation_data.action == take.action != mine


def test_a_second_take_leaves_the_first(make_mesh, make_curve):
    obj = make_mesh(["jawOpen"])
    keys = obj.data.shape_keys
    first = write_take(obj, [make_curve("jawOpen", [0, 1], [0.0, 0.5])], 1, "Line", {"seed": 1})
    before = fingerprint(first.action, keys)
    second = write_take(obj, [make_curve("jawOpen", [0, 1], [0.0, 0.7])], 1, "Line", {"seed": 2})
    assert second.action.name != first.action.name
    assert fingerprint(first.action, keys) == before
    assert [read_provenance(take.action)["seed"] for take in (first, second)] == [1, 2]


def test_slot_is_for_the_key_datablock(make_mesh, make_curve):
    obj = make_mesh(["jawOpen"])
    take = write_take(obj, [make_curve("jawOpen", [0], [0.5])], 1, "Line", {})
    if hasattr(take.action, "slots"):
        assert [slot.target_id_type for slot in take.action.slots] == ["KEY"]
        assert obj.data.shape_keys.animation_data.action_slot == take.action.slots[0]
    else:
        assert take.action.id_root == "KEY"


def test_take_survives_saving(make_mesh, make_curve, tmp_path):
    obj = make_mesh(["jawOpen"])
    take = write_take(
        obj, [make_curve("jawOpen", [0, 10], [0.0, 0.75])], 1001, "Line", {"style": "größer", "n": [1, 2.5]}
    )
    name, object_name = take.action.name, obj.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "t.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "t.blend"))
    assert read_provenance(bpy.data.actions[name]) == {"style": "größer", "n": [1, 2.5]}
    assert evaluated_value(bpy.data.objects[object_name], "jawOpen", 1011) == 0.75


@pytest.mark.parametrize("odd", ['jaw"Open', "jaw\\Open", 'a"]["b', "größe\t1", "new\nline"])
def test_odd_key_names_are_escaped(make_mesh, odd):
    """The path reaches exactly this key, whatever its name does to quoting."""
    obj = make_mesh(["plain", odd])
    block = obj.data.shape_keys.key_blocks[-1]
    holder = compat.assign_new_action(obj.data.shape_keys, "Odd")[1]
    fcurve = compat.add_fcurve(holder, value_path(block.name), 0, "PTalker")
    fcurve.keyframe_points.insert(1, 0.625)
    bpy.context.scene.frame_set(1)
    assert block.value == 0.625
    assert obj.data.shape_keys.key_blocks["plain"].value == 0.0


def test_spelling_variants_are_found(make_mesh, make_curve):
    obj = make_mesh(["eyeBlink_L", "EYE_BLINK_RIGHT", "jaw.open", "Smile"])
    curves = [make_curve(name, [0], [0.5]) for name in ("eyeBlinkLeft", "eyeBlinkRight", "jawOpen", "mouthClose")]
    take = write_take(obj, curves, 1, "Line", {})
    assert take.missing == ("mouthClose",)
    for key in ("eyeBlink_L", "EYE_BLINK_RIGHT", "jaw.open"):
        assert evaluated_value(obj, key, 1) == 0.5


def test_exact_name_wins_over_a_variant(make_mesh, make_curve):
    obj = make_mesh(["JawOpen", "jawOpen"])
    write_take(obj, [make_curve("jawOpen", [0], [0.5])], 1, "Line", {})
    assert evaluated_value(obj, "jawOpen", 1) == 0.5
    assert evaluated_value(obj, "JawOpen", 1) == 0.0


def test_a_slider_bounds_the_take_and_stays_as_it_is(make_mesh, make_curve):
    """Blender would clamp to the slider when playing; the curve says what is seen."""
    obj = make_mesh(["jawOpen"])
    take = write_take(obj, [make_curve("jawOpen", [0, 1], [-0.25, 1.5])], 1, "Line", {})
    (fcurve,) = compat.fcurves(take.action, obj.data.shape_keys)
    assert [point.co[1] for point in fcurve.keyframe_points] == [0.0, 1.0]
    block = obj.data.shape_keys.key_blocks["jawOpen"]
    assert (block.slider_min, block.slider_max) == (0.0, 1.0)


def test_driven_key_is_left_to_its_driver(make_mesh, make_curve):
    obj = make_mesh(["jawOpen", "tongueOut"])
    driver = obj.data.shape_keys.key_blocks["jawOpen"].driver_add("value").driver
    driver.expression = "0.125"
    take = write_take(obj, [make_curve(n, [0], [0.5]) for n in ("jawOpen", "tongueOut")], 1, "Line", {})
    assert take.driven == ("jawOpen",)
    paths = [fcurve.data_path for fcurve in compat.fcurves(take.action, obj.data.shape_keys)]
    assert paths == [value_path("tongueOut")]


def rotation(obj):
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array(evaluated.matrix_world.to_3x3())


def about(axis, angle):
    """Right-handed rotation about a coordinate axis."""
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[[i, j], [i, j]] = np.cos(angle)
    matrix[j, i], matrix[i, j] = np.sin(angle), -np.sin(angle)
    return matrix


@pytest.mark.parametrize("placed", [(0.0, 0.0, 0.0), (0.3, -0.5, 1.2)])
def test_head_turns_about_its_own_axes(make_mesh, make_curve, placed):
    """The matrix of motion/controls.py, Ry(yaw) Rx(pitch) Rz(roll) in head axes, on top of the artist's placement."""
    obj = make_mesh(["jawOpen"])
    obj.rotation_euler = placed
    bpy.context.view_layer.update()
    own = rotation(obj)
    pitch, yaw, roll = 0.3, -0.4, 0.2
    angles = zip(("headPitch", "headYaw", "headRoll"), (pitch, yaw, roll), strict=True)
    curves = [make_curve(name, [0, 10], [0.0, angle]) for name, angle in angles]
    take = write_take(obj, curves, 1, "Line", {}, head_motion=True)
    assert take.head_action is not None
    bpy.context.scene.frame_set(11)
    head = about("y", yaw) @ about("x", pitch) @ about("z", roll)
    to_blender = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])  # (x, y, z) -> (x, -z, y)
    np.testing.assert_allclose(rotation(obj), own @ to_blender @ head @ to_blender.T, atol=1e-6)
    bpy.context.scene.frame_set(1)
    np.testing.assert_allclose(rotation(obj), own, atol=1e-6)
    assert tuple(obj.rotation_euler) == pytest.approx(placed)


def test_head_motion_is_off_by_default(make_mesh, make_curve):
    obj = make_mesh(["jawOpen"])
    take = write_take(obj, [make_curve("headYaw", [0], [1.0]), make_curve("jawOpen", [0], [1.0])], 1, "Line", {})
    assert take.head_action is None
    assert not obj.constraints


def test_head_motion_of_two_takes_shares_one_empty(make_mesh, make_curve):
    obj = make_mesh(["jawOpen"])
    for _ in range(2):
        write_take(obj, [make_curve("headYaw", [0], [0.5])], 1, "Line", {}, head_motion=True)
    assert len(obj.constraints) == 1
    assert sum(other.type == "EMPTY" for other in bpy.data.objects) == 1


@pytest.mark.parametrize("keys", [None, ["Smile", "Frown"]])
def test_mesh_without_known_keys_is_refused(make_mesh, make_curve, keys):
    obj = make_mesh(keys)
    with pytest.raises(UserError, match="Face"):
        write_take(obj, [make_curve("jawOpen", [0], [0.5])], 1, "Line", {})
    assert not bpy.data.actions


def test_unknown_control_is_a_fault_of_the_caller(make_mesh, make_curve):
    obj = make_mesh(["jawOpen"])
    with pytest.raises(ValueError, match="jawOpenn"):
        write_take(obj, [make_curve("jawOpenn", [0], [0.5])], 1, "Line", {})
    assert not bpy.data.actions
