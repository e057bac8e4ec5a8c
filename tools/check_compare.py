"""The part of ``check_extension`` about takes of two heads at once: nothing that is done on one reaches the other."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

from check_takes import playing, refused, require


def check_compare(module: str, vowel: Path) -> None:
    """Two heads with a line each; they are gone again at the end."""
    import bpy

    a_range_is_of_one_line(module)
    with two_heads(vowel) as heads:
        if heads is None:
            print("  takes of two heads left out: this bpy has no sound")
            return
        cara, dan = heads
        compare_its_own(cara, dan)
        play_on_another(cara, dan)
        add_to_one(module, cara, dan)
        another_rate(module, cara)
        delete_under_a_pin(cara)
        other_actions_in_the_list(module, cara)
    require("Cara" not in bpy.data.objects, "a head of the check is left")


@contextmanager
def two_heads(vowel: Path) -> Iterator[tuple[Any, Any] | None]:
    """Cara, who is chosen, and Dan, in the cast, with a strip each; None where Blender has no sound."""
    import bpy

    scene, settings = bpy.context.scene, bpy.context.scene.ptalker
    kept = settings.head
    if scene.sequence_editor is None:
        scene.sequence_editor_create()
    strips = sound_strips(scene)
    try:
        made = [strips.new_sound(f"{name}_1", str(vowel), 21, at) for name, at in (("CARA", 100), ("DAN", 200))]
    except RuntimeError:  # the 4.2 wheel
        yield None
        return
    heads = []
    for name in ("Cara", "Dan"):
        require(bpy.ops.ptalker.add_head() == {"FINISHED"}, "no head")
        settings.head.name = name
        heads.append(settings.head)
        row = scene.ptalker_lines.cast.add()
        row.name, row.head = name, settings.head
    scene.ptalker_lines.choice, scene.ptalker_lines.channel = "CHANNEL", 21
    settings.head = heads[0]
    yield heads[0], heads[1]
    scene.ptalker_lines.cast.clear()
    scene.ptalker_lines.choice, settings.head = "ALL", kept
    for strip in made:
        strips.remove(strip)
    for head in heads:
        bpy.data.objects.remove(head)


def compare_its_own(cara: Any, dan: Any) -> None:
    """After Bake All Lines each head compares with its own take before, under whatever name, until that is deleted."""
    import bpy

    require(bpy.ops.ptalker.bake_lines() == {"FINISHED"}, "no lines")
    first = playing(cara)
    require(not bpy.ops.ptalker.compare_takes.poll(), "a head is compared with the take of another")
    require(bpy.ops.ptalker.bake_lines() == {"FINISHED"}, "no lines")
    second, his = playing(cara), playing(dan)
    first.name = "Renamed in the Outliner"
    for one in (first, second):
        require(bpy.ops.ptalker.compare_takes() == {"FINISHED"} and playing(cara) == one, f"{playing(cara).name} plays")
    require(playing(dan) == his, "comparing on one head changed the other")
    require(bpy.ops.ptalker.delete_take(take=first.name) == {"FINISHED"}, "not deleted")
    require(not bpy.ops.ptalker.compare_takes.poll(), "a take is compared with one that was deleted")


def play_on_another(cara: Any, dan: Any) -> None:
    """A take that was made for another head moves none of that head's other meshes, nor does baking it again."""
    import bpy

    scene = bpy.context.scene
    teeth = bpy.data.objects.new("Cara Teeth", cara.data.copy())
    scene.collection.objects.link(teeth)
    teeth.parent, scene.ptalker.head = cara, cara  # which lists it as a part
    require([part.object for part in scene.ptalker.parts if part.use] == [teeth], "the teeth are not hers")
    require(bpy.ops.ptalker.bake_lines() == {"FINISHED"}, "no lines")
    lines = playing(cara)
    for _ in range(2):
        require(bpy.ops.ptalker.bake() == {"FINISHED"}, "no bake")
    hers, line = (playing(cara), playing(teeth)), cara.ptalker_other_take
    scene.ptalker.head = dan
    for again, take in ((bpy.ops.ptalker.rebake, line), (bpy.ops.ptalker.rebake_lines, lines)):
        require(bpy.ops.ptalker.play_take(take=take.name) == {"FINISHED"} and playing(dan) == take, "not played")
        require((playing(cara), playing(teeth)) == hers, "playing a take on one head changed another's")
        require(again(take=take.name) == {"FINISHED"} and playing(dan) != take, "not baked again")
        require((playing(cara), playing(teeth)) == hers, "baking a take again on one head changed another's")
    scene.ptalker.head = cara
    bpy.data.objects.remove(teeth)
    scene.ptalker.head = cara  # without it


