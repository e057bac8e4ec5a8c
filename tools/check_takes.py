"""The part of ``check_extension`` about takes and their direction; runs in the same process, after a bake."""

from __future__ import annotations

import importlib
import json
import time


def require(condition: object, message: str) -> None:
    """Raise with ``message`` unless ``condition`` holds."""
    if not condition:
        raise RuntimeError(message)


def playing(head: object) -> object:
    """The Action on a head's keys."""
    return head.data.shape_keys.animation_data.action


def keys_of(module: str, head: object) -> dict[str, list[tuple[float, float]]]:
    """Frame and value of every key on the head, by data path."""
    compat = importlib.import_module(f"{module}.ptalker_blender.scene.compat.actions")
    found = compat.fcurves(playing(head), head.data.shape_keys)
    return {curve.data_path: [tuple(point.co) for point in curve.keyframe_points] for curve in found}


def refused(operator: object, words: str, **settings: object) -> None:
    """An operator ends with an error that says ``words``."""
    try:
        operator(**settings)
    except RuntimeError as error:
        require(words in str(error) and "Traceback" not in str(error), f"unhelpful: {error}")
    else:
        raise RuntimeError(f"an operator that should end with {words!r} did not")


def check_takes(module: str) -> None:
    """Density, list, re-bake, compare, rename, delete; then direction, with and without the artist's edits."""
    import bpy

    settings, take = bpy.context.scene.ptalker, bpy.context.scene.ptalker_take
    head = settings.head
    take.density = "all"
    earlier = playing(head)
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "the bake with a key on every frame did not finish")
    first = playing(head)
    for one in (earlier, first):  # a bake is enough, nothing has to be chosen first
        require(bpy.ops.ptalker.compare_takes() == {"FINISHED"} and playing(head) == one, "not swapped after a bake")
        require(bpy.data.actions[take.listed] == one, "the list does not show the take that plays")
    fits(module, head)
    nothing_to_adjust(module)
    rebake_and_compare(module, head, first)
    direct(module, head)
    animate(module, head)
    rebake_range(module, head)
    split_and_join(module, head)
    judge(module, head)
    judge_by_dialogue(head)
    densities(module, head)
    turn_by_the_panel(head)
    print("  takes: re-baked, compared, renamed, deleted, directed")


def fits(module: str, head: object) -> None:
    """A take that ends outside the scene is told, and the button widens the scene."""
    import bpy

    told = importlib.import_module(f"{module}.ptalker_blender.scene.take_findings").take_findings
    scene = bpy.context.scene
    kept = scene.frame_start, scene.frame_end
    scene.frame_end = scene.frame_start + 1
    require([one.fix for one in told(head, scene)] == ["ptalker.show_whole_take"], f"told: {told(head, scene)}")
    require(bpy.ops.ptalker.show_whole_take() == {"FINISHED"} and not told(head, scene), "the scene does not fit")
    scene.frame_start, scene.frame_end = kept


def nothing_to_adjust(module: str) -> None:
    """No operator of the worker shows a setting in Adjust Last Operation, which would run it in the foreground."""
    operators, jobs = (importlib.import_module(f"{module}.operators{tail}") for tail in ("", ".jobs"))
    workers = [cls for cls in operators.CLASSES if issubclass(cls, jobs.WorkerOperator)]
    require(len(workers) > 4, "the worker's operators were not found")
    for cls in workers:
        shown = [p.identifier for p in cls.bl_rna.properties if not p.is_hidden and p.identifier != "rna_type"]
        own = [name for name in shown if name in getattr(cls, "__annotations__", {})]
        require(not {"REGISTER", "UNDO"} <= set(cls.bl_options) or not own, f"{cls.bl_idname} can be adjusted: {own}")


def chosen() -> str:
    """Name of the take that is highlighted in the list."""
    import bpy

    return str(bpy.data.actions[bpy.context.scene.ptalker_take.listed].name)


