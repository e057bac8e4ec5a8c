# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""The pre-flight: each thing in the way is told once and its fix takes it away; a scene that is ready is told none."""

from __future__ import annotations

import wave
from dataclasses import replace

import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.errors import UserError
from ptalker_blender.rig.guide import GUIDE
from ptalker_blender.scene import fixes
from ptalker_blender.scene.actions import write_take
from ptalker_blender.scene.compat.slots import has_slots
from ptalker_blender.scene.guide import MARK
from ptalker_blender.scene.preflight import (
    ERROR,
    INFO,
    WARNING,
    Inputs,
    audio_findings,
    head_findings,
    preflight,
    runtime_findings,
)
from ptalker_blender.scene.strips import add_sound_strip

pytestmark = pytest.mark.bpy
with_sound = pytest.mark.skipif(bpy.app.version < (4, 3), reason="the 4.2 wheel is built without Audaspace")
KEYS = ("jawOpen", "mouthFunnel", "eyeBlinkLeft")


@pytest.fixture
def line(tmp_path):
    path = tmp_path / "line.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 16_000, "NONE", ""))
        file.writeframes(bytes(32_000))
    return path


@pytest.fixture
def ready(make_mesh, line):
    """Inputs with nothing in the way."""
    return Inputs(bpy.context.scene, make_mesh(KEYS), bpy.context.scene, "FILE", audio_file=str(line))


def only(findings):
    (one,) = findings
    return one


def test_nothing_in_the_way(ready):
    assert preflight(ready) == ()


def test_no_head(ready, make_mesh):
    none = only(head_findings(replace(ready, head=None)))
    assert (none.kind, none.fix) == (ERROR, "ptalker.add_head")
    active = make_mesh(KEYS, "Hero")
    offered = only(head_findings(replace(ready, head=None, active=active)))
    assert (offered.fix, offered.properties, offered.button) == (
        "ptalker.choose_head",
        (("name", "Hero"),),
        "Use 'Hero'",
    )


def test_head_of_another_scene(ready):
    bpy.context.scene.collection.objects.unlink(ready.head)
    assert "not in this scene" in only(head_findings(ready)).text


def test_head_without_keys(ready, make_mesh):
    found = only(head_findings(replace(ready, head=make_mesh(()))))
    assert (found.kind, found.fix) == (ERROR, "ptalker.mark_face") and "no shape keys" in found.text


def test_head_that_is_no_mesh(ready):
    empty = bpy.data.objects.new("Empty", None)
    bpy.context.scene.collection.objects.link(empty)
    assert "no mesh" in only(head_findings(replace(ready, head=empty))).text


@pytest.mark.parametrize(("count", "kind"), [(1, WARNING), (3, ERROR)])
def test_muted_keys(ready, count, kind):
    blocks = ready.head.data.shape_keys.key_blocks
    for name in KEYS[:count]:
        blocks[name].mute = True
    found = only(head_findings(ready))
    assert found.kind == kind and found.fix == "ptalker.unmute_keys"
    assert found.text.startswith(f"{count} key{'s' if count > 1 else ''} of 'Face'") and "jawOpen" in found.text
    assert "Turned on" in fixes.unmute_keys(ready.head)
    assert head_findings(ready) == ()


def test_muted_keys_of_the_artist_stay_muted(ready, make_mesh):
    obj = make_mesh((*KEYS, "Wrinkle"), "Hero")
    obj.data.shape_keys.key_blocks["Wrinkle"].mute = True
    assert head_findings(replace(ready, head=obj)) == ()
    obj.data.shape_keys.key_blocks["jawOpen"].mute = True
    fixes.unmute_keys(obj)
    assert [block.name for block in obj.data.shape_keys.key_blocks if block.mute] == ["Wrinkle"]


def drive(obj, names):
    for name in names:
        obj.data.shape_keys.key_blocks[name].driver_add("value").driver.expression = "0.0"


