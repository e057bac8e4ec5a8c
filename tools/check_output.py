"""The part of ``check_extension`` about where takes go: an Action, tracks, tracks added to the artist's own Action."""

from __future__ import annotations

import importlib
from typing import Any

from check_takes import keys_of, playing, refused, require

JAW, TONGUE = 'key_blocks["jawOpen"].value', 'key_blocks["tongueOut"].value'


def check_output(module: str) -> None:
    """A bake, a re-bake and a restyled take follow the Output panel; the artist's own Actions are never touched."""
    import bpy

    settings, take = bpy.context.scene.ptalker, bpy.context.scene.ptalker_take
    head, before = settings.head, {one.name for one in bpy.data.actions}
    compat = importlib.import_module(f"{module}.ptalker_blender.scene.compat.actions")
    settings.style, settings.head_motion, take.output, take.density = "voice", True, "ACTION", "reduced"
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "no bake")
    alone = shown(head)
    _, holder = compat.assign_new_action(head.data.shape_keys, "Mine")
    compat.add_fcurve(holder, TONGUE, 0, "Mine").keyframe_points.insert(1.0, 0.25)
    no_warning(module)
    added_in_one_step(module, alone)
    head, take = settings_head(), bpy.context.scene.ptalker_take  # an undo makes datablocks anew
    changed_track_stays(module, head, alone)
    unheard(module, head)
    restyled(module, head)
    take.output = "ACTION"
    no_head_motion(module, head, compat)
    own = bpy.data.actions["Mine"]
    for track in list(head.data.shape_keys.animation_data.nla_tracks):
        require(track.name == "Mine", f"the track {track.name} is left")
        head.data.shape_keys.animation_data.nla_tracks.remove(track)
    bpy.data.actions.remove(own)
    for name in [one.name for one in bpy.data.actions if one.name not in before and "ptalker_take" in one]:
        require(bpy.ops.ptalker.delete_take(take=name) == {"FINISHED"}, f"{name} was not deleted")
    left = {one.name for one in bpy.data.actions} - before
    require(left == {"Kept Jaw"}, f"left in the file: {left}")
    bpy.data.actions.remove(bpy.data.actions["Kept Jaw"])
    print("  output: tracks alone and added, by bake, re-bake and restyle; head motion of an earlier take goes")


def shown(head: Any) -> dict[str, list[float]]:
    """What each key does in a take, on frames throughout it."""
    import bpy

    keys, found = head.data.shape_keys, {}
    for frame in range(1001, 1041, 4):
        bpy.context.scene.frame_set(frame)
        for block in keys.key_blocks[1:]:
            found.setdefault(block.name, []).append(block.value)
    return found


def close(one: dict[str, list[float]], other: dict[str, list[float]], more: dict[str, float]) -> None:
    """Both play the same, with some keys higher in the second."""
    for name, values in one.items():
        extra = more.get(name, 0.0)
        far = max(abs(a + extra - b) for a, b in zip(values, other[name], strict=True))
        require(far < 5e-4, f"{name} is {far:.4f} off")


def no_warning(module: str) -> None:
    """An Action is in the way only of a take that replaces it."""
    import bpy

    preflight = importlib.import_module(f"{module}.operators.preflight")
    take, told = bpy.context.scene.ptalker_take, {}
    for take.output in ("ACTION", "ADDED"):
        told[take.output] = [one.text for one in preflight.head_findings(bpy.context) if "replaces" in one.text]
    require(len(told["ACTION"]) == 1 and not told["ADDED"], f"told is {told}")