def rebake_and_compare(module: str, head: object, first: object) -> None:
    """The same settings give the same keys, another seed others; the list's buttons do what they say."""
    import bpy

    take, before = bpy.context.scene.ptalker_take, keys_of(module, head)
    require(bpy.ops.ptalker.rebake() == {"FINISHED"} and playing(head) != first, "no re-bake")
    require(keys_of(module, head) == before, "the same settings gave other keys")
    again = playing(head).name
    require(chosen() == again, f"after a bake {chosen()} is chosen in the list")
    take.listed = bpy.data.actions.find(first.name)
    kept = bpy.data.actions.new("0 Comes First")
    require(chosen() == first.name, f"a new Action moved the choice to {chosen()}")
    bpy.data.actions.remove(kept)
    require(bpy.ops.ptalker.rebake(take=first.name, seed=2) == {"FINISHED"}, "no re-bake with another seed")
    require(json.loads(playing(head)["ptalker"])["seed"] == 2, "the seed is not in the provenance")
    require(keys_of(module, head) != before, "another seed changed nothing")
    other = playing(head).name
    require(chosen() == other, f"after another bake {chosen()} is chosen in the list")
    require(bpy.ops.ptalker.play_take(take=first.name) == {"FINISHED"} and playing(head) == first, "not made active")
    require(bpy.ops.ptalker.compare_takes() == {"FINISHED"} and playing(head).name == other, "not swapped")
    require(bpy.ops.ptalker.compare_takes() == {"FINISHED"} and playing(head) == first, "not swapped back")
    require(bpy.ops.ptalker.rename_take(take=other, name="Loud") == {"FINISHED"}, "not renamed")
    require(head.ptalker_other_take == bpy.data.actions.get("Loud"), "the name did not travel")
    take.listed = bpy.data.actions.find("Loud")
    require(bpy.ops.ptalker.rename_take(take="Loud", name="Louder") == {"FINISHED"} and chosen() == "Louder", "lost")
    require(bpy.ops.ptalker.rename_take(take="Louder", name="Loud") == {"FINISHED"} and chosen() == "Loud", "lost")
    count = len(bpy.data.actions)
    for name in ("Loud", again):
        require(bpy.ops.ptalker.delete_take(take=name) == {"FINISHED"}, "not deleted")
    require(len(bpy.data.actions) == count - 4, "a take is two Actions, face and head")
    refused(bpy.ops.ptalker.delete_take, "is no take", take="Nothing")
    require(chosen() == first.name, "with the chosen take gone, the one that plays is chosen")
    require(playing(head) == first, "deleting others changed what plays")


def direct(module: str, head: object) -> None:
    """A slider writes at once; neutral gives the bake back; an edited channel stays."""
    import bpy

    sliders, before = head.ptalker_direction, keys_of(module, head)
    jaw, smile = 'key_blocks["jawOpen"].value', 'key_blocks["browInnerUp"].value'
    sliders.amplitude = 0.5
    after = keys_of(module, head)
    expected = max(value for _, value in before[jaw]) / 2
    require(abs(max(value for _, value in after[jaw]) - expected) < 1e-3, "the amplitude did not halve the jaw")
    require(after[smile] == before[smile], "the amplitude changed the brows")
    sliders.amplitude = 1.0
    require(keys_of(module, head) == before, "neutral sliders did not give the bake back")
    compat = importlib.import_module(f"{module}.ptalker_blender.scene.compat.actions")
    curve = next(c for c in compat.fcurves(playing(head), head.data.shape_keys) if c.data_path == jaw)
    curve.keyframe_points[2].co[1] += 0.25
    edited = keys_of(module, head)[jaw]
    sliders.intensity = 1.4
    require(keys_of(module, head)[jaw] == edited, "direction overwrote an edited channel")
    require(keys_of(module, head)[smile] != before[smile], "direction stopped at an edited channel")
    curve.keyframe_points[2].co[1] = before[jaw][2][1]
    require(bpy.ops.ptalker.reset_direction() == {"FINISHED"} and sliders.intensity == 1.0, "not reset")
    require(keys_of(module, head) == before, "a reset did not give the bake back")
    measure(module, head)


def measure(module: str, head: object) -> None:
    """Time of one slider step as the preview takes it."""
    directing = importlib.import_module(f"{module}.operators.directing")
    sliders, director, times = head.ptalker_direction, directing.director(), []
    sliders.loading = True
    director.show(head)
    for step in range(12):
        sliders.amplitude = 1.0 + 0.02 * step
        start = time.perf_counter()
        director.show(head)
        times.append(time.perf_counter() - start)
    live(director, head)
    sliders.amplitude = 1.0
    sliders.loading = False
    director.apply(head)
    frames = len(next(iter(keys_of(module, head).values())))
    print(f"  one slider step on {frames} frames: {sorted(times)[len(times) // 2] * 1000:.1f} ms")


