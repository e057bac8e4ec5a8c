# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Characters whose keys have other names: the right keys move by the right amounts, or the artist is told why not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.engine.keys import ALL, REDUCED, default_head
from ptalker_blender.engine.mapped_keys import make_mapped_keys
from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import BLENDSHAPES, INDEX, N_CONTROLS
from ptalker_blender.motion.motion import Motion
from ptalker_blender.rig.mapping import MappingTable, Row, apply_table, load_table, save_table
from ptalker_blender.rig.tolerances import table_tolerances
from ptalker_blender.scene.actions import Track, read_provenance, write_take, write_tracks
from ptalker_blender.scene.characters import cast_of, companions
from ptalker_blender.scene.compat import actions as compat
from ptalker_blender.scene.key_blocks import value_path
from ptalker_blender.scene.mapping import (
    PROPERTY,
    clear_table,
    guessed_table,
    object_mapping,
    require_mapping,
    saved_table,
    store_table,
)
from ptalker_blender.scene.mapping_rows import TableRow, problem, rows_of, table_of
from ptalker_blender.scene.take_report import last_loss, mapping_provenance, mapping_report

pytestmark = pytest.mark.bpy
LISTS = Path(__file__).parents[1] / "rig" / "mapping" / "families.toml"
FAMILIES = {one["name"]: one["keys"] for one in tomllib.loads(LISTS.read_text(encoding="utf-8"))["family"]}
# One control at a time, and the keys that must be at its value, by what their makers say of them.
SHOWN = {
    "ARKit, _L and _R": {"jawOpen": ["jawOpen"], "eyeBlinkLeft": ["eyeBlink_L"], "mouthSmileRight": ["mouthSmile_R"]},
    "ARKit, spaces and .L .R": {"jawOpen": ["Jaw Open"], "eyeBlinkRight": ["Eye Blink.R"]},
    "Character Creator 4": {"jawOpen": ["Jaw_Open"], "eyeBlinkLeft": ["Eye_Blink_L"], "mouthPucker": []},
    "VRoid, Perfect Sync": {"jawOpen": [], "eyeBlinkLeft": []},
    "Ready Player Me": {"jawOpen": ["jawOpen"], "eyeBlinkLeft": ["eyeBlinkLeft"]},
}
VISEMES = ("VRM 0", "VRM 1", "VRChat visemes", "Microsoft visemes", "Rhubarb")


def names(family):
    return [name for name in FAMILIES[family] if name != "Basis"]


def speech(frames=48):
    """A jaw that opens and shuts four times, rounds once, and blinks once."""
    values = np.zeros((frames, N_CONTROLS), np.float32)
    time = np.linspace(0, 1, frames)
    values[:, INDEX["jawOpen"]] = 0.6 * np.sin(4 * np.pi * time) ** 2
    values[:, INDEX["mouthFunnel"]] = np.clip(0.5 - 4 * np.abs(time - 0.5), 0, None)
    values[:, INDEX["mouthClose"]] = 0.05
    for side in ("Left", "Right"):
        values[:, INDEX[f"eyeBlink{side}"]] = np.clip(1 - 12 * np.abs(time - 0.3), 0, None)
    values[:, INDEX["headYaw"]] = 0.1 * time
    return Motion(values, 24.0)


def bake(objects, motion=None, density=REDUCED, turns=False):
    """What the operator and the command line do."""
    motion = motion or speech()
    mappings = [require_mapping(obj) for obj in objects]
    keys = make_mapped_keys(motion, [mapping.table for mapping in mappings], density)
    tracks = [Track(obj, curves) for obj, curves in zip(objects, keys.tracks, strict=True)]
    source = mapping_provenance(mappings, keys.lost)
    return write_tracks(tracks, 1, "Line", source, keys.turns if turns else ()), mappings, keys


def played(obj, count=48):
    """Evaluated values [T] of every key."""
    blocks = obj.data.shape_keys.key_blocks[1:]
    values = {block.name: np.zeros(count) for block in blocks}
    for frame in range(count):
        bpy.context.scene.frame_set(frame + 1)
        for block in blocks:
            values[block.name][frame] = block.value
    return values


