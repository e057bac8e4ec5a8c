"""The part of ``check_extension`` about many lines at once; runs in the same process."""

from __future__ import annotations

import importlib
import json
import time
import wave
from pathlib import Path

from check_lines_again import check_again
from check_main_thread import only_written
from check_mapping import require
from check_takes import keys_of, playing


def check_lines(module: str, audio: Path, folder: Path) -> None:
    """Three lines of two heads become two takes; what fails is told and the others go on; then the buttons."""
    import bpy

    scene, settings = bpy.context.scene, bpy.context.scene.ptalker
    lines, kept = scene.ptalker_lines, settings.head
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    before = {strip.name for strip in strips}
    try:
        strips.new_sound("ANNA_001", str(audio), 11, 2000)
    except RuntimeError:  # the 4.2 wheel has no sound
        require(not bpy.ops.ptalker.bake_lines.poll() or before, "Bake All Lines is on without strips")
        print("  many lines left out: this bpy has no sound")
        return
    strips.new_sound("ANNA_002", str(audio), 11, 2300)
    strips.new_sound("whoever", str(audio), 13, 2100)
    strips.new_sound("BEN_010", str(silence(folder / "silence.wav")), 12, 2700)
    lost = strips.new_sound("BEN_009", str(audio), 12, 2500)
    lost.sound = lost.sound.copy()
    lost.sound.filepath = "/nowhere/lost.wav"
    lines.choice, lines.channel = "CHANNEL", 11
    one_channel(module, settings)
    lines.choice = "ALL"
    two_heads(module, audio, strips)
    buttons(lines)
    for strip in [strip for strip in strips if strip.name not in before]:
        strips.remove(strip)
    settings.head = kept


