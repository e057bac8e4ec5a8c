"""Styles in the Asset Browser of a real window: written, seen with their portraits, used from the menu.

Run by ``run_gui.sh`` in a windowed Blender with the extension installed. Then the tab in German, where this Blender
has its languages.
"""

from __future__ import annotations

import sys
import time

import bpy
from ptalker_gui_driver import (
    MODULE,
    Steps,
    area,
    check,
    click,
    drive,
    measured,
    middle_of_view,
    move,
    open_sidebar,
    override,
    press,
    region,
    screenshot,
    search,
    type_text,
    wait_until,
    window,
)

BROWSER = "FILE_BROWSER"


def show_open(name: str, module: str) -> None:
    """Show a panel open that is closed at first: as a copy, since Blender remembers which are closed by their names."""
    panel = getattr(sys.modules[f"{MODULE}.panels.{module}"], f"PTALKER_PT_{name}")
    own = {key: value for key, value in vars(panel).items() if key not in ("__dict__", "__weakref__", "bl_rna")}
    own |= {"bl_options": set(), "bl_idname": f"{panel.__name__}_open"}
    bpy.utils.register_class(type(own["bl_idname"], panel.__bases__, own))


def active_asset() -> bpy.types.AssetRepresentation | None:
    with override("WINDOW", BROWSER):
        return bpy.context.asset


def publish() -> Steps:
    """The library is written, and nothing in the open file is changed."""
    show_open("restyle", "style")
    yield 0.8
    counts = len(bpy.data.actions), len(bpy.data.images), len(bpy.data.libraries)
    changed = bpy.data.is_dirty
    run = sys.modules[f"{MODULE}.operators.style_assets"].write_style_assets

    def timed(*given: object) -> object:
        begin = time.perf_counter()
        path = run(*given)
        measured("write_styles_ms", 1000 * (time.perf_counter() - begin))
        return path

    sys.modules[f"{MODULE}.operators.style_assets"].write_style_assets = timed
    yield from search("styles to asset")
    press("RET", middle_of_view())
    libraries = bpy.context.preferences.filepaths.asset_libraries
    yield from wait_until(lambda: "PTalker Styles" in libraries, "F3 finds it, and it adds an asset library", 10)
    check((len(bpy.data.actions), len(bpy.data.images), len(bpy.data.libraries)) == counts, "no datablock is left")
    check(bpy.data.is_dirty == changed, "the file is as saved as it was")
    screenshot("assets_button")


def browse() -> Steps:
    """The entries with their portraits."""
    timeline = next(item for item in window().screen.areas if item.type == "DOPESHEET_EDITOR")
    timeline.ui_type = "ASSETS"
    yield 0.6
    with bpy.context.temp_override(window=window(), area=timeline, region=timeline.regions[-1]):
        bpy.ops.screen.screen_full_area()
    yield 1.0
    browser = area(BROWSER).spaces.active
    browser.params.asset_library_reference = "PTalker Styles"
    browser.show_region_tool_props = True
    yield 2.0
    x, y = first_asset()
    yield from click(x, y)
    yield 0.6
    screenshot("assets_browser")
    asset = active_asset()
    check(asset is not None and asset.id_type == "ACTION", f"a click chooses an asset: {asset}")
    check(
        asset.metadata.author == "PTalker" and "Style" in [t.name for t in asset.metadata.tags], "it says whose it is"
    )


def first_asset() -> tuple[float, float]:
    view = region("WINDOW", BROWSER)
    return view.x + 60, view.y + view.height - 70


def use_by_menu() -> Steps:
    """A right click on an asset offers Use as Style."""
    settings = bpy.context.scene.ptalker
    name = active_asset().name.lower()
    settings.style = "voice"
    x, y = first_asset()
    move(x, y)
    yield 0.2
    window().event_simulate(type="RIGHTMOUSE", value="PRESS", x=round(x), y=round(y))
    window().event_simulate(type="RIGHTMOUSE", value="RELEASE", x=round(x), y=round(y))
    yield 0.8
    screenshot("assets_menu")
    press("UP_ARROW", (x, y))  # from the first item to the last
    yield 0.2
    press("RET", (x, y))
    yield from wait_until(lambda: settings.style == name, f"the asset chooses the style {name}", 10)
    check(bpy.context.scene.ptalker_style.source.action is None, "no Action was brought in for it")


def use_by_search() -> Steps:
    """F3 over the browser; the asset is an Action of the artist's own, in this file."""
    settings, own = bpy.context.scene.ptalker, bpy.context.scene.ptalker_style
    with override("WINDOW", BROWSER):
        bpy.ops.ptalker.add_head("EXEC_DEFAULT", True)
    keys = settings.head.data.shape_keys
    for frame in range(1, 60, 4):
        keys.key_blocks["jawOpen"].value = frame % 8 / 8
        keys.key_blocks["jawOpen"].keyframe_insert("value", frame=frame)
    mine = keys.animation_data.action
    mine.name = "Mine"
    mine.asset_mark()
    area(BROWSER).spaces.active.params.asset_library_reference = "LOCAL"
    yield 1.0
    yield from click(*first_asset())
    yield 0.4
    check(active_asset().local_id == mine, "the Action of this file is an asset")
    press("F3", first_asset())
    yield 0.6
    yield from type_text("use as style", first_asset())
    yield 0.6
    screenshot("assets_search")
    press("RET", first_asset())
    yield from wait_until(lambda: own.source.action == mine, "F3 makes it the Action whose manner is used", 10)
    check(settings.style == "ACTION" and len(bpy.data.actions) == 1, "as it is, not a copy")


def in_german() -> Steps:
    """The tab and what it says in German; ``run_gui.sh`` gives Blender that language."""
    with override("WINDOW", BROWSER):
        bpy.ops.screen.back_to_previous()
    view = bpy.context.preferences.view
    view.language = "de_DE"
    bpy.context.scene.ptalker.head = None
    yield 1.0
    yield from open_sidebar()
    screenshot("german")
    translations = sys.modules[f"{MODULE}.translations"]
    shown = bpy.app.translations.pgettext_iface("Bake", "Operator"), translations.say("'Cube' has no shape keys")
    check(shown == ("Backen", "'Cube' hat keine Formschlüssel"), f"buttons and sentences are German: {shown}")
    view.language = "en_US"
    check(translations.say("No head is chosen") == "No head is chosen", "and English again")


def steps() -> Steps:
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    yield from open_sidebar()
    yield from publish()
    yield from browse()
    yield from use_by_menu()
    yield from use_by_search()
    yield from in_german()


drive(steps())