def state():
    """What a refused bake must leave as it was."""
    return (
        [(one.name, one.use_fake_user) for one in bpy.data.actions],
        [(obj.name, list(obj.keys()), len(obj.constraints), len(obj.modifiers)) for obj in bpy.data.objects],
        [(keys.name, keys.animation_data is not None and keys.animation_data.action) for keys in bpy.data.shape_keys],
    )


@pytest.mark.parametrize("family", SHOWN)
def test_each_control_moves_the_keys_of_its_name_alone(make_mesh, make_curve, family):
    obj = make_mesh(names(family))
    table = require_mapping(obj).table
    assert len(object_mapping(obj).mapped) >= 50
    for control, expected in SHOWN[family].items():
        take = write_take(obj, [make_curve(control, [0, 4], [0.25, 0.75])], 1, control, {})
        paths = {fcurve.data_path for fcurve in compat.fcurves(take.action, obj.data.shape_keys)}
        keys = {row.key for row in table.rows if row.control == control}
        assert keys >= set(expected)
        assert keys and {value_path(key) for key in keys} <= paths
        bpy.context.scene.frame_set(3)
        for block in obj.data.shape_keys.key_blocks[1:]:
            if block.name in expected:
                assert block.value == 0.5
            elif value_path(block.name) not in paths:
                assert block.value == 0.0


@pytest.mark.parametrize("family", [*SHOWN, *VISEMES, "MetaHuman", "Daz Genesis 9", "MMD"])
def test_what_is_played_is_the_mapping_of_the_motion(make_mesh, family):
    """Against the table applied to every frame, within the tolerance of the key; other keys rest."""
    obj = make_mesh(names(family))
    motion = speech()
    take, (mapping,), keys = bake([obj], motion)
    wanted, seen = apply_table(mapping.table, motion.values, default_head()), played(obj)
    bounds = table_tolerances(mapping.table, default_head())
    for key, weights in wanted.items():
        assert np.abs(seen[key] - weights).max() <= bounds[key] + 1e-6
    assert all(not values.any() for key, values in seen.items() if key not in wanted)
    assert max(values.max() for values in seen.values()) > 0.3
    assert sum(len(curve.frames) for curve in keys.tracks[0]) < 0.7 * 48 * len(keys.tracks[0])
    assert last_loss(obj) == pytest.approx(keys.lost.face, abs=1e-6)
    assert read_provenance(take.action)["mapping"][0]["object"] == obj.name


def test_visemes_follow_the_sound_and_say_what_is_lost(make_mesh):
    sounds = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U")
    obj = make_mesh([f"viseme_{sound}" for sound in sounds])
    _, (mapping,), keys = bake([obj])
    seen = played(obj)
    opened = speech().values[:, INDEX["jawOpen"]] > 0.5
    assert sum(seen[key] for key in ("viseme_aa", "viseme_O", "viseme_E"))[opened].min() > 0.2
    assert "eyeBlinkLeft" in [name for name, *_ in keys.lost.controls]
    assert keys.lost.face > 0
    report = mapping_report([mapping], keys.lost)
    assert "14 mouth shapes" in report.infos[0] and "Oculus" in report.infos[0]


@pytest.mark.parametrize(("low", "high", "top"), [(0.0, 0.5, 0.5), (-1.0, 1.0, 1.0), (0.0, 10.0, 1.0), (0.0, 1.0, 1.0)])
def test_ranges_of_sliders_are_respected(make_mesh, low, high, top):
    obj = make_mesh(["Jaw_Open", "Mouth_Funnel", "Eye_Blink_L"])
    block = obj.data.shape_keys.key_blocks["Jaw_Open"]
    block.slider_min, block.slider_max = low, high
    _, _, keys = bake([obj], density=ALL)
    curve = next(curve for curve in keys.tracks[0] if curve.name == "Jaw_Open")
    wanted = speech().values[:, INDEX["jawOpen"]] * top
    np.testing.assert_allclose(curve.values, wanted, atol=1e-6)
    np.testing.assert_allclose(played(obj)["Jaw_Open"], wanted, atol=1e-6)  # Blender has not clamped
    assert (block.slider_min, block.slider_max) == (low, high)


