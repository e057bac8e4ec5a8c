"""The part of ``check_extension`` about styles in the Asset Browser; runs in the same process, without a window.

The active asset of a browser cannot be had without a window, so it is named, as scripts may;
``tools/gui/drive_assets.py`` chooses it in a browser.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from check_styles import refused, require  # beside this script

PORTRAIT = 128  # pixels of a side


def read_assets(path: Path) -> dict[str, dict[str, Any]]:
    """What is written, by the assets' names; linked for the moment of reading."""
    import bpy
    import numpy as np

    found = {}
    # Not into bpy.data.temp_data(), see docs/decisions.d/assets.md
    with bpy.data.libraries.load(str(path), link=True, assets_only=True) as (there, wanted):
        wanted.actions = list(there.actions)
    try:
        for action in wanted.actions:
            about, size = action.asset_data, tuple(action.preview.image_size)
            pixels = np.empty(4 * size[0] * size[1], np.float32)
            action.preview.image_pixels_float.foreach_get(pixels)
            found[action.name] = {
                "tags": {tag.name for tag in about.tags},
                "description": about.description,
                "catalog": about.catalog_id,
                "style": about["ptalker_style"],
                "size": size,
                "inked": float((pixels.reshape(-1, 4)[:, 3] > 0.5).mean()),
                "seconds": float(action.frame_range[1] - action.frame_range[0]) / about["ptalker_rate"],
            }
    finally:
        linked = [one for one in bpy.data.libraries if Path(bpy.path.abspath(one.filepath)).resolve() == path.resolve()]
        for library in linked:
            bpy.data.libraries.remove(library)
    return found


def check_writing(module: str, library: Path) -> Path:
    """Every style is an asset with its picture, its catalog and its performance; the folder is registered once."""
    import bpy

    properties = importlib.import_module(f"{module}.style_properties")
    counts = {name: len(getattr(bpy.data, name)) for name in ("actions", "images", "libraries")}
    own = bpy.data.actions.new("Stern")  # the name that one of ours has
    for _ in range(2):
        require(bpy.ops.ptalker.publish_styles() == {"FINISHED"}, "the styles were not written")
    require(own.name == "Stern" and own.asset_data is None, "an Action of the artist's was touched")
    bpy.data.actions.remove(own)
    require({name: len(getattr(bpy.data, name)) for name in counts} == counts, "something was left in the open file")
    folder = library / "asset_library"
    listed = [Path(one.path) for one in bpy.context.preferences.filepaths.asset_libraries]
    require(listed.count(folder) == 1, f"registered in {listed}")
    left = sorted(path.name for path in folder.iterdir())
    require(left == ["blender_assets.cats.txt", "ptalker_styles.blend"], f"the folder holds {left}")
    found = read_assets(folder / "ptalker_styles.blend")
    items = {item[1]: item for item in properties.style_items() if item[0] in properties.style_names()}
    require(set(found) == set(items) and "My Manner" in found, f"assets {sorted(found)}, styles {sorted(items)}")
    catalog = (folder / "blender_assets.cats.txt").read_text(encoding="utf-8")
    for label, asset in found.items():
        require(asset["style"] == items[label][0] and asset["description"] == items[label][2], f"odd {label}: {asset}")
        require({"PTalker", "Style"} < asset["tags"], f"tags of {label}: {asset['tags']}")
        require(asset["size"] == (PORTRAIT, PORTRAIT) and 0.05 < asset["inked"] < 0.9, f"picture of {label}: {asset}")
        require(f"{asset['catalog']}:PTalker Styles:" in catalog, f"{label} is in no catalog of the file")
        require(1.0 <= asset["seconds"] <= 10.0, f"{label} lasts {asset['seconds']} s")
    require("Own" in found["My Manner"]["tags"] and "Own" not in found["Stern"]["tags"], "whose styles they are")
    return folder / "ptalker_styles.blend"


def check_using(settings: Any, own: Any, file: Path) -> None:
    """An asset of ours chooses its style; another's, a local one and one of no library become the Action source."""
    import bpy

    def use(**given: str) -> None:
        require(bpy.ops.ptalker.use_asset(**given) == {"FINISHED"}, f"{given} was not used")

    refused(bpy.ops.ptalker.use_asset, "no asset")
    count = len(bpy.data.actions)
    for label, style in (("Stern", "stern"), ("My Manner", "my_manner")):
        use(action=label, file=str(file))
        require(settings.style == style, f"{label} chose {settings.style!r}")
        require(len(bpy.data.actions) == count, f"{label} left an Action")
    friend = file.with_name("friend.blend")  # somebody else's library: the same bytes are not the artist's own style
    friend.write_bytes(file.read_bytes())
    use(action="Stern", file=str(friend))
    require(settings.style == "stern", "what ships is not known in another file")
    use(action="My Manner", file=str(friend))
    appended = own.source.action
    require(settings.style == "ACTION" and appended.name == "My Manner", f"the Action is {appended}")
    require(appended.asset_data is None and len(bpy.data.actions) == count + 1, "the Action was not appended alone")
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "no bake in the manner of an appended asset")
    own.source.action, settings.style = None, "voice"
    use(action="My Manner", file=str(friend))
    require(own.source.action == appended, "the same asset was appended twice")
    local = settings.head.data.shape_keys.animation_data.action
    use(action=local.name)
    require(own.source.action == local, "an Action of this file was not used as it is")
    walk = bpy.data.actions.new("Walk")
    refused(lambda: use(action="Walk"), "moves no shape keys")
    refused(lambda: use(action="Nobody", file=str(friend)), "has no Action 'Nobody'")
    require(own.source.action == local and settings.style == "ACTION", "a refused asset changed the style")
    own.source.action, settings.style = None, "voice"
    for action in (walk, appended):
        bpy.data.actions.remove(action)
    friend.unlink()


def check_assets(module: str, audio: Path, folder: Path) -> None:
    """All of it, on the head that is chosen."""
    import bpy

    settings, own = bpy.context.scene.ptalker, bpy.context.scene.ptalker_style
    kept = settings.audio_source, settings.audio_file, settings.style
    preferences = bpy.context.preferences.addons[module].preferences
    properties = importlib.import_module(f"{module}.style_properties")
    library = folder / "styles of mine"
    library.mkdir()
    styles = importlib.import_module(f"{module}.ptalker_blender.style.library")
    performance = importlib.import_module(f"{module}.ptalker_blender.style.performance")
    motion = styles.load_style("wry").motion
    styles.save_style(performance.Performance(motion), "As I do it", library / "my_manner.npz")  # without a picture
    preferences.library = str(library)
    properties.forget_styles()
    settings.audio_source, settings.audio_file = "FILE", str(audio)
    file = check_writing(module, library)
    check_using(settings, own, file)
    file.unlink()
    preferences.library = ""
    properties.forget_styles()
    settings.audio_source, settings.audio_file, settings.style = kept
    print("  styles as assets: written, read back, registered once; assets of three kinds used as the style")