def silence(path: Path) -> Path:
    """A second of nothing."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(32_000))
    return path


def one_channel(module: str, settings: object) -> None:
    """Without a cast the head of the panel speaks; the take is one that can be directed and re-baked."""
    import bpy

    settings.style, settings.seed = "bright", 7
    require(bpy.ops.ptalker.bake_lines() == {"FINISHED"}, "the lines of a channel were not baked")
    take = playing(settings.head)
    source = json.loads(take["ptalker"])
    require([one["line"] for one in source["lines"]] == ["ANNA_001", "ANNA_002"], f"it holds {source['lines']}")
    require(source["line"] == "2 lines" and source["style"] == "bright", f"it says {source['line']}, {source['style']}")
    first, second = source["lines"]
    require((first["start_frame"], second["start_frame"]) == (2000, 2300), "the lines lie elsewhere")
    require(first["seed"] != second["seed"], "both lines have the same seed")
    spans = [(one["start_frame"], one["start_frame"] + one["frames"] - 1) for one in source["lines"]]
    between = (spans[0][1] + 30, spans[1][0] - 30)
    jaw = [
        abs(v) for f, v in keys_of(module, settings.head)['key_blocks["jawOpen"].value'] if between[0] < f < between[1]
    ]
    require(max(jaw, default=0.0) < 0.01, f"between the lines the jaw is open by {max(jaw, default=0.0)}")
    same_as_alone(module, settings, first)
    settings.head.ptalker_direction.intensity = 0.5
    require(bpy.ops.ptalker.direct() == {"FINISHED"}, "the take of lines cannot be directed")
    settings.head.ptalker_direction.intensity = 1.0
    require(bpy.ops.ptalker.judge_take() == {"FINISHED"}, "the take of lines cannot be judged")
    require(bpy.ops.ptalker.split_take() == {"FINISHED"}, "the take of lines cannot be split")
    require(bpy.ops.ptalker.join_take() == {"FINISHED"}, "the take of lines cannot be joined")
    try:
        bpy.ops.ptalker.rebake(take=take.name)
    except RuntimeError as error:
        require("Re-Bake Lines" in str(error), f"unhelpful: {error}")
    else:
        raise RuntimeError("a take of several lines was baked again as one")
    check_again(module, settings.head)


def same_as_alone(module: str, settings: object, first: dict[str, object]) -> None:
    """A line is what a bake of its strip alone with its seed gives."""
    import bpy
    import numpy as np

    read = importlib.import_module(f"{module}.ptalker_blender.scene.take_motion").read_motion
    whole, kept = playing(settings.head), settings.seed
    start = json.loads(whole["ptalker"])["start_frame"]
    settings.audio_source, settings.strip, settings.seed = "STRIP", "ANNA_001", first["seed"]
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "the strip alone was not baked")
    alone, lies = playing(settings.head), 2000 - start
    own = read(whole).values[lies : lies + first["frames"]]
    require(np.array_equal(own, read(alone).values), "a line in a take of lines is not what it is alone")
    require(bpy.ops.ptalker.play_take(take=whole.name) == {"FINISHED"}, "the take of lines was not made active")
    settings.audio_source, settings.strip, settings.seed = "FILE", "", kept


def two_heads(module: str, audio: Path, strips: object) -> None:
    """By name, by the strip's own property, and a strip whose sound is lost; one undo step, nothing for nobody."""
    import bpy

    lines, settings = bpy.context.scene.ptalker_lines, bpy.context.scene.ptalker
    stage = bpy.data.objects.new("Stage", None)  # both hang on: they are two characters all the same
    bpy.context.scene.collection.objects.link(stage)
    for name in ("Anna", "Ben"):
        require(bpy.ops.ptalker.add_head() == {"FINISHED"}, "no head")
        settings.head.name, settings.head.parent = name, stage
    settings.head = settings.head  # lists the other as its part
    require(bpy.data.objects["Anna"] in {part.object for part in settings.parts}, "a stage ties no two heads together")
    require(bpy.ops.ptalker.fill_cast() == {"FINISHED"}, "the cast was not filled")
    cast = {row.name.upper(): row for row in lines.cast}
    require({"ANNA", "BEN"} <= set(cast), f"the cast is {list(cast)}")
    require(cast["ANNA"].head.name == "Anna" and cast["BEN"].head.name == "Ben", "heads of other names")
    require(cast["ANNA"].style == "PANEL", f"a new row has the style {cast['ANNA'].style}")
    cast["BEN"].style = "voice"
    strips["whoever"].ptalker_character = "ben"
    findings = importlib.import_module(f"{module}.operators.cast").lines_findings(bpy.context)
    require(findings[0].text == "Would be baked: Anna 2, Ben 3", findings[0].text)
    start = time.perf_counter()
    with only_written("Bake All Lines"):
        require(bpy.ops.ptalker.bake_lines() == {"FINISHED"}, "the lines were not baked")
    seconds = time.perf_counter() - start
    desk = importlib.import_module(f"{module}.operators.worker").desk()
    require("lost.wav" in desk.notice and "BEN_009" in desk.notice, f"the panel says {desk.notice!r}")
    require("BEN_010: the mouth hardly moves" in desk.notice, f"the panel says {desk.notice!r}")
    sources = [json.loads(playing(bpy.data.objects[name])["ptalker"]) for name in ("Anna", "Ben")]
    require([len(one["lines"]) for one in sources] == [2, 2], f"they have {[len(o['lines']) for o in sources]} lines")
    require([one["style"] for one in sources] == ["bright", "voice"], "the styles went astray")
    require(sources[1]["lines"][0]["line"] == "whoever", "another line than the strip said")
    one_head_is_not_joined(module, desk)
    one_line_again(module, strips)
    missing_alone(strips, desk)
    print(f"  many lines: 4 lines on 2 heads in {seconds:.1f} s")


def one_head_is_not_joined(module: str, desk: object) -> None:
    """Where the lines of one head cannot be made a take, the other head gets its take, and the panel says so."""
    import bpy

    operators = importlib.import_module(f"{module}.operators.lines")
    job, takes, asked = operators.LinesJob, {name: playing(bpy.data.objects[name]) for name in ("Anna", "Ben")}, []

    def first_is_broken(pieces: object, seed: int, keys: str, key_error: float, tables: tuple[str, ...]) -> object:
        asked.append(tables)
        return job(pieces, seed, keys, key_error, tables if len(asked) > 1 else ("no table",))

    operators.LinesJob = first_is_broken
    try:
        require(bpy.ops.ptalker.bake_lines() == {"FINISHED"}, "a head that fails took the other's take with it")
    finally:
        operators.LinesJob = job
    require(len(asked) == 2 and "Lines of Anna" in desk.notice, f"the panel says {desk.notice!r}")
    require(playing(bpy.data.objects["Anna"]) == takes["Anna"], "half a take was written")
    require(playing(bpy.data.objects["Ben"]) != takes["Ben"], "Ben has no new take")