def test_a_slider_narrower_than_the_artists_table_bounds_it(make_mesh):
    obj = make_mesh(["Gob"])
    store_table(obj, MappingTable((Row("jawOpen", "Gob", 2.0),), limits={"Gob": (0.0, 2.0)}))
    assert require_mapping(obj).table.limits == {"Gob": (0.0, 1.0)}
    bake([obj])
    assert played(obj)["Gob"].max() == 1.0


def test_a_table_on_the_object_is_what_speaks_and_goes_with_the_file(make_mesh, tmp_path):
    obj = make_mesh(["Gob", "jawOpen"])
    store_table(obj, MappingTable((Row("jawOpen", "Gob", 0.5),)))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "t.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "t.blend"))
    obj = bpy.data.objects["Face"]
    bake([obj], density=ALL)
    seen = played(obj)
    np.testing.assert_allclose(seen["Gob"], 0.5 * speech().values[:, INDEX["jawOpen"]], atol=1e-6)
    assert not seen["jawOpen"].any()  # the row that the artist has left out does not come back
    clear_table(obj)
    assert saved_table(obj) is None and PROPERTY not in obj
    assert object_mapping(obj).table.keys == ("jawOpen",)


def test_saved_and_loaded_tables_bake_alike(make_mesh, tmp_path):
    first, second = make_mesh(names("Character Creator 4"), "A"), make_mesh(names("Character Creator 4"), "B")
    store_table(first, guessed_table(first).silence("mouthFunnel"))
    save_table(saved_table(first), tmp_path / "cc.json")
    store_table(second, object_mapping(second, load_table(tmp_path / "cc.json")).table)
    assert require_mapping(first).table == require_mapping(second).table
    assert "mouthFunnel" in require_mapping(second).unmapped


def test_a_table_that_cannot_be_read_is_refused_with_the_object(make_mesh):
    obj = make_mesh(["jawOpen"])
    obj[PROPERTY] = '{"format": "ptalker-mapping 1", "rows": [{"control": "jaw", "key": "x"}]}'
    with pytest.raises(UserError, match=r"'Face'.*jaw"):
        require_mapping(obj)


def test_rows_for_editing_are_the_table(make_mesh):
    obj = make_mesh([*names("Character Creator 4"), *names("VRM 1")])
    table = guessed_table(obj)
    assert table_of(rows_of(table), table) == table
    changed = [*rows_of(table)[1:], TableRow("", "x"), TableRow("jawOpen", ""), TableRow("viseme aa", "aa", 0.5)]
    again = table_of(changed, table)
    assert again.rows == table.rows[1:] and again.visemes[-1].gain == 0.5
    assert problem(TableRow("jawOpen", "Nope"), obj) and problem(TableRow("nope", "Jaw_Open"), obj)
    assert problem(TableRow("jawOpen * mouthFunnel", "Jaw_Open"), obj) == ""


def test_driven_keys_are_left_to_their_drivers_and_named(make_mesh):
    obj = make_mesh(["Jaw_Open", "Mouth_Funnel", "Eye_Blink_L"])
    obj.data.shape_keys.key_blocks["Jaw_Open"].driver_add("value").driver.expression = "0.125"
    take, (mapping,), keys = bake([obj])
    assert mapping.driven == ("Jaw_Open",)
    assert value_path("Jaw_Open") not in [f.data_path for f in compat.fcurves(take.action, obj.data.shape_keys)]
    (warning,) = [line for line in mapping_report([mapping], keys.lost).warnings if "driver" in line]
    assert "Jaw_Open" in warning
    assert keys.lost.lips > 0.3 and keys.lost.controls[0][0] == "jawOpen"
    obj.data.shape_keys.animation_data.drivers[0].mute = True
    assert require_mapping(obj).driven == ()


def refuse(objects, words, motion=None):
    before = state()
    with pytest.raises(UserError, match=words):
        bake(objects, motion, turns=True)
    assert state() == before