def live(director: object, head: object) -> None:
    """The ticks of a window: a preview that is seen at once, and few keys when the slider rests."""
    import bpy

    sliders, scene, action = head.ptalker_direction, bpy.context.scene, playing(head)
    start = json.loads(action["ptalker_take"])["start"]
    jaw = head.data.shape_keys.key_blocks["jawOpen"]
    scene.frame_set(round(start) + 20)
    shown = []
    for value in (1.0, 0.5):
        sliders.amplitude = value
        require(director.begin(head, action) and director.tick() is not None, "no preview")
        bpy.context.view_layer.update()
        shown.append(jaw.value)
    require(shown[0] > 0.02 and abs(shown[1] - shown[0] / 2) < 1e-4, f"the preview shows {shown}")
    require(not json.loads(action["ptalker_take"])["resting"], "a preview is not the end")
    time.sleep(0.5)
    require(director.tick() is None, "the slider has come to rest")
    require(json.loads(action["ptalker_take"])["direction"] == {"amplitude": 0.5}, "the direction was not noted")


def animate(module: str, head: object) -> None:
    """An animated slider directs frame by frame."""
    import bpy

    sliders, before, jaw = head.ptalker_direction, keys_of(module, head), 'key_blocks["jawOpen"].value'
    start, end = before[jaw][0][0], before[jaw][-1][0]
    middle = round((start + end) / 2)
    for frame, value in ((middle - 1, 1.0), (middle, 0.0)):
        sliders.loading = True
        sliders.amplitude = value
        sliders.loading = False
        head.keyframe_insert("ptalker_direction.amplitude", frame=frame)
    require(bpy.ops.ptalker.direct() == {"FINISHED"}, "not directed")
    after = keys_of(module, head)[jaw]
    require([p for p in after if p[0] < middle] == [p for p in before[jaw] if p[0] < middle], "changed before its time")
    require(max(value for frame, value in after if frame >= middle) == 0.0, "the animated slider was not sampled")
    head.animation_data.action = None
    require(bpy.ops.ptalker.reset_direction() == {"FINISHED"} and keys_of(module, head) == before, "not given back")


