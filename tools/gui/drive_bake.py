"""An artist's first quarter of an hour: a head, a recording, a manner, a take, a sound dropped in, a range again.

Run by ``run_gui.sh`` in a windowed Blender with the extension installed and ``$LINE`` a spoken line. Buttons are
clicked and operators found by F3; ``manual_pictures.py`` cuts the pictures of ``docs/manual.md`` from its screenshots.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import bpy
from ptalker_gui_driver import (
    MODULE,
    Steps,
    area,
    check,
    click,
    desk,
    drive,
    find_button,
    hide,
    middle_of_view,
    move,
    open_sidebar,
    override,
    press,
    redrawn,
    region,
    screenshot,
    search,
    show_open,
    smooth_view,
    type_text,
    wait_until,
    window,
)

LINE = os.environ["LINE"]


def idle() -> bool:
    return not desk().busy


def settings() -> bpy.types.PropertyGroup:
    return bpy.context.scene.ptalker


def keys_of(action: bpy.types.Action) -> dict[tuple[str, int], list[tuple[float, ...]]]:
    """Every key of an Action, to the bit."""
    return {
        (curve.data_path, curve.array_index): [(*p.co, *p.handle_left, *p.handle_right) for p in curve.keyframe_points]
        for curve in curves_of(action)
    }


def curves_of(action: bpy.types.Action):
    if hasattr(action, "fcurves"):
        return list(action.fcurves)
    return [c for layer in action.layers for strip in layer.strips for bag in strip.channelbags for c in bag.fcurves]


def playing() -> bpy.types.Action:
    return settings().head.data.shape_keys.animation_data.action


def open_the_tab() -> Steps:
    """N over the view opens the sidebar; the tab is beside it."""
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    check(MODULE in bpy.context.preferences.addons, "the zip was installed and is enabled")
    if not area().spaces.active.show_region_ui:
        press("N", middle_of_view())
    yield from wait_until(lambda: area().spaces.active.show_region_ui, "N opens the sidebar", 10)
    yield from open_sidebar()
    screenshot("panel_empty")


def add_a_head() -> Steps:
    yield from search("rowan")
    screenshot("search_head")
    press("RET", middle_of_view())
    yield from wait_until(lambda: settings().head is not None, "F3 finds the heads in the menus", 20)
    check(settings().head.name == "Rowan", f"the head is Rowan: {settings().head.name}")
    yield 0.5
    for _ in range(2):
        press("NUMPAD_1", middle_of_view())
        press("NUMPAD_PERIOD", middle_of_view())
        yield 0.6
    screenshot("head_added")


def choose_sound_and_style() -> Steps:
    """Click File, type the path, and take the next entry of the menu of styles."""
    x, y = yield from find_button("ptalker.audio_source")
    yield from click(region().x + region().width - 50, y)
    yield from wait_until(lambda: settings().audio_source == "FILE", "a click on File chooses files", 10)
    yield 0.4
    x, y = yield from find_button("ptalker.audio_file")
    yield from click(x, y)
    press("A", (x, y), ctrl=True)
    yield from type_text(LINE, (x, y))
    press("RET", (x, y))
    yield from wait_until(lambda: settings().audio_file == LINE, "the path can be typed", 10)
    x, y = yield from find_button("ptalker.style")
    yield from click(x, y)
    yield 0.8
    screenshot("styles")
    press("B", (x, y))  # the letter that is underlined
    yield from wait_until(lambda: settings().style == "bright", "the menu of styles chooses Bright", 10)
    move(*middle_of_view())
    yield 0.5
    screenshot("ready")


def bake_by_button() -> Steps:
    x, y = yield from find_button("ptalker.bake(")
    yield from click(x, y)
    yield from wait_until(lambda: desk().busy, "a click on Bake begins a bake", 10)
    screenshot("baking")
    with override():  # two more, to be let go of
        for _ in range(2):
            bpy.ops.ptalker.bake("INVOKE_DEFAULT")
    move(*middle_of_view())
    for _ in range(3):  # Blender lets panels that grow slide into place, one step a redraw
        yield 0.4
        yield from redrawn()
    screenshot("queue")
    for job in reversed(desk().jobs[1:]):
        with override():
            bpy.ops.ptalker.cancel(job=job.number)
    yield from wait_until(idle, "the bake ends", 180)
    yield 0.5
    check(playing() is not None and len(curves_of(playing())) > 20, "the head has a take")
    jaw = settings().head.data.shape_keys.key_blocks["jawOpen"]
    opened = {frame: value_at(jaw, frame) for frame in range(1, 60)}
    widest = max(opened, key=opened.__getitem__)
    check(opened[widest] > 0.1, "the jaw opens")
    bpy.context.scene.frame_set(widest)
    smooth_view(True)
    yield 1.5
    screenshot("baked")
    smooth_view(False)


def value_at(key: bpy.types.ShapeKey, frame: int) -> float:
    bpy.context.scene.frame_set(frame)
    return key.value


def drop_a_sound() -> Steps:
    """A file dragged from another program of the X server, by the protocol that file managers speak, onto the head."""
    view, before = region("WINDOW"), len(strips())
    x, y = view.x + view.width // 2, window().height - (view.y + view.height // 2)
    command = ["python3", os.environ["DROP"], LINE, str(x), str(y)]
    source = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    yield from wait_until(lambda: source.poll() is not None, "the other program has let go of the file", 60)
    said = source.stdout.read().strip() if source.stdout is not None else ""
    check(source.returncode == 0, f"Blender takes the file: {said}")
    yield from wait_until(lambda: len(strips()) == before + 1, "a dropped sound becomes a strip", 10)
    check(settings().audio_source == "STRIP", "and is what is said")
    yield from redrawn()
    screenshot("dropped")


def strips() -> list[bpy.types.Strip]:
    editor = bpy.context.scene.sequence_editor
    if editor is None:
        return []
    return list(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)


def bake_by_search() -> Steps:
    first = playing()
    yield from search("bake")
    screenshot("search_bake")
    press("RET", middle_of_view())
    yield from wait_until(lambda: desk().busy or playing() != first, "F3 and Bake begin a bake", 20)
    yield from wait_until(idle, "the second bake ends", 180)
    yield 0.4
    check(playing() != first and first.name in bpy.data.actions, "the first take is kept beside the second")


def range_again() -> Steps:
    """Frames 12 to 24 in another manner; every key outside stays, bit for bit."""
    take, options = playing(), bpy.context.scene.ptalker_take
    options.range_first, options.range_last = 12, 24
    settings().strength = 2.0
    before = keys_of(take)
    yield 0.3
    with override():
        check(bpy.ops.ptalker.rebake_range.poll(), "Re-Bake Range is on")
        bpy.ops.ptalker.rebake_range("INVOKE_DEFAULT")
    yield from wait_until(idle, "the range is baked", 180)
    yield 0.5
    after = keys_of(playing())

    def outside(keys):
        return {path: [key for key in points if not 11 <= key[0] <= 25] for path, points in keys.items()}

    check(playing() == take, "a range keeps its take")
    check(after != before, "the range is other than it was")
    check(outside(after) == outside(before), "no key outside it is, to the bit")
    yield from show_take_panels()


def show_take_panels() -> Steps:
    """The panels on takes, which lie below the fold: with others out of the way."""
    hide("lines", "restyle", "style", "audio", "mapping", "face", "head", "direction", "output", "flame", "judge")
    show_open("range")
    yield from redrawn()
    screenshot("take_panels")
    bpy.utils.unregister_class(bpy.types.PTALKER_PT_range_open)
    hide("take")
    show_open("direction", "output", "judge")
    yield from redrawn()
    screenshot("direction_panel")


def sequencer_tab() -> Steps:
    """The same tab in the sequencer."""
    timeline = next(item for item in window().screen.areas if item.type == "DOPESHEET_EDITOR")
    timeline.ui_type = "SEQUENCE_EDITOR"
    if hasattr(window().workspace, "sequencer_scene"):  # 5.0 and later: as one chooses it in the sequencer's header
        window().workspace.sequencer_scene = bpy.context.scene
    yield 0.5
    with bpy.context.temp_override(window=window(), area=timeline, region=timeline.regions[-1]):
        bpy.ops.screen.screen_full_area()
    yield 1.0
    timeline = area("SEQUENCE_EDITOR")
    timeline.spaces.active.show_region_ui = True
    yield 1.0
    region("UI", "SEQUENCE_EDITOR").active_panel_category = "PTalker"
    yield 0.5
    with bpy.context.temp_override(window=window(), area=timeline, region=region("WINDOW", "SEQUENCE_EDITOR")):
        bpy.ops.sequencer.view_all()
    yield 1.0
    screenshot("sequencer")


def steps() -> Steps:
    for part in (
        open_the_tab,
        add_a_head,
        choose_sound_and_style,
        bake_by_button,
        drop_a_sound,
        bake_by_search,
        range_again,
        sequencer_tab,
    ):
        yield from part()


assert Path(LINE).is_file(), LINE
drive(steps())