def add_to_one(module: str, cara: Any, dan: Any) -> None:
    """Bake All Lines adds to the Action of Add To on the chosen head alone, on the others to what plays there."""
    import bpy

    compat = importlib.import_module(f"{module}.ptalker_blender.scene.compat.actions")
    take, tongue = bpy.context.scene.ptalker_take, 'key_blocks["tongueOut"].value'
    own = []
    for head, value in ((cara, 0.3), (dan, 0.1)):
        action, holder = compat.assign_new_action(head.data.shape_keys, f"Own of {head.name}")
        compat.add_fcurve(holder, tongue, 0, "Own").keyframe_points.insert(1.0, value)
        own.append(action)
    take.output, take.over = "ADDED", own[0]
    require(bpy.ops.ptalker.bake_lines() == {"FINISHED"}, "no lines")
    bpy.context.scene.frame_set(400)
    shown = [round(head.data.shape_keys.key_blocks["tongueOut"].value, 3) for head in (cara, dan)]
    require(shown == [0.3, 0.1], f"the tongues are out by {shown}")
    take.output, take.over = "ACTION", None
    require(bpy.ops.ptalker.bake_lines() == {"FINISHED"}, "no lines")
    for head, action in zip((cara, dan), own, strict=True):
        for track in list(head.data.shape_keys.animation_data.nla_tracks):
            head.data.shape_keys.animation_data.nla_tracks.remove(track)
        bpy.data.actions.remove(action)


def another_rate(module: str, cara: Any) -> None:
    """The button on the frame rate's warning bakes a take of lines for the scene's rate, where its strips lie then."""
    import bpy

    scene = bpy.context.scene
    told = importlib.import_module(f"{module}.ptalker_blender.scene.take_findings").take_findings
    rate, before, ends = scene.render.fps, json.loads(playing(cara)["ptalker"]), (scene.frame_start, scene.frame_end)
    scene.frame_start, scene.frame_end = 0, 1000
    strip = next(one for one in sound_strips(scene) if one.name == "CARA_1")
    scene.render.fps = 2 * rate
    strip.frame_offset_start = 6  # an eighth of a second, of a half; 6 frames of before would be a quarter
    (finding,) = told(cara, scene)
    verb = getattr(bpy.ops.ptalker, finding.fix.removeprefix("ptalker."))
    require(verb(**dict(finding.properties)) == {"FINISHED"} and not told(cara, scene), "still at another rate")
    after = json.loads(playing(cara)["ptalker"])
    (old,), (new,) = before["lines"], after["lines"]
    fps = after["fps"]
    require(abs(fps - 2 * before["fps"]) < 1e-9 and new["seed"] == old["seed"], f"made is {fps} fps, {new['seed']}")
    require(new["start_frame"] == old["start_frame"] + 6, f"the line begins at {new['start_frame']}")
    require(abs(new["audio_start"] - 6 / fps) < 1e-6, f"it is heard from {new['audio_start']} s on")
    strip.name, count = "Another", len(bpy.data.actions)
    scene.render.fps = rate
    refused(bpy.ops.ptalker.rebake_lines, "CARA_1", take=playing(cara).name)
    require(len(bpy.data.actions) == count, "a refused re-bake made a take")
    strip.name = "CARA_1"
    strip.frame_offset_start = 0
    scene.frame_start, scene.frame_end = ends


def sound_strips(scene: Any) -> Any:
    """The sequencer's strips."""
    editor = scene.sequence_editor
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def delete_under_a_pin(cara: Any) -> None:
    """Where no other take can play after one was deleted, that is a warning: the take is gone, with an undo step."""
    import bpy

    take = playing(cara).name
    cara.show_only_shape_key = True
    require(bpy.ops.ptalker.delete_take(take=take) == {"FINISHED"}, "an error after the take was deleted")
    require(take not in bpy.data.actions and playing(cara) is None, "not deleted")
    cara.show_only_shape_key = False


def other_actions_in_the_list(module: str, cara: Any) -> None:
    """The list shows takes alone, inverted too, and an Action that is none can be drawn."""
    import bpy

    panels, own = importlib.import_module(f"{module}.panels.take"), bpy.data.actions.new("No Take")
    panels.PTALKER_UL_takes.draw_item(MagicMock(), bpy.context, MagicMock(), None, own, 0, None, "")
    names = [one.name for one in bpy.data.actions]
    hers = {name for name in names if name.startswith("Cara Lines") and "Head" not in name}
    for inverted in (False, True):
        fake = SimpleNamespace(filter_name="No Take", use_filter_invert=inverted, bitflag_filter_item=1)
        flags, _ = panels.PTALKER_UL_takes.filter_items(fake, bpy.context, bpy.data, "actions")
        # Blender shows those that have the flag, inverted those that lack it.
        shown = {one.name for one, flag in zip(bpy.data.actions, flags, strict=True) if bool(flag) != inverted}
        require(own.name not in shown, "an Action that is no take is listed")
        require(bool(shown & hers) == inverted, f"inverted {inverted}: listed are {shown}")
    bpy.data.actions.remove(own)


def a_range_is_of_one_line(module: str) -> None:
    """Where lines overlap, a range in which another one takes over is refused, with what is seen of each."""
    line_of = importlib.import_module(f"{module}.operators.rebake_range")._line_of
    error = importlib.import_module(f"{module}.ptalker_blender.errors").UserError
    lines = [{"line": name, "start_frame": at, "frames": 100} for name, at in (("A", 1), ("B", 50))]
    require([line_of(lines, *span)["line"] for span in ((10, 49), (50, 90), (60, 140))] == ["A", "B", "B"], "mistaken")
    try:
        line_of(lines, 40, 90)
    except error as told:
        require("1 to 49 ('A'), 50 to 149 ('B')" in str(told), f"unhelpful: {told}")
    else:
        raise RuntimeError("a range in which another line takes over was performed as the first")