def rebake_range(module: str, head: object) -> None:
    """New keys in the range alone, from the panel's style; a marked key stays."""
    import bpy

    scene, jaw = bpy.context.scene, 'key_blocks["jawOpen"].value'
    settings, before = scene.ptalker_take, keys_of(module, head)
    first, last = (round(before[jaw][k][0]) for k in (len(before[jaw]) // 4, 3 * len(before[jaw]) // 4))
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, first, last
    require(bpy.ops.ptalker.take_range() == {"FINISHED"} and settings.range_last == last, "no range taken")
    scene.use_preview_range = False
    compat = importlib.import_module(f"{module}.ptalker_blender.scene.compat.actions")
    curve = next(c for c in compat.fcurves(playing(head), head.data.shape_keys) if c.data_path == jaw)
    marked = next(point for point in curve.keyframe_points if point.co[0] == (first + last) // 2)
    marked.co[1], marked.type = 0.875, "EXTREME"
    settings.blend, scene.ptalker.style, count = 0.1, "bright", len(bpy.data.actions)
    require(bpy.ops.ptalker.rebake_range(manner="PANEL") == {"FINISHED"}, "the range was not performed")
    after = keys_of(module, head)
    for path, keys in before.items():
        away = [[key for key in some if not first <= key[0] <= last] for some in (keys, after[path])]
        require(away[0] == away[1], f"{path} changed outside the range")
    inside = [(frame, value) for frame, value in after[jaw] if first < frame < last]
    require(((first + last) // 2, 0.875) in inside, "the marked key is gone")
    require(inside != [key for key in before[jaw] if first < key[0] < last], "nothing changed inside the range")
    source = json.loads(playing(head)["ptalker"])
    require(source["ranges"][0]["style"] == "bright" and source["style"] == "voice", f"{source['ranges']}")
    require(bpy.ops.ptalker.rebake_range(manner="KEPT") == {"FINISHED"}, "the range was not performed as the take")
    require(len(bpy.data.actions) == count, "a range made Actions")
    settings.range_first = settings.range_last = 0
    require(not bpy.ops.ptalker.rebake_range.poll(), "an empty range should not be offered")
    scene.ptalker.style = "voice"


def split_and_join(module: str, head: object) -> None:
    """The NLA plays the same, or the sum with the artist's own Action; joined, nothing of it is left."""
    import bpy

    scene, keys = bpy.context.scene, head.data.shape_keys
    action, names = playing(head), {one.name for one in bpy.data.actions}
    frames = [round(frame) for frame, _ in keys_of(module, head)['key_blocks["jawOpen"].value']]

    def shown() -> list[float]:
        found = []
        for frame in frames[:: len(frames) // 9]:
            scene.frame_set(frame)
            found += [round(block.value, 4) for block in keys.key_blocks[1:]]
        return found

    before = shown()
    require(bpy.ops.ptalker.split_take() == {"FINISHED"}, "not split")
    require(keys.animation_data.action is None and shown() == before, "the tracks play something else")
    require(not bpy.ops.ptalker.direct.poll() and bpy.ops.ptalker.join_take() == {"FINISHED"}, "not joined")
    require(playing(head) == action and shown() == before, "joined, it plays something else")
    compat = importlib.import_module(f"{module}.ptalker_blender.scene.compat.actions")
    own, holder = compat.assign_new_action(keys, "Mine")
    compat.add_fcurve(holder, 'key_blocks["tongueOut"].value', 0, "Mine").keyframe_points.insert(1.0, 0.25)
    require(bpy.ops.ptalker.play_take(take=action.name) == {"FINISHED"}, "not made active")
    scene.ptalker_take.output, scene.ptalker_take.over = "ADDED", own
    require(bpy.ops.ptalker.split_take() == {"FINISHED"}, "not split over an Action")
    tongue = [block.name for block in keys.key_blocks[1:]].index("tongueOut")
    added = [(value + (0.25 if k % 52 == tongue else 0.0)) for k, value in enumerate(before)]
    require(all(abs(a - b) < 2e-4 for a, b in zip(shown(), added, strict=True)), "the tracks do not add")
    require(bpy.ops.ptalker.join_take() == {"FINISHED"}, "not joined")
    scene.ptalker_take.output, scene.ptalker_take.over = "ACTION", None
    for track in list(keys.animation_data.nla_tracks):
        keys.animation_data.nla_tracks.remove(track)
    bpy.data.actions.remove(own)
    require({one.name for one in bpy.data.actions} == names and shown() == before, "something is left of the tracks")


def judge(module: str, head: object) -> None:
    """A judgement, its markers, and closures that were opened by hand shut again."""
    import bpy

    scene, action = bpy.context.scene, playing(head)
    require(not bpy.ops.ptalker.fix_closures.poll(), "nothing was judged yet")
    require(bpy.ops.ptalker.judge_take() == {"FINISHED"}, "not judged")
    made = json.loads(action["ptalker_judgement"])
    require(made["opening"] > 1.0 and made["expected"] is None, f"odd judgement {made}")
    scoring = importlib.import_module(f"{module}.ptalker_blender.scene.judgement")
    times = [(share * made["seconds"], share * made["seconds"] + 0.06) for share in (0.25, 0.4, 0.6)]
    scoring.store_holds(action, times)  # as if the dialogue had them there
    require(bpy.ops.ptalker.judge_take() == {"FINISHED"}, "not judged by times")
    before = json.loads(action["ptalker_judgement"])
    require(before["expected"] == 3 and before["met"] + len(before["missed"]) == 3, f"odd judgement {before}")
    require(before["missed"], "the vowels of the line cannot all be shut")
    own = scene.timeline_markers.new("Mine", frame=3)
    require(bpy.ops.ptalker.mark_suspects() == {"FINISHED"}, "not marked")
    require(len(scene.timeline_markers) == 1 + len(before["suspects"]), "markers are missing")
    require(bpy.ops.ptalker.clear_suspects() == {"FINISHED"} and list(scene.timeline_markers) == [own], "not cleared")
    scene.timeline_markers.remove(own)
    require(bpy.ops.ptalker.fix_closures() == {"FINISHED"}, "not fixed")
    after = json.loads(action["ptalker_judgement"])
    require(after["met"] == 3, f"closures still missed: {after['missed']}")
    require(not bpy.ops.ptalker.fix_closures.poll(), "there is nothing left to fix")
    judge_by_ear(action)


def judge_by_ear(action: object) -> None:
    """Without a dialogue the closures are those that the network hears, and the report says so."""
    import bpy

    settings, demo = bpy.context.scene.ptalker, bpy.context.scene.ptalker.audio_file.endswith("line.wav")
    require(bpy.ops.ptalker.hear_closures() == {"FINISHED"}, "not judged by ear")
    made = json.loads(action["ptalker_judgement"])
    require(made["heard"] == made["expected"] and made["met"] + len(made["missed"]) == made["expected"], f"{made}")
    if demo:
        require(4 <= made["expected"] <= 9, f"of seven p, b and m {made['expected']} were heard")
    source, action["ptalker"] = action["ptalker"], json.dumps({"restyled": {}, "style": "bright", "seed": 0})
    require(not bpy.ops.ptalker.hear_closures.poll(), "a take without a recording cannot be judged by its sound")
    action["ptalker"] = source
    require(settings.text == "", "the panel's dialogue was touched")


def judge_by_dialogue(head: object) -> None:
    """A take of a known line is judged by its own p, b and m; only where the line is that of the demonstration."""
    import bpy

    settings = bpy.context.scene.ptalker
    if not settings.audio_file.endswith("line.wav"):
        print("  judging by the dialogue left out: another recording")
        return
    settings.text = "Maybe you moved the blue boat and found five more in the bay."
    words_of_a_bake(settings)
    settings.text = ""
    require(bpy.ops.ptalker.hear_closures() == {"FINISHED"}, "not judged by the dialogue")
    made = json.loads(playing(head)["ptalker_judgement"])
    require(made["expected"] == 7 and made["met"] >= 6, f"{made['met']} of {made['expected']} p, b and m")


def words_of_a_bake(settings: object) -> None:
    """A bake with a dialogue marks its words, in the same place as Mark Words does; unless that is switched off."""
    import bpy

    scene = bpy.context.scene
    require(not scene.timeline_markers, "there are markers already")
    settings.mark = False
    require(bpy.ops.ptalker.bake() == {"FINISHED"} and not scene.timeline_markers, "words were marked unasked")
    settings.mark = True
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "the bake with a dialogue did not finish")
    found = sorted((marker.frame, marker.name) for marker in scene.timeline_markers)
    require(" ".join(name for _, name in found) == settings.text.lower().rstrip("."), f"marked are {found}")
    require(bpy.ops.ptalker.mark_words() == {"FINISHED"}, "words were not marked")
    again = sorted((marker.frame, marker.name) for marker in scene.timeline_markers)
    require(found == again, f"Mark Words sets {again}, the bake {found}")
    require(bpy.ops.ptalker.clear_words() == {"FINISHED"} and not scene.timeline_markers, "not cleared")


def turn_by_the_panel(head: object) -> None:
    """The panel's choice of what turns is the next take's; a bone that is not there stops it with one line."""
    import bpy

    turn = head.ptalker_turn_how
    require(turn.how == "NECK", f"at first the head turns by {turn.how}")
    turn.how = "OBJECT"
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "no bake that turns the object")
    require("PTalker Head Motion" in head.constraints, "the object does not turn")
    turn.how, turn.bone, count = "BONE", "head", len(bpy.data.actions)
    refused(bpy.ops.ptalker.bake, "no armature")
    require(len(bpy.data.actions) == count, "a refused bake left an Action")
    turn.how, turn.bone = "NECK", ""
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "no bake that turns at the neck")
    require("PTalker Head Motion" in head.modifiers, "the neck does not bend")


def densities(module: str, head: object) -> None:
    """Fewer keys with a coarser bound; poses on twos are held; direction stays with a new bake."""
    import bpy

    take, counts = bpy.context.scene.ptalker_take, {}
    for name, error in (("reduced", 0.2), ("reduced", 1.0), ("twos", 0.2)):
        take.density, take.key_error = name, error
        require(bpy.ops.ptalker.bake() == {"FINISHED"}, f"no bake with {name}")
        counts[name, error] = sum(map(len, keys_of(module, head).values()))
    require(counts["reduced", 1.0] < counts["reduced", 0.2], f"a coarser bound gave no fewer keys: {counts}")
    compat = importlib.import_module(f"{module}.ptalker_blender.scene.compat.actions")
    curve = compat.fcurves(playing(head), head.data.shape_keys)[0]
    require({point.interpolation for point in curve.keyframe_points} == {"CONSTANT"}, "poses on twos are not held")
    take.density, take.key_error = "reduced", 0.2
    head.ptalker_direction["amplitude"] = 0.5  # past the slider's update
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "no bake")
    record = json.loads(playing(head)["ptalker_take"])
    require(record["direction"] == {"amplitude": 0.5}, f"the bake took no direction: {record['direction']}")
    require(bpy.ops.ptalker.reset_direction() == {"FINISHED"}, "not reset")
