"""From the zip to the fine work, by hand: installing, the preferences, a key, the takes list, a slider, Esc.

Run by ``run_gui.sh`` in a windowed Blender in which the extension is *not* installed yet: the file is chosen in the
file browser of Install from Disk. What other drives do by operators is done with the mouse here.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import bpy
from ptalker_gui_driver import (
    MODULE,
    OUT,
    StepError,
    Steps,
    check,
    click,
    desk,
    drive,
    find_button,
    hide,
    middle_of_view,
    move,
    open_sidebar,
    other_window,
    override,
    press,
    press_button,
    redrawn,
    region,
    screenshot,
    search,
    show_open,
    vowel,
    wait_until,
    window,
)

ZIP = Path(os.environ["EXTENSION"])
DRAG = range(3, 61, 3)  # pixels from where a slider is taken


def idle() -> bool:
    return not desk().busy


def settings() -> bpy.types.PropertyGroup:
    return bpy.context.scene.ptalker


def head() -> bpy.types.Object:
    return settings().head


def playing() -> bpy.types.Action:
    return head().data.shape_keys.animation_data.action


def press_in(other: bpy.types.Window, key: str) -> None:
    """Press a key with the mouse over the middle of another window."""
    x, y = other.width // 2, other.height // 2
    for kind, value in (("MOUSEMOVE", "NOTHING"), (key, "PRESS"), (key, "RELEASE")):
        other.event_simulate(type=kind, value=value, x=x, y=y)


def close(kind: str) -> Steps:
    """Close a second window."""
    with bpy.context.temp_override(window=other_window(kind)):
        bpy.ops.wm.window_close()
    move(*middle_of_view())  # an event, as there always is before anything else: until then 5.2 keeps the freed window
    yield 0.5
    check(other_window(kind) is None, f"the window of the {kind} closes")


def install() -> Steps:
    """Preferences, Get Extensions, Install from Disk, the zip, Return."""
    check(MODULE not in bpy.context.preferences.addons, "the extension is not installed")
    bpy.ops.screen.userpref_show(section="EXTENSIONS")
    yield from wait_until(lambda: other_window("PREFERENCES"), "the preferences open", 20)
    chosen = other_window("PREFERENCES")
    with bpy.context.temp_override(
        window=chosen, area=chosen.screen.areas[0], region=chosen.screen.areas[0].regions[-1]
    ):
        bpy.ops.extensions.package_install_files("INVOKE_DEFAULT", repo="user_default")
    yield from wait_until(lambda: other_window("FILE_BROWSER"), "Install from Disk asks for a file", 20)
    browser = other_window("FILE_BROWSER")
    space = browser.screen.areas[0].spaces.active
    yield from wait_until(lambda: space.params is not None, "its file browser is ready", 20)
    space.params.directory, space.params.filename = str(ZIP.parent).encode(), ZIP.name
    yield 0.8
    screenshot("install")
    press_in(browser, "RET")
    yield from wait_until(lambda: MODULE in bpy.context.preferences.addons, "Return installs and enables it", 60)
    yield 0.5
    screenshot("installed")
    yield from close("PREFERENCES")


def mend_the_runtime() -> Steps:
    """The panel says that its Python is wrong, and opens the preferences that hold it."""
    preferences = bpy.context.preferences.addons[MODULE].preferences
    preferences.python = "/nowhere/python"
    yield from redrawn()
    screenshot("no_python")
    yield from press_button("ptalker.open_preferences(")
    yield from wait_until(lambda: other_window("PREFERENCES"), "a button of the panel opens the preferences", 20)
    yield 1.0
    screenshot("preferences")
    check(bpy.context.preferences.active_section in {"ADDONS", "EXTENSIONS"}, "at the add-ons")
    yield from close("PREFERENCES")
    preferences.python = ""


def window_keys() -> list[bpy.types.KeyMapItem]:
    """Items of the artist's keymap that are heard in every editor."""
    return list(bpy.context.window_manager.keyconfigs.user.keymaps["Screen"].keymap_items)