def test_driven_keys(ready):
    drive(ready.head, KEYS[:1])
    some = only(head_findings(ready))
    assert (some.kind, some.fix) == (INFO, "") and "Drivers run 1 key of 'Face', not a take: jawOpen" in some.text
    drive(ready.head, KEYS[1:])
    every = only(head_findings(ready))
    assert (every.kind, every.fix) == (ERROR, "") and "Drivers run all 3" in every.text


def test_unknown_keys(ready, make_mesh):
    assert "None of the shape keys" in only(head_findings(replace(ready, head=make_mesh(("Gob", "Nose"), "Odd")))).text


def test_pinned_absolute_and_tweaked(ready):
    head = ready.head
    head.show_only_shape_key = True
    assert only(head_findings(ready)).fix == "ptalker.show_all_keys"
    fixes.show_all_keys(head)
    head.data.shape_keys.use_relative = False
    assert only(head_findings(ready)).fix == "ptalker.relative_keys"
    fixes.make_keys_relative(head)
    assert head_findings(ready) == ()
    animate(head)
    fixes.push_down_action(head)
    animation = head.data.shape_keys.animation_data
    animation.nla_tracks[0].strips[0].select = True
    animation.nla_tracks.active = animation.nla_tracks[0]
    animation.use_tweak_mode = True
    assert animation.use_tweak_mode
    assert only(head_findings(ready)).fix == "ptalker.leave_tweak_mode"
    with pytest.raises(UserError, match="tweak mode"):
        fixes.push_down_action(head)
    fixes.leave_tweak_mode(head)
    assert head_findings(ready) == ()


def animate(obj, values=((1, 0.0), (10.5, 0.75), (30, 0.25))):
    """An Action of the artist's on jawOpen."""
    block = obj.data.shape_keys.key_blocks["jawOpen"]
    for frame, value in values:
        block.value = value
        block.keyframe_insert("value", frame=frame)
    return obj.data.shape_keys.animation_data.action


def values_of(obj, frames=(1, 5, 10.5, 20, 30, 50)):
    found = []
    for frame in frames:
        bpy.context.scene.frame_set(int(frame), subframe=frame % 1)
        found.append(obj.data.shape_keys.evaluated_get(bpy.context.evaluated_depsgraph_get())
                     .key_blocks["jawOpen"].value)  # fmt: skip
    return found


def test_action_of_the_artist_is_told_and_pushed_down(ready):
    head = ready.head
    action = animate(head, ((2.5, 0.0), (10.5, 0.75), (30, 0.25)))
    told = only(head_findings(ready))
    assert (told.kind, told.fix) == (INFO, "ptalker.push_down_action") and action.name in told.text
    before = values_of(head)
    assert action.name in fixes.push_down_action(head)
    animation = head.data.shape_keys.animation_data
    assert animation.action is None and animation.nla_tracks[0].strips[0].action == action
    assert values_of(head) == pytest.approx(before, abs=1e-6)  # it plays as before, to the fraction of a frame
    assert head_findings(ready) == ()
    with pytest.raises(UserError, match="no Action"):
        fixes.push_down_action(head)


def test_our_own_take_is_not_in_the_way(ready, make_curve):
    write_take(ready.head, [make_curve("jawOpen", [0, 10], [0.0, 0.8])], 1.0, "Line", {})
    assert head_findings(ready) == ()


@pytest.mark.skipif(bpy.app.version < (4, 4), reason="this Blender's Actions have no slots")
def test_slot_mismatch(ready, make_mesh):
    head, other = ready.head, make_mesh(KEYS, "Other")
    action = animate(head)
    assert has_slots(action)
    keys = head.data.shape_keys
    keys.animation_data.action_slot = None
    told = [one for one in head_findings(ready) if one.fix == "ptalker.assign_slot"]
    assert only(told).kind == WARNING and "without a slot" in told[0].text
    fixes.assign_slot(head)
    assert keys.animation_data.action_slot == action.slots[0]
    foreign = action.slots.new("KEY", other.data.shape_keys.name)
    keys.animation_data.action_slot = foreign
    told = [one for one in head_findings(ready) if one.fix == "ptalker.assign_slot"]
    assert "plays the slot" in only(told).text
    fixes.assign_slot(head)
    assert keys.animation_data.action_slot == action.slots[0]
    assert not [one for one in head_findings(ready) if one.fix == "ptalker.assign_slot"]
    action.slots.remove(action.slots[0])
    action.slots.new("KEY", "Third")
    with pytest.raises(UserError, match="has no slot for the keys"):
        fixes.assign_slot(head)


