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
    strips = getattr(editor, "strips", None) or editor.sequences
    meta = strips.new_meta("Scene 4", 20, 1300) if hasattr(strips, "new_meta") else None
    inner = getattr(meta, "strips", None) or getattr(meta, "sequences", None) if meta is not None else None
    try:
        strip = (inner or strips).new_sound("Act One", str(audio), 1, 1300)
    except (RuntimeError, AttributeError) as error:
        print(f"  strip in a meta left out: {error}")
        if meta is not None:
            strips.remove(meta)
        return
    strip.ptalker_text = "words of this strip alone"
    settings.audio_source, settings.strip, settings.text = "STRIP", strip.name, "other words"
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "the bake of a strip in a meta did not finish")
    action = settings.head.data.shape_keys.animation_data.action
    source = json.loads(action["ptalker"])
    require(source["text"] == "words of this strip alone", f"it says {source['text']!r}")
    require(action.name.startswith("Act One"), f"the take is called {action.name!r}")
    require(source["start_frame"] == 1300.0 and source["speed"] == 1.0, f"odd provenance {source}")
    strips.remove(meta)
    settings.audio_source, settings.strip, settings.text = "FILE", "", ""
    print("  strip in a meta: baked with its own words")