def keyboard() -> Steps:
    """Bake by a key of the artist's own, given to the item that waits for one, and from the Quick Favorites."""
    with override():
        bpy.ops.ptalker.add_head("EXEC_DEFAULT", True)
    settings().audio_source, settings().audio_file, settings().add_strip = "FILE", str(OUT / "short.wav"), False
    yield 0.5
    place = yield from find_button("ptalker.bake(")
    x, y = round(place[0]), round(place[1])
    for value in ("PRESS", "RELEASE"):
        window().event_simulate(type="RIGHTMOUSE", value=value, x=x, y=y)
    yield 0.6
    screenshot("bake_menu")
    press("A", place)  # Add to Quick Favorites: the letter that is underlined
    yield 0.4
    waiting = [item for item in window_keys() if item.idname == "ptalker.bake"]
    check([item.type for item in waiting] == ["NONE"], "Bake waits for a key")
    waiting[0].type = "F6"
    for key, then in (("F6", ""), ("Q", "RET")):
        move(*middle_of_view())
        yield 0.3
        press(key, middle_of_view())
        if then:
            yield 0.6
            screenshot("favorites")
            press(then, middle_of_view())
        yield from wait_until(lambda: desk().busy, f"{key} bakes", 10)
        if then:
            press("ESC", middle_of_view())
        yield from wait_until(idle, "and that ends")
    check(len([action for action in bpy.data.actions if "ptalker_take" in action]) == 1, "one take was baked")


def escape_words() -> Steps:
    """Mark Words is found by F3 and let go of by Esc."""
    settings().text = "oh ah oh ah"
    yield from search("mark words")
    screenshot("search_words")
    press("RET", middle_of_view())
    yield from wait_until(lambda: desk().busy, "F3 finds Mark Words", 10, 0.002)
    press("ESC", middle_of_view())
    yield from wait_until(idle, "Esc lets go of it", 10, 0.002)
    yield 0.3
    check(not bpy.context.scene.timeline_markers, "no marker was set")
    settings().text = ""


def escape_keys() -> Steps:
    """Build Face Keys on a mesh of the head's topology, and Esc."""
    bare = bpy.data.objects.new("Bare", head().data.copy())
    bare.shape_key_clear()
    bpy.context.scene.collection.objects.link(bare)
    chosen, settings().head = head(), bare
    yield 0.3
    with override():
        check(bpy.ops.ptalker.build_keys("INVOKE_DEFAULT") == {"RUNNING_MODAL"}, "Build Face Keys is under way")
    press("ESC", middle_of_view())
    yield from wait_until(idle, "Esc lets go of it", 10, 0.002)
    yield 0.3
    check(bare.data.shape_keys is None, "the mesh has no keys")
    settings().head = chosen
    bpy.data.objects.remove(bare)


def takes_list() -> Steps:
    """A dot, Compare by F3, and the basket: refused, then meant."""
    first = playing().name
    with override():
        bpy.ops.ptalker.rebake("INVOKE_DEFAULT", True, seed=7)
    yield from wait_until(lambda: idle() and playing().name != first, "a second take plays")
    second = playing().name
    hide("restyle", "style", "audio", "mapping", "face", "head", "direction", "output", "flame", "judge", "lines")
    yield from redrawn()
    yield from press_button(f'ptalker.play_take(take="{first}"', column=35)
    yield from wait_until(lambda: playing().name == first, "a click on its dot lets a take play", 10)
    yield from search("compare")
    press("RET", middle_of_view())
    yield from wait_until(lambda: playing().name == second, "F3 and Compare swap the takes", 10)
    basket = region().width - 40
    for key, deleted in (("ESC", False), ("RET", True)):
        place = yield from find_button("ptalker.delete_take(", column=basket)
        yield from click(*place)
        yield 0.5
        screenshot(f"delete_take_{key}")
        press(key, place)
        yield 0.8
        check((second not in bpy.data.actions) == deleted, f"{key} in the dialog of Delete: {deleted}")
    check(playing().name == first, "the take that is left plays")