def test_parts_are_looked_at_too(ready, make_mesh):
    teeth = make_mesh(("jawOpen",), "Teeth")
    teeth.data.shape_keys.key_blocks["jawOpen"].mute = True
    assert only(head_findings(replace(ready, parts=(teeth,)))).properties == (("name", "Teeth"),)


def test_fixes_refuse_what_has_no_keys(make_mesh):
    for fix in (fixes.unmute_keys, fixes.assign_slot, fixes.show_all_keys):
        with pytest.raises(UserError, match="no shape keys"):
            fix(make_mesh(()))


def test_files(ready, tmp_path):
    assert "No sound file" in only(audio_findings(replace(ready, audio_file=""))).text
    missing = only(audio_findings(replace(ready, audio_file=str(tmp_path / "gone.wav"))))
    assert missing.kind == ERROR and "gone.wav" in missing.text


def test_no_strip_yet(ready):
    assert only(audio_findings(replace(ready, source="STRIP"))).fix == "ptalker.add_sound"


@with_sound
def test_strips(ready, line):
    scene, of_strips = ready.scene, replace(ready, source="STRIP")
    strip = add_sound_strip(scene, line, 1)
    assert audio_findings(of_strips) == ()
    assert only(audio_findings(replace(of_strips, strip="gone"))).fix == "ptalker.use_active_strip"
    strip.mute = True
    muted = only(audio_findings(of_strips))
    assert (muted.kind, muted.fix, muted.properties) == (
        WARNING,
        "ptalker.unmute_strip",
        (("strip", strip.name),),
    )
    fixes.unmute_strip(strip)
    add_sound_strip(scene, line, 100)
    scene.sequence_editor.active_strip = None
    for one in scene.sequence_editor.strips:
        one.select = False
    assert "2 sound strips" in only(audio_findings(of_strips)).text


@with_sound
def test_lost_sound(ready, line, tmp_path):
    of_strips = replace(ready, source="STRIP")
    strip = add_sound_strip(ready.scene, line, 1)
    moved = line.rename(tmp_path / "moved.wav")
    lost = only(audio_findings(of_strips))
    assert (lost.kind, lost.fix) == (ERROR, "ptalker.relink_sound") and "line.wav is missing" in lost.text
    with pytest.raises(UserError, match="no sound file"):
        fixes.relink_sound(strip, line)
    fixes.relink_sound(strip, moved)
    assert audio_findings(of_strips) == ()


@with_sound
def test_rates_of_two_scenes(ready, line):
    editing = bpy.data.scenes.new("Edit")
    editing.render.fps, editing.render.fps_base = 24, 1.001
    ready.scene.render.fps = 30
    add_sound_strip(editing, line, 1)
    apart = replace(ready, source="STRIP", sequencer=editing)
    told = only(audio_findings(apart))
    assert told.fix == "ptalker.match_rate" and "23.976 fps, this scene at 30" in told.text
    fixes.match_rate(ready.scene, editing)
    assert audio_findings(apart) == ()


def test_runtime(tmp_path):
    weights = tmp_path / "ptalker.safetensors"
    assert [one.text for one in runtime_findings("", None)] == ["The folder of the weights is missing"]
    assert "ptalker.safetensors is missing" in only(runtime_findings("", weights)).text
    weights.write_bytes(b"x")
    assert runtime_findings("", weights) == ()
    lacking = only(runtime_findings("The Python p has no torch", weights))
    assert (lacking.kind, lacking.fix, lacking.beside) == (ERROR, "ptalker.find_runtime", "ptalker.open_preferences")


