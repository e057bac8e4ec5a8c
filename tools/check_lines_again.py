"""The part of ``check_lines`` about a take of lines that was made: all of them again, a range of one, a judgement."""

from __future__ import annotations

import json
from typing import Any

from check_takes import keys_of, playing, refused, require

JAW = 'key_blocks["jawOpen"].value'


def check_again(module: str, head: Any) -> None:
    """The take of two lines that plays; it plays again at the end."""
    import bpy

    take = playing(head)
    rebaked(module, head, take)
    ranged(module, head, take)
    judged(take)
    require(bpy.ops.ptalker.play_take(take=take.name) == {"FINISHED"}, "not made active")


def rebaked(module: str, head: Any, take: Any) -> None:
    """The same settings give the same keys in a new take, another seed others; a lost recording is told."""
    import bpy

    before = keys_of(module, head)
    require(bpy.ops.ptalker.rebake_lines(take=take.name) == {"FINISHED"}, "the lines were not baked again")
    again = playing(head)
    require(again != take and keys_of(module, head) == before, "the same settings gave other keys")
    one, two = (json.loads(action["ptalker"]) for action in (take, again))
    require(one["lines"] == two["lines"] and one["seed"] == two["seed"], "the provenance is another one")
    require(bpy.ops.ptalker.rebake_lines(seed=3) == {"FINISHED"}, "not baked with another seed")
    other = json.loads(playing(head)["ptalker"])
    require(keys_of(module, head) != before and other["seed"] == 3, "another seed changed nothing")
    require(len({line["seed"] for line in other["lines"]} | {line["seed"] for line in one["lines"]}) == 4, "seeds")
    lost = {**other, "lines": [{**line, "audio_path": "/nowhere/lost.wav"} for line in other["lines"]]}
    playing(head)["ptalker"] = json.dumps(lost)
    count = len(bpy.data.actions)
    refused(bpy.ops.ptalker.rebake_lines, "lost.wav is gone")
    require(len(bpy.data.actions) == count, "a refused re-bake made a take")
    for name in (playing(head).name, again.name):
        require(bpy.ops.ptalker.delete_take(take=name) == {"FINISHED"}, "not deleted")
    require(bpy.ops.ptalker.play_take(take=take.name) == {"FINISHED"}, "not made active")


def ranged(module: str, head: Any, take: Any) -> None:
    """A range of the second line is performed in another manner; one over both lines is refused, naming them."""
    import bpy

    settings, scene = bpy.context.scene.ptalker_take, bpy.context.scene
    source, before = json.loads(take["ptalker"]), keys_of(module, head)
    begin, frames = (source["lines"][1][name] for name in ("start_frame", "frames"))
    first, last = begin + frames // 4, begin + frames // 2
    settings.range_first, settings.range_last, settings.blend = begin - 200, last, 0.1
    refused(bpy.ops.ptalker.rebake_range, f"{begin} to {begin + frames - 1} ('ANNA_002')", manner="PANEL")
    settings.range_first, settings.range_last, kept = first, last, scene.ptalker.style
    require(bpy.ops.ptalker.rebake_range(manner="KEPT") == {"FINISHED"}, "a range of a line was not performed")
    same = keys_of(module, head)
    scene.ptalker.style = "stern"
    require(bpy.ops.ptalker.rebake_range(manner="PANEL") == {"FINISHED"}, "a range of a line was not performed")
    scene.ptalker.style = kept
    after = keys_of(module, head)
    for path, keys in before.items():
        away = [[key for key in some if not first <= key[0] <= last] for some in (keys, after[path], same[path])]
        require(away[0] == away[1] == away[2], f"{path} changed outside the range")
    inside = [[key for key in some[JAW] if first < key[0] < last] for some in (before, same, after)]
    require(values_at(inside[0], inside[1]) < 0.02, "with the same seed and manner the line is another one")
    require(inside[2] != inside[0], "nothing changed inside the range")
    stretch = json.loads(take["ptalker"])["ranges"][-1]
    require(stretch["style"] == "stern" and stretch["line"] == "ANNA_002", f"the provenance says {stretch}")


def judged(take: Any) -> None:
    """Each line by its own dialogue, or by ear, at its own place in the take; missed closures can be shut."""
    import bpy

    source = json.loads(take["ptalker"])
    first, second = source["lines"]
    first["text"] = "Maybe you moved the blue boat and found five more in the bay."
    take["ptalker"] = json.dumps(source)
    require(bpy.ops.ptalker.hear_closures() == {"FINISHED"}, "the take of lines was not judged by its sound")
    made, holds = json.loads(take["ptalker_judgement"]), json.loads(take["ptalker_holds"])
    later = (second["start_frame"] - source["start_frame"]) / source["fps"]
    before, after = ([one for one in holds if (one[0] >= later) == late] for late in (False, True))
    if "line.wav" in first["audio_path"]:
        require(len(before) == 7, f"{len(before)} p, b and m in the first line")
        apart = (second["start_frame"] - first["start_frame"]) / source["fps"]
        shared = [any(a[0] < b[1] - apart + 0.04 and b[0] - apart < a[1] + 0.04 for b in after) for a in before]
        require(sum(shared) >= 4, f"of seven {sum(shared)} were heard in the second line, at its place")
    require(made["heard"] == len(after) and made["expected"] == len(holds), f"judged {made}")
    if made["missed"]:
        require(bpy.ops.ptalker.fix_closures() == {"FINISHED"}, "not fixed")
        require(json.loads(take["ptalker_judgement"])["met"] > made["met"], "Fix Closures shut none")


def values_at(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> float:
    """Largest difference at frames that have a key in both."""
    there = dict(other)
    return max((abs(value - there[frame]) for frame, value in one if frame in there), default=0.0)