def added_in_one_step(module: str, alone: dict[str, list[float]]) -> None:
    """Tracks over the artist's Action from the bake itself; undone in one step where there is undo."""
    import bpy

    nla = importlib.import_module(f"{module}.ptalker_blender.scene.nla")
    undo = bpy.ops.ed.undo_push.poll()
    if undo:
        bpy.ops.ed.undo_push(message="Before")
    require(bpy.ops.ptalker.bake("EXEC_DEFAULT", True) == {"FINISHED"}, "not baked into tracks")
    if undo:
        bpy.ops.ed.undo()
        head = settings_head()
        require(playing(head).name == "Mine" and nla.split_take(head) is None, "one undo does not give Mine back")
        bpy.ops.ed.redo()
    head = settings_head()
    keys = head.data.shape_keys
    names = [track.name for track in keys.animation_data.nla_tracks]
    require(names == ["Rest", "Mine", "Jaw", "Lips", "Brows", "Lids", "Gaze"], f"the tracks are {names}")
    lying = nla.split_take(head)
    require(playing(head) is None and lying is not None, "no take in the NLA")
    close(alone, shown(head), {"tongueOut": 0.25})
    turner = bpy.data.objects["Head Motion"]
    require(turner.animation_data.action is None, "the head turns by an Action")
    require([one.name for one in turner.animation_data.nla_tracks] == ["Head"], "no track turns the head")
    listed = bpy.data.actions[bpy.context.scene.ptalker_take.listed]
    require(listed == lying, f"in the list {listed.name} is chosen")


def settings_head() -> Any:
    """The chosen head, which an undo makes anew."""
    import bpy

    return bpy.context.scene.ptalker.head


def changed_track_stays(module: str, head: Any, alone: dict[str, list[float]]) -> None:
    """A re-bake takes the place of the tracks; one that was changed is the artist's own Action from then on."""
    import bpy

    nla = importlib.import_module(f"{module}.ptalker_blender.scene.nla")
    compat = importlib.import_module(f"{module}.ptalker_blender.scene.compat.actions")
    lying, keys = nla.split_take(head), head.data.shape_keys
    piece = keys.animation_data.nla_tracks["Jaw"].strips[0].action
    piece.name = "Kept Jaw"
    curve = next(c for holder in compat.holders(piece) for c in holder.fcurves if c.data_path == JAW)
    curve.keyframe_points[1].co[1] += 0.125
    curve.update()
    require(bpy.ops.ptalker.rebake(take=lying.name) == {"FINISHED"}, "not baked again")
    again = nla.split_take(head)
    require(again != lying and not piece.get("ptalker_piece") and piece.use_fake_user, "the changed track is lost")
    names = [track.name for track in keys.animation_data.nla_tracks]
    require(names.count("Jaw") == 1 and names.count("Mine") == 1, f"the tracks are {names}")
    close(alone, shown(head), {"tongueOut": 0.25})
    compared(nla, head, lying, again, alone)
    require(bpy.ops.ptalker.join_take() == {"FINISHED"}, "not joined")
    require(playing(head) == lying and nla.split_take(head) is None, "the other take stays in the NLA")
    require(bpy.ops.ptalker.play_take(take=lying.name) == {"FINISHED"}, "not made active")
    require(playing(head) == lying, "a joined take is split again")
    require(len(keys_of(module, head)[JAW]) > 2, "it has no keys")
    bpy.context.scene.ptalker_take.output = "TRACKS"
    tweaked(head)
    require(bpy.ops.ptalker.split_take() == {"FINISHED"}, "not split")
    close(alone, shown(head), {})


def compared(nla: Any, head: Any, one: Any, other: Any, alone: dict[str, list[float]]) -> None:
    """Takes that were added are compared as they lay, and so is one that was not."""
    import bpy

    for wanted in (one, other, one):
        require(bpy.ops.ptalker.compare_takes() == {"FINISHED"}, "not compared")
        require(playing(head) is None and nla.split_take(head) == wanted, f"{wanted.name} does not lie in the NLA")
        close(alone, shown(head), {"tongueOut": 0.25})


