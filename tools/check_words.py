"""The part of ``check_extension`` about dialogue and strips that need the worker; runs in the same process."""

from __future__ import annotations

import json
from pathlib import Path

from check_mapping import require

SAID = {"line": "Maybe you moved the blue boat, and found five more in the bay."}  # of the bundled line, by its name


def check_words(audio: Path) -> None:
    """Words become markers and go again; other words are refused in one line and leave no marker."""
    import bpy

    settings, scene = bpy.context.scene.ptalker, bpy.context.scene
    settings.audio_source, settings.audio_file = "FILE", str(audio)
    settings.text = ""
    require(not bpy.ops.ptalker.mark_words.poll(), "words can be marked without any")
    settings.text = "zebras jump over purple mountains while nobody believes them"
    try:
        bpy.ops.ptalker.mark_words()
    except RuntimeError as error:
        require("ignored" in str(error), f"unhelpful: {error}")
    else:
        raise RuntimeError("words that are not said were marked")
    require(not scene.timeline_markers and not bpy.ops.ptalker.clear_words.poll(), "a refusal left markers")
    settings.text = SAID.get(audio.stem, "")
    if settings.text:
        require(bpy.ops.ptalker.mark_words(phones=True) == {"FINISHED"}, "no words were marked")
        names = [marker.name for marker in sorted(scene.timeline_markers, key=lambda one: one.frame)]
        words = [name for name in names if not name.startswith("/")]
        require(words[:3] == ["maybe", "you", "moved"] and len(words) == 13, f"marked {words}")
        require(names.count("/b/") == 4, f"marked {names}")
        first = min(marker.frame for marker in scene.timeline_markers)
        require(scene.frame_start < first < scene.frame_start + 12, f"the first word is at {first}")
        require(bpy.ops.ptalker.clear_words() == {"FINISHED"} and not scene.timeline_markers, "not cleared")
    settings.text = ""
    print("  words: marked, cleared, refused")


def check_strips(audio: Path) -> None:
    """A strip inside a meta strip: the take lies where it is heard, says the strip's own words, and has its name."""
    import bpy

    settings, scene = bpy.context.scene.ptalker, bpy.context.scene
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    meta = strips.new_meta("Scene 4", 20, 1300)
    inner = meta.strips if hasattr(meta, "strips") else meta.sequences
    try:
        strip = inner.new_sound("Act One", str(audio), 1, 1300)
    except RuntimeError as error:  # the 4.2 wheel has no sound
        print(f"  strip in a meta left out: {' '.join(str(error).split())}")
        strips.remove(meta)
        return
    # A meta made by a script is one frame long; what it cuts away is not heard.
    setattr(meta, "right_handle" if hasattr(meta, "right_handle") else "frame_final_end", 1350)
    meta_of_strip = strip.parent_meta()
    require(meta_of_strip == meta, f"the strip is in {meta_of_strip}")
    strip.ptalker_text = "words of this strip alone"
    settings.audio_source, settings.strip, settings.text = "STRIP", strip.name, "other words"
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "the bake of a strip in a meta did not finish")
    action = settings.head.data.shape_keys.animation_data.action
    source = json.loads(action["ptalker"])
    require(source["text"] == "words of this strip alone", f"it says {source['text']!r}")
    require(action.name.startswith("Act One"), f"the take is called {action.name!r}")
    require(source["start_frame"] == 1300.0 and source["speed"] == 1.0, f"odd provenance {source}")
    if strip.frame_final_duration >= 50:  # else the meta cuts nothing away
        seconds = 50 * scene.render.fps_base / scene.render.fps
        require(abs(source["audio_end"] - seconds) < 1e-3, f"it ends after {source['audio_end']} s, not {seconds}")
        require(abs(action.frame_range[1] - 1349) <= 1, f"the take ends at {action.frame_range[1]}")
    rebake_packed(strip)
    strips.remove(meta)
    settings.audio_source, settings.strip, settings.text = "FILE", "", ""
    print("  strip in a meta: baked with its own words; packed, it is baked again without its temporary file")


def rebake_packed(strip: object) -> None:
    """A packed sound is read through a file that Blender removes as it ends; the take is baked again all the same."""
    import bpy

    keys = bpy.context.scene.ptalker.head.data.shape_keys.animation_data
    strip.ptalker_text = ""
    strip.sound.pack()
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "a packed sound was not baked")
    first = json.loads(keys.action["ptalker"])
    require(first["sound"] == strip.sound.name and first["audio_source"] != first["audio_path"], f"it has {first}")
    Path(first["audio_path"]).unlink()
    require(bpy.ops.ptalker.rebake(take=keys.action.name) == {"FINISHED"}, "no re-bake without the temporary file")
    second = json.loads(keys.action["ptalker"])
    require(second["audio_sha256"] == first["audio_sha256"], "another sound was baked")
    require(all(second[name] == first[name] for name in ("sound", "audio_source")), "its origin was lost")


def check_retimed(audio: Path) -> None:
    """A strip played at another speed: the take is as long as the strip, and says at what speed it was heard."""
    import bpy

    if bpy.app.version < (4, 4):
        print("  retimed strip left out: this bpy has no sound, or hides retiming")
        return
    settings, scene = bpy.context.scene.ptalker, bpy.context.scene
    strips = (scene.sequence_editor or scene.sequence_editor_create()).strips
    strip = strips.new_sound("Hurried", str(audio), 1, 1500)
    settings.audio_source, settings.strip = "STRIP", strip.name
    whole = take_frames(settings)
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    kept, area.type = area.type, "SEQUENCE_EDITOR"
    if hasattr(window.workspace, "sequencer_scene"):
        window.workspace.sequencer_scene = scene
    region = next(one for one in area.regions if one.type == "WINDOW")
    strip.select, scene.sequence_editor.active_strip = True, strip
    with bpy.context.temp_override(window=window, area=area, region=region):
        require(bpy.ops.sequencer.retiming_segment_speed_set(speed=125.0) == {"FINISHED"}, "the strip was not retimed")
    area.type = kept
    hurried = take_frames(settings)
    source = json.loads(settings.head.data.shape_keys.animation_data.action["ptalker"])
    # Blender keeps whole frames, which is a larger part of a short sound.
    require(abs(source["speed"] - 1.25) < max(0.02, 1.5 / whole), f"it was heard at {source['speed']}")
    require(source["keep_pitch"] is getattr(strip, "pitch_correction", False), "the pitch goes another way")
    require(abs(hurried - whole / source["speed"]) <= 1.5, f"{hurried} frames of {whole} at {source['speed']}")
    strips.remove(strip)
    settings.audio_source, settings.strip = "FILE", ""
    print(f"  retimed strip: {whole} frames became {hurried}")


def take_frames(settings: object) -> int:
    """Bake, and count the frames of the take."""
    import bpy

    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "the bake of a strip did not finish")
    first, last = settings.head.data.shape_keys.animation_data.action.frame_range
    return int(last - first) + 1