def one_line_again(module: str, strips: object) -> None:
    """One line in another manner inside the take: the keys of the other line stay to the bit; one beyond is refused."""
    import bpy

    lines, settings = bpy.context.scene.ptalker_lines, bpy.context.scene.ptalker
    head = bpy.data.objects["Anna"]
    take, before = playing(head), keys_of(module, head)
    for strip in strips:
        strip.select = strip.name == "ANNA_001"
    lines.choice, lines.into, settings.style = "SELECTED", True, "stern"
    require(bpy.ops.ptalker.bake_lines() == {"FINISHED"} and playing(head) == take, "not baked into the take")
    after, source = keys_of(module, head), json.loads(take["ptalker"])
    require([one["style"] for one in source["lines"]] == ["stern", "bright"] and source["style"] == "several", "styles")
    border = source["lines"][0]["start_frame"] + source["lines"][0]["frames"] + 30
    for path, keys in before.items():
        later = [key for key in keys if key[0] > border]
        require(later == [key for key in after[path] if key[0] > border], f"{path} changed after frame {border}")
    require(any(before[path] != after[path] for path in before), "the line is as it was")
    strips["ANNA_001"].channel = 30
    for name in ("content_start", "frame_start"):  # 5.1 and later, earlier
        if hasattr(strips["ANNA_001"], name):
            setattr(strips["ANNA_001"], name, 5000)
            break
    count = keys_of(module, head)
    try:
        bpy.ops.ptalker.bake_lines()
    except RuntimeError as error:
        require("beyond the take" in str(error), f"unhelpful: {error}")
    else:
        raise RuntimeError("a line was written beyond its take")
    require(keys_of(module, head) == count, "a refused line changed the take")
    into_nothing(module, head, take)
    lines.into, settings.style = False, "bright"


def into_nothing(module: str, head: object, take: object) -> None:
    """Where no take of many lines plays, Into the Take is an error that writes nothing, and the panel says so."""
    import bpy

    keys, count = head.data.shape_keys.animation_data, len(bpy.data.actions)
    keys.action = None
    told = importlib.import_module(f"{module}.operators.cast").lines_findings(bpy.context)
    require([f.text for f in told if f.kind == "ERROR" and "'Anna'" in f.text], f"told is {[f.text for f in told]}")
    try:
        bpy.ops.ptalker.bake_lines()
    except RuntimeError as error:
        require("no take of many lines plays on 'Anna'" in str(error), f"unhelpful: {error}")
    else:
        raise RuntimeError("a line was written into no take")
    require(keys.action is None and len(bpy.data.actions) == count, "a refused line made a take")
    keys.action = take


def missing_alone(strips: object, desk: object) -> None:
    """Nothing but a lost sound is an error in one line, and writes nothing."""
    import bpy

    strips.remove(strips["BEN_010"])
    lines, count = bpy.context.scene.ptalker_lines, len(bpy.data.actions)
    lines.choice, lines.channel = "CHANNEL", 12
    try:
        bpy.ops.ptalker.bake_lines()
    except RuntimeError as error:
        require("lost.wav" in str(error) and "Traceback" not in str(error), f"unhelpful: {error}")
    else:
        raise RuntimeError("a lost sound was baked")
    require(len(bpy.data.actions) == count and not desk.busy, "a refused bake changed the file")
    lines.choice = "ALL"


def buttons(lines: object) -> None:
    """Characters are added and removed."""
    import bpy

    count = len(lines.cast)
    require(bpy.ops.ptalker.add_character() == {"FINISHED"} and len(lines.cast) == count + 1, "not added")
    while lines.cast:
        require(bpy.ops.ptalker.remove_character() == {"FINISHED"}, "not removed")
    require(not bpy.ops.ptalker.remove_character.poll() and lines.active == 0, "an empty cast can be shortened")