def unheard(module: str, head: Any) -> None:
    """A bake into an NLA that is off, or plays another track alone, is refused, told, and mended by a button."""
    import bpy

    preflight = importlib.import_module(f"{module}.operators.preflight")
    animation, count = head.data.shape_keys.animation_data, len(bpy.data.actions)
    alone = animation.nla_tracks.new()
    for off in (True, False):
        animation.use_nla, alone.is_solo = not off, not off
        refused(bpy.ops.ptalker.bake, "so new tracks move nothing")
        require(len(bpy.data.actions) == count, "a refused bake changed the file")
        told = [one.fix for one in preflight.head_findings(bpy.context) if "NLA" in one.text]
        require(told == ["ptalker.play_all_tracks"], f"told is {told}")
        require(bpy.ops.ptalker.play_all_tracks() == {"FINISHED"}, "not mended")
        require(animation.use_nla and not alone.is_solo, "the NLA does not play")
    animation.nla_tracks.remove(alone)


def tweaked(head: Any) -> None:
    """In the NLA's tweak mode of what turns the head nothing is split, joined or baked, and nothing changed."""
    import bpy

    turner, keys = bpy.data.objects["Head Motion"], head.data.shape_keys
    own = bpy.data.actions.new("Nod")
    track = turner.animation_data.nla_tracks.new()
    if hasattr(own, "slots"):
        own.slots.new("OBJECT", "Nod")
    track.strips.new("Nod", 1, own)
    kept = turner.animation_data.action
    turner.animation_data.use_tweak_mode = True
    require(turner.animation_data.use_tweak_mode, "no tweak mode")
    count, played = len(bpy.data.actions), playing(head)
    refused(bpy.ops.ptalker.split_take, "tweak mode")
    refused(bpy.ops.ptalker.rebake, "tweak mode", take=played.name)
    require(len(bpy.data.actions) == count and playing(head) == played, "a refused split changed the file")
    require(not len(keys.animation_data.nla_tracks) or keys.animation_data.nla_tracks[0].name == "Mine", "tracks")
    turner.animation_data.use_tweak_mode = False
    require(turner.animation_data.action == kept, "tweak mode took the Action")
    turner.animation_data.nla_tracks.remove(track)
    bpy.data.actions.remove(own)


def restyled(module: str, head: Any) -> None:
    """A take that lies in the NLA is performed in another manner, into the NLA."""
    import bpy

    nla, settings = importlib.import_module(f"{module}.ptalker_blender.scene.nla"), bpy.context.scene.ptalker
    lying, settings.style = nla.split_take(head), "bright"
    require(bpy.ops.ptalker.restyle() == {"FINISHED"}, "not restyled")
    again = nla.split_take(head)
    require(again not in (None, lying) and playing(head) is None, "the restyled take does not lie in the NLA")
    settings.style = "voice"


def no_head_motion(module: str, head: Any, compat: Any) -> None:
    """A take without head motion stops the nods of the one before, from Action or track, but never the artist's."""
    import bpy

    settings, turner = bpy.context.scene.ptalker, bpy.data.objects["Head Motion"]
    require(len(turner.animation_data.nla_tracks) == 1, "no track to take off")
    settings.head_motion = False
    for _ in range(2):
        require(bpy.ops.ptalker.bake() == {"FINISHED"}, "no bake without head motion")
        bpy.context.scene.frame_set(1020)
        require(not len(turner.animation_data.nla_tracks), "the head's track is left")
        require(turner.animation_data.action is None and tuple(turner.rotation_euler) == (0, 0, 0), "the head nods on")
        settings.head_motion = True
        require(bpy.ops.ptalker.bake() == {"FINISHED"} and turner.animation_data.action is not None, "no head motion")
        settings.head_motion = False
    nod, _ = compat.assign_new_action(turner, "My Nod")
    require(bpy.ops.ptalker.bake() == {"FINISHED"} and turner.animation_data.action == nod, "the artist's nod is gone")
    compat.assign(turner, None)
    bpy.data.actions.remove(nod)
    settings.head_motion = True