def test_nothing_that_would_not_move_is_baked(make_mesh):
    obj = make_mesh(["Smile", "Key 1"])
    refuse([obj], "none of the 2 shape keys of 'Face' is known")
    refuse([make_mesh(None, "Bare")], "no shape keys")

    driven = make_mesh(["jawOpen", "mouthFunnel"], "Driven")
    for block in driven.data.shape_keys.key_blocks[1:]:
        block.driver_add("value").driver.expression = "0"
    refuse([driven], "drivers run all 2")

    tongue = make_mesh(["tongueOut"], "Tongue")
    refuse([tongue], "at rest.*above all jawOpen")

    muted = make_mesh(["jawOpen"], "Muted")
    muted.data.shape_keys.key_blocks["jawOpen"].mute = True
    refuse([muted], "muted or have no shape")

    flat = make_mesh(["jawOpen"], "Flat")
    block = flat.data.shape_keys.key_blocks["jawOpen"]
    block.data.foreach_set("co", np.array([v.co for v in flat.data.vertices], np.float32).ravel())
    refuse([flat], "no shape of their own")

    pinned = make_mesh(["jawOpen"], "Pinned")
    pinned.show_only_shape_key = True
    refuse([pinned], "pinned")

    still = Motion(np.zeros((10, N_CONTROLS), np.float32), 24.0)
    refuse([make_mesh(list(BLENDSHAPES), "Own")], "silent", still)

    frozen = make_mesh(["jawOpen"], "Frozen")
    block = frozen.data.shape_keys.key_blocks["jawOpen"]
    block.slider_min = block.slider_max = 0.0
    refuse([frozen], "at rest")  # Blender leaves such a slider a thousandth


def test_a_linked_character_is_explained_and_its_override_can_speak(make_mesh, tmp_path):
    obj = make_mesh(names("Character Creator 4"))
    own = bpy.data.collections.new("Char")
    bpy.context.scene.collection.children.link(own)
    own.objects.link(obj)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "char.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "char.blend"), link=True) as (_, wanted):
        wanted.collections = ["Char"]
    (linked,) = wanted.collections[0].objects
    refuse([linked], "linked from another file.*library override")
    with pytest.raises(UserError, match="linked"):
        store_table(linked, MappingTable())

    bpy.context.scene.collection.children.link(wanted.collections[0])
    wanted.collections[0].override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
    override = next(one for one in bpy.context.scene.objects if one.override_library)
    refuse([override], "its mesh with the shape keys is still linked")
    override.data.override_create(remap_local_usages=True)
    bake([override])
    assert played(override)["Jaw_Open"].max() == pytest.approx(0.6, abs=0.03)


@pytest.fixture
def character(make_mesh):
    """A face, teeth and a tongue on one armature by modifier, parent and grandparent, and someone else's face."""
    armature = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.scene.collection.objects.link(armature)
    face = make_mesh(names("ARKit, _L and _R"), "Face")
    teeth, tongue = make_mesh(["Jaw_Open", "Shiny"], "Teeth"), make_mesh(["tongue_out", "jawOpen"], "Tongue")
    hat, stranger = make_mesh(["Wide"], "Hat"), make_mesh(["jawOpen"], "Stranger")
    face.modifiers.new("Armature", "ARMATURE").object = armature
    teeth.parent = armature
    tongue.parent = teeth
    hat.parent = armature
    return face, teeth, tongue, hat, stranger


def test_the_meshes_of_a_character_are_found_and_no_others(character):
    face, teeth, tongue, _, stranger = character
    among = bpy.context.scene.objects
    assert companions(face, among) == [teeth, tongue]
    assert companions(teeth, among) == [face, tongue]
    assert companions(stranger, among) == []


def test_children_siblings_and_instances_are_one_character(make_mesh):
    face, brows, lashes = (make_mesh(["jawOpen", "browInnerUp"], name) for name in ("Face", "Brows", "Lashes"))
    brows.parent = face
    inside = bpy.data.collections.new("Inside")
    inside.objects.link(face)
    inside.objects.link(lashes)
    assert companions(face, bpy.data.objects) == [brows]
    instance = bpy.data.objects.new("Instance", None)
    instance.instance_type, instance.instance_collection = "COLLECTION", inside
    assert companions(face, bpy.data.objects) == [brows, lashes]


def empty(name):
    made = bpy.data.objects.new(name, None)
    bpy.context.scene.collection.objects.link(made)
    return made


