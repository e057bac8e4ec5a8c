"""The part of ``check_extension`` about the pre-flight and the recording; runs in the same process.

Each finding is made to appear, its button is pressed, and it must be gone; each button is one undo step.
"""

from __future__ import annotations

import importlib
import wave
from pathlib import Path

from check_mapping import add_mesh, require

FACE = ("jawOpen", "mouthFunnel", "eyeBlinkLeft")


def findings(module: str) -> list[object]:
    """Head and audio findings, as the panels ask for them."""
    import bpy

    source = importlib.import_module(f"{module}.operators.preflight")
    return [*source.head_findings(bpy.context), *source.audio_findings(bpy.context)]


def press(finding: object) -> None:
    """Press the button of a finding."""
    import bpy

    operator = getattr(bpy.ops.ptalker, finding.fix.removeprefix("ptalker."))
    require(operator.poll(), f"the button of {finding.text!r} is off")
    require(operator(**dict(finding.properties)) == {"FINISHED"}, f"the button of {finding.text!r} did nothing")


def mended(module: str, words: str) -> None:
    """A finding with these words is there, and its button makes it go."""
    found = [one for one in findings(module) if words in one.text]
    require(len(found) == 1, f"{words!r} is told {len(found)} times; told was {[f.text for f in findings(module)]}")
    press(found[0])
    left = [one.text for one in findings(module) if words in one.text]
    require(not left, f"after its button there is still {left}")


def check_undo(module: str) -> None:
    """A button is one undo step."""
    import bpy

    if not bpy.ops.ed.undo_push.poll():
        print("  undo left out: this bpy has none")
        return

    def muted() -> bool:
        return bool(bpy.data.objects["Preflight"].data.shape_keys.key_blocks["jawOpen"].mute)

    bpy.data.objects["Preflight"].data.shape_keys.key_blocks["jawOpen"].mute = True
    bpy.ops.ed.undo_push(message="before")
    require(bpy.ops.ptalker.unmute_keys("EXEC_DEFAULT", True) == {"FINISHED"} and not muted(), "not unmuted")
    bpy.ops.ed.undo()
    require(muted(), "undo left the keys unmuted")
    require(any("muted" in one.text for one in findings(module)), "after undo it is not told")
    bpy.ops.ed.redo()
    require(not muted(), "redo left the keys muted")


def check_preflight(module: str, folder: Path) -> None:
    """Everything the pre-flight finds on a head, and what its buttons do."""
    import bpy

    settings, scene = bpy.context.scene.ptalker, bpy.context.scene
    kept = settings.head.name if settings.head is not None else ""
    settings.head = None
    face = add_mesh("Preflight", FACE)
    bpy.context.view_layer.objects.active = face
    bpy.context.view_layer.update()
    mended(module, "No head is chosen")
    require(settings.head == face, "the active mesh was not chosen")
    keys = face.data.shape_keys
    keys.key_blocks["jawOpen"].mute = True
    mended(module, "muted")
    face.show_only_shape_key = True
    mended(module, "only one shape key")
    keys.use_relative = False
    mended(module, "absolute")
    check_undo(module)
    settings, scene = bpy.context.scene.ptalker, bpy.context.scene  # undo makes everything anew
    face = bpy.data.objects["Preflight"]
    check_actions(module, face)
    check_sound(module, folder)
    check_panels(module)
    settings.head = bpy.data.objects.get(kept)
    bpy.data.objects.remove(face)
    scene.sync_mode = "NONE"
    require(bpy.ops.ptalker.play_in_sync() == {"FINISHED"}, "Play in Sync did not finish")
    require(scene.sync_mode == "AUDIO_SYNC" and scene.use_audio_scrub, "sound and playback are not in sync")
    print("  pre-flight: each finding was mended by its button")


def check_actions(module: str, face: object) -> None:
    """The artist's own Action is told of, and pushed down; a slot that is not assigned is."""
    import bpy

    keys = face.data.shape_keys
    keys.key_blocks["jawOpen"].keyframe_insert("value", frame=1)
    action = keys.animation_data.action
    if hasattr(action, "slots"):
        keys.animation_data.action_slot = None
        mended(module, "without a slot")
        require(keys.animation_data.action_slot is not None, "no slot was assigned")
    mended(module, "stays in the file")
    require(keys.animation_data.action is None, "the Action is still assigned")
    (track,) = keys.animation_data.nla_tracks
    require(track.strips[0].action == action, "the NLA track plays something else")
    keys.animation_data_clear()
    bpy.data.actions.remove(action)