def key_values() -> dict[str, float]:
    return {key.name: round(key.value, 6) for key in head().data.shape_keys.key_blocks}


def every_key() -> dict[str, list[tuple[float, ...]]]:
    """All keys of what plays, to the bit."""
    action = playing()
    curves = list(action.fcurves) if hasattr(action, "fcurves") else [
        curve for layer in action.layers for strip in layer.strips for bag in strip.channelbags for curve in bag.fcurves
    ]  # fmt: skip
    return {curve.data_path: [tuple(point.co) for point in curve.keyframe_points] for curve in curves}


def drag_a_slider() -> Steps:
    """Intensity by the mouse: the face follows while the button is down; one undo step; the head stays in its place."""
    hide("take", "range")
    show_open("direction")
    yield from redrawn()
    head().location = 0.1, 0.2, 0.3
    scene = bpy.context.scene
    scene.frame_set(widest())
    bpy.ops.ed.undo_push(message="Before the drag")
    at_first, keys, where = key_values(), every_key(), tuple(head().matrix_world.translation)
    x, y = yield from find_button("ptalker_direction.intensity")
    move(x, y)
    yield 0.2
    window().event_simulate(type="LEFTMOUSE", value="PRESS", x=round(x), y=round(y))
    seen = [key_values()["jawOpen"]]
    for far in DRAG:
        move(x + far, y)
        yield 0.1
        seen.append(key_values()["jawOpen"])
    yield from wait_until(lambda: key_values() != at_first, "the face follows while the button is down", 10)
    check(head().ptalker_direction.intensity > 1.0, "the slider is dragged up")
    check(seen == sorted(seen) and len(set(seen)) > 3, f"the mouth opens further and further: {seen}")
    screenshot("dragged")
    window().event_simulate(type="LEFTMOUSE", value="RELEASE", x=round(x + DRAG[-1]), y=round(y))
    yield from wait_until(lambda: resting(playing()), "the keys are chosen when it rests", 10)
    check(every_key() != keys, "the take is changed")
    for frame in (1, 10, 20):
        scene.frame_set(frame)
        check(tuple(head().matrix_world.translation) == where, f"the head is where it was placed, at frame {frame}")
    undone: list[bool] = []
    bpy.app.handlers.undo_post.append(lambda *_args: undone.append(True))
    move(*middle_of_view())
    yield 0.2
    press("Z", middle_of_view(), ctrl=True)
    yield from wait_until(lambda: undone, "the key undoes", 20)
    bpy.app.handlers.undo_post.pop()
    yield from wait_until(lambda: every_key() == keys, "one undo gives all keys back, to the bit", 10)
    check(head().ptalker_direction.intensity == 1.0, "and the slider")
    check(abs(head().location.x - 0.1) < 1e-6, "and nothing before it")


def resting(action: bpy.types.Action) -> bool:
    """Whether a take's keys are those of its sliders."""
    record = json.loads(action["ptalker_take"])
    return bool(record.get("resting", True)) and record["direction"].get("intensity", 1.0) > 1.0


def widest() -> int:
    """Where the mouth is open widest."""
    opened = {}
    for frame in range(1, 24):
        bpy.context.scene.frame_set(frame)
        opened[frame] = head().data.shape_keys.key_blocks["jawOpen"].value
    frame = max(opened, key=opened.__getitem__)
    if opened[frame] <= 0.0:
        raise StepError(f"the mouth stays shut: {opened}")
    return frame


def steps() -> Steps:
    yield from install()
    yield from open_sidebar()
    for part in (mend_the_runtime, keyboard, escape_words, escape_keys, takes_list, drag_a_slider):
        yield from part()


vowel(OUT / "short.wav", 2.0)
drive(steps())