def test_heads_of_a_cast_under_one_empty_are_not_of_one_character(make_mesh):
    stage = empty("Stage")
    keys = ["jawOpen", "browInnerUp"]
    anna, ben, teeth, brows = (make_mesh(keys, name) for name in ("Anna", "Ben", "Teeth", "Brows"))
    twin = bpy.data.objects.new("Twin of Ben", ben.data)
    bpy.context.scene.collection.objects.link(twin)
    anna.parent = ben.parent = teeth.parent = twin.parent = stage
    brows.parent = ben
    among = bpy.context.scene.objects
    assert ben in companions(anna, among)  # what the cast has to sort out
    cast = cast_of([anna, ben], among)
    assert cast.parts == {anna: (), ben: (brows,)}
    assert cast.unclear == (teeth,)
    assert cast_of([anna], among).parts == {anna: tuple(companions(anna, among))}


def test_parts_go_to_the_head_they_have_most_in_common_with(make_mesh):
    """Two rigs instanced as one collection: the armature tells whose teeth they are, in whatever order heads come."""
    together, heads, teeth = bpy.data.collections.new("Both"), [], []
    for name in ("Anna", "Ben"):
        rig = bpy.data.objects.new(f"{name} Rig", bpy.data.armatures.new(name))
        for kind, found in (("", heads), (" Teeth", teeth)):
            mesh = make_mesh(["jawOpen"], name + kind)
            mesh.parent = rig
            together.objects.link(mesh)
            found.append(mesh)
    instance = empty("Instance")
    instance.instance_type, instance.instance_collection = "COLLECTION", together
    for order in (heads, heads[::-1]):
        cast = cast_of(order, bpy.data.objects)
        assert cast.parts == {head: (own,) for head, own in zip(heads, teeth, strict=True)}
        assert cast.unclear == ()


def test_one_take_moves_every_mesh(character):
    face, teeth, tongue, *_ = character
    take, _, keys = bake([face, teeth, tongue], turns=True)
    slots = hasattr(take.action, "slots")
    assert len(take.actions) == (1 if slots else 3)
    if slots:
        assert [slot.target_id_type for slot in take.action.slots] == ["KEY"] * 3
    jaw = played(face)["jawOpen"]
    assert jaw.max() == pytest.approx(0.6, abs=0.03)
    np.testing.assert_allclose(played(teeth)["Jaw_Open"], jaw, atol=1e-6)
    np.testing.assert_allclose(played(tongue)["jawOpen"], jaw, atol=1e-6)
    for obj in (face, teeth, tongue):
        assert read_provenance(obj.data.shape_keys.animation_data.action)["lost"]["face"] < 1e-6
    assert keys.lost.face < 1e-6
    assert take.head_action is None and "armature" in take.notes[0]


def test_a_head_does_not_turn_away_from_its_teeth(make_mesh):
    face, teeth = make_mesh(["jawOpen"], "Face"), make_mesh(["jawOpen"], "Teeth")
    both = bpy.data.objects.new("Both", None)
    bpy.context.scene.collection.objects.link(both)
    face.parent = teeth.parent = both
    take, *_ = bake([face, teeth], turns=True)
    assert take.head_action is None and "'Teeth' would stay behind" in take.notes[0]
    teeth.parent = face
    take, *_ = bake([face, teeth], turns=True)
    assert take.head_action is not None and not take.notes


def test_a_key_that_the_next_take_leaves_out_does_not_stay_open(make_mesh):
    """Without a curve Blender would keep the value that the earlier take gave it last."""
    obj = make_mesh(["jawOpen", "mouthFunnel", "Mine"])
    obj.data.shape_keys.key_blocks["Mine"].value = 0.25
    bake([obj])
    bpy.context.scene.frame_set(7)
    assert obj.data.shape_keys.key_blocks["jawOpen"].value > 0.3
    store_table(obj, MappingTable((Row("mouthFunnel", "mouthFunnel"),)))
    bake([obj])
    seen = played(obj)
    assert not seen["jawOpen"].any() and (seen["Mine"] == 0.25).all()


def test_objects_that_share_their_keys_are_written_once(make_mesh):
    face = make_mesh(["jawOpen"], "Face")
    twin = bpy.data.objects.new("Twin", face.data)
    bpy.context.scene.collection.objects.link(twin)
    twin.parent = face
    assert companions(face, bpy.data.objects) == []
    take, *_ = bake([face, twin])
    assert len(compat.fcurves(take.action, face.data.shape_keys)) == 1