def test_looking_changes_nothing(ready, line):
    """Panels ask at every redraw: neither the file nor its undo history may notice."""
    animate(ready.head)
    before = {name: len(getattr(bpy.data, name)) for name in ("actions", "objects", "sounds", "scenes")}
    action, without = ready.head.data.shape_keys.animation_data.action, ready.scene.sequence_editor is None
    for source in ("FILE", "STRIP"):
        assert preflight(replace(ready, source=source))
    assert {name: len(getattr(bpy.data, name)) for name in before} == before
    assert ready.head.data.shape_keys.animation_data.action == action
    assert (ready.scene.sequence_editor is None) is without


@with_sound
def test_an_animated_volume_is_told(ready, line):
    scene = bpy.context.scene
    strip = add_sound_strip(scene, line, 1)
    inputs = replace(ready, source="STRIP")
    assert audio_findings(inputs) == ()
    strip.keyframe_insert("volume", frame=1)
    told = only(audio_findings(inputs))
    assert (told.kind, told.fix) == (INFO, "") and "animated" in told.text and strip.name in told.text
    strip.keyframe_delete("volume", frame=1)
    assert audio_findings(inputs) == ()
    strip.driver_add("volume").driver.expression = "0.5"
    assert only(audio_findings(inputs)).kind == INFO


@with_sound
def test_a_driven_or_animated_other_strip_is_no_matter(ready, line):
    scene = bpy.context.scene
    strip, other = add_sound_strip(scene, line, 1), add_sound_strip(scene, line, 100)
    other.keyframe_insert("volume", frame=1)
    assert audio_findings(replace(ready, source="STRIP", strip=strip.name)) == ()


@with_sound
def test_a_scene_strip_is_told_where_its_sound_is(ready, line):
    scene, other = bpy.context.scene, bpy.data.scenes.new("Dialogue")
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strip = strips.new_scene("Take 5", other, 3, 1)
    inputs = replace(ready, source="STRIP")
    assert only(audio_findings(inputs)).text == "There is no sound strip yet"  # the other scene is silent too
    add_sound_strip(other, line, 1)
    told = only(audio_findings(inputs))
    assert (told.kind, told.fix) == (ERROR, "ptalker.add_sound")
    assert "'Take 5'" in told.text and "'Dialogue'" in told.text
    add_sound_strip(scene, line, 1)
    chosen = only(audio_findings(replace(inputs, strip=strip.name)))
    assert chosen.kind == ERROR and "'Dialogue'" in chosen.text and chosen.fix == "ptalker.use_active_strip"


def test_a_jaw_without_a_key_is_told_once_for_all_meshes(make_mesh, ready) -> None:
    face = make_mesh(("mouthFunnel", "eyeBlinkLeft"), "face")
    finding = only(head_findings(replace(ready, head=face)))
    assert finding.kind == WARNING and "No key of 'face' opens the jaw" in finding.text
    jaw = make_mesh(("jawOpen",), "teeth")
    assert not head_findings(replace(ready, head=face, parts=(jaw,)))


def test_a_marked_face_leads_on_to_its_keys(make_mesh, ready) -> None:
    bare = make_mesh((), "bare")
    assert only(head_findings(replace(ready, head=bare))).fix == "ptalker.mark_face"
    for name in GUIDE:
        mark = bpy.data.objects.new(name, None)
        mark[MARK], mark.parent = name, bare
        bpy.context.scene.collection.objects.link(mark)
    assert only(head_findings(replace(ready, head=bare))).fix == "ptalker.build_marked_keys"
    bpy.data.objects.remove(mark)
    finding = only(head_findings(replace(ready, head=bare)))
    assert finding.fix == "ptalker.mark_face" and f"1 of {len(GUIDE)} points" in finding.text