def check_sound(module: str, folder: Path) -> None:
    """A sound is added, muted and lost again."""
    import bpy

    path, other = folder / "preflight.wav", folder / "found.wav"
    for one in (path, other):
        with wave.open(str(one), "wb") as file:
            file.setparams((1, 2, 16_000, 16_000, "NONE", ""))
            file.writeframes(bytes(32_000))
    settings, scene = bpy.context.scene.ptalker, bpy.context.scene
    settings.audio_source, settings.audio_file = "FILE", ""
    require(any("No sound file" in f.text for f in findings(module)), "a missing choice is not told")
    settings.audio_file = str(folder / "nowhere.wav")
    require(any("nowhere.wav" in f.text for f in findings(module)), "a missing file is not told")
    require(bpy.ops.ptalker.add_sound(filepath=str(path), head="Preflight") == {"FINISHED"}, "the sound was not added")
    require(settings.audio_file == str(path), "the file was not chosen")
    if settings.audio_source == "FILE":
        print("  strips left out: this bpy has no sound")
        return
    editor = scene.sequence_editor
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strip = strips[settings.strip]
    other_kind(module, strips, strip)
    require(strip.frame_start == scene.frame_start, f"the strip starts at {strip.frame_start}")
    strip.mute = True
    mended(module, "is muted")
    strip.volume = 0.0
    mended(module, "volume 0")
    strip.ptalker_text = "some words"
    dialogue = importlib.import_module(f"{module}.operators.audio").dialogue
    settings.text = "other words"
    require(dialogue(bpy.context) == "some words", "the strip's own words do not count")
    strip.ptalker_text = ""
    require(dialogue(bpy.context) == "other words", "the scene's words do not count")
    lacking = importlib.import_module(f"{module}.operators.audio").dialogue_findings
    preferences = bpy.context.preferences.addons[module].preferences
    kept, preferences.python = preferences.python, "/nowhere/python"
    require("/nowhere/python" in lacking(bpy.context)[0].text, "a dialogue without a runtime is not told")
    settings.text = ""
    require(not lacking(bpy.context), "a dialogue is missed that is not there")
    runtime = importlib.import_module(f"{module}.operators.preflight").runtime_findings
    require("cannot be started" in runtime(bpy.context)[0].text, "a missing runtime is not told")
    preferences.python = kept
    path.unlink()
    lost = [f for f in findings(module) if "is missing" in f.text]
    require(len(lost) == 1 and lost[0].fix == "ptalker.relink_sound", f"the lost file is told as {lost}")
    require(bpy.ops.ptalker.relink_sound(filepath=str(other)) == {"FINISHED"}, "the sound was not relinked")
    require(not [f for f in findings(module) if "is missing" in f.text], "the lost file is still told")
    settings.strip = ""
    scene.sequence_editor.active_strip = strip
    require(bpy.ops.ptalker.use_active_strip() == {"FINISHED"} and settings.strip == strip.name, "not the active strip")
    strips.remove(strip)
    settings.strip = ""


def other_kind(module: str, strips: object, sound: object) -> None:
    """A strip that is no sound may be named; it has no dialogue and no character, and a button chooses another."""
    import bpy

    settings, audio = bpy.context.scene.ptalker, importlib.import_module(f"{module}.operators.audio")
    # Blender 5.0 says how long an effect is, those before where it ends.
    ends = "length" if "length" in strips.bl_rna.functions["new_effect"].parameters else "frame_end"
    slug = strips.new_effect(name="Slug", type="COLOR", channel=40, frame_start=1, **{ends: 40})
    settings.strip = slug.name
    require(audio.chosen_strip(bpy.context) is None, "a colour is what is said")
    require(audio.dialogue(bpy.context) == settings.text, "a colour has a dialogue")
    bpy.context.scene.sequence_editor.active_strip = sound
    mended(module, "'Slug' has no sound")
    require(settings.strip == sound.name and audio.chosen_strip(bpy.context) == sound, "no sound was chosen instead")
    strips.remove(slug)


def check_panels(module: str) -> None:
    """Every panel of ours in the 3D view that belongs to a bake is in the sequencer too, with its parent."""
    import bpy

    for name in ("main", "head", "audio"):
        there = getattr(bpy.types, f"PTALKER_PT_{name}_sequencer")
        require(there.bl_space_type == "SEQUENCE_EDITOR", f"{name} is in {there.bl_space_type}")
        parent = getattr(there, "bl_parent_id", "")
        require(not parent or getattr(bpy.types, parent).bl_space_type == "SEQUENCE_EDITOR", f"{name} is in no tab")
    handler = getattr(bpy.types, "PTALKER_FH_sound")  # noqa: B009 - Blender's types are not known to linters
    require(handler.bl_import_operator == "ptalker.add_sound", "a dropped sound goes nowhere")
