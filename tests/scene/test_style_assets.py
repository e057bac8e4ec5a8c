"""Styles written as Action assets and read back; other Actions brought in."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

pytestmark = [
    pytest.mark.bpy,
    pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="this Python has no bpy"),
]


@pytest.fixture
def entry():
    from ptalker_blender.motion.controls import INDEX
    from ptalker_blender.motion.motion import Motion
    from ptalker_blender.scene.style_assets import StyleAsset

    values = np.zeros((1000, 55), np.float32)  # 20 s
    values[:, INDEX["jawOpen"]] = 0.5 + 0.5 * np.sin(np.arange(1000) * 0.1)
    values[:, INDEX["headYaw"]] = 0.3
    pixels = np.random.default_rng(0).random((8, 4, 4)).astype(np.float32)

    def make(name="calm_one", label="Calm One", ships=False):
        return StyleAsset(name, label, "Calm and low", ships, pixels, Motion(values))

    return make


def read_back(path):
    """What the file holds, by name of the asset: description, tags, catalog, properties, preview, keys of the jaw."""
    import bpy

    found = {}
    # Not into bpy.data.temp_data(), see docs/decisions.d/assets.md
    with bpy.data.libraries.load(str(path), link=True, assets_only=True) as (there, wanted):
        wanted.actions = list(there.actions)
    try:
        for action in wanted.actions:
            about, preview = action.asset_data, action.preview
            pixels = np.empty(4 * int(np.prod(preview.image_size)), np.float32)
            preview.image_pixels_float.foreach_get(pixels)
            bag = action.layers[0].strips[0].channelbags[0]
            found[action.name] = {
                "description": about.description,
                "tags": {tag.name for tag in about.tags},
                "catalog": about.catalog_id,
                "style": about["ptalker_style"],
                "pixels": pixels.reshape(*reversed(preview.image_size), 4),
                "paths": [curve.data_path for curve in bag.fcurves],
                "keys": [tuple(point.co) for point in bag.fcurves[0].keyframe_points],
                "type": action.slots[0].target_id_type,
            }
    finally:
        linked = [one for one in bpy.data.libraries if Path(bpy.path.abspath(one.filepath)).resolve() == path.resolve()]
        for library in linked:
            bpy.data.libraries.remove(library)
    return found


def test_what_is_written_is_read_back(scene, entry, tmp_path):
    from ptalker_blender.scene.style_assets import CATALOG_ID, write_style_assets

    given = entry()
    done: list[float] = []
    path = write_style_assets([given, entry("loud", "Loud", True)], tmp_path, 25.0, done.append)
    found = read_back(path)
    assert set(found) == {"Calm One", "Loud"} and done == [0.0, 0.5]
    calm = found["Calm One"]
    assert calm["description"] == "Calm and low" and calm["style"] == "calm_one"
    assert calm["tags"] == {"PTalker", "Style", "Own"} and "Own" not in found["Loud"]["tags"]
    assert calm["catalog"] == CATALOG_ID and calm["type"] == "KEY"
    np.testing.assert_allclose(calm["pixels"], given.pixels, atol=1 / 255)
    assert calm["paths"] == ['key_blocks["jawOpen"].value']
    frames, values = np.array(calm["keys"]).T
    assert frames[0] == 1.0 and frames[-1] == pytest.approx(1 + 499 * 25 / 50)  # 10 s, the last at 9.98 s
    rows = np.rint((frames - 1) * 2).astype(int)
    np.testing.assert_allclose(values, given.motion.values[rows, 17], atol=1e-6)
    between = np.interp(np.arange(500) / 2 + 1, frames, values)
    np.testing.assert_allclose(between, given.motion.values[:500, 17], atol=0.0101)


def test_the_open_file_is_left_alone(scene, entry, tmp_path):
    import bpy

    from ptalker_blender.scene.style_assets import write_style_assets

    mine = bpy.data.actions.new("Calm One")
    counts = {name: len(getattr(bpy.data, name)) for name in ("actions", "images", "libraries", "shape_keys")}
    found = read_back(write_style_assets([entry()], tmp_path, 24.0))
    assert "Calm One" in found and mine.name == "Calm One" and mine.asset_data is None
    assert {name: len(getattr(bpy.data, name)) for name in counts} == counts
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blender_assets.cats.txt", "ptalker_styles.blend"]


def test_a_catalog_of_the_artist_stays(scene, entry, tmp_path):
    from ptalker_blender.scene.style_assets import CATALOG_ID, write_style_assets

    path = tmp_path / "blender_assets.cats.txt"
    own = "VERSION 1\n\n11111111-2222-4333-8444-555555555555:Props:Props"
    path.write_text(own, encoding="utf-8")
    for _ in range(2):
        write_style_assets([entry()], tmp_path, 24.0)
    assert path.read_text(encoding="utf-8") == f"{own}\n{CATALOG_ID}:PTalker Styles:PTalker Styles\n"


def test_a_folder_that_is_not_there_is_one_line(scene, entry, tmp_path):
    from ptalker_blender.errors import UserError
    from ptalker_blender.scene.style_assets import write_style_assets

    with pytest.raises(UserError, match="cannot be written"):
        write_style_assets([entry()], tmp_path / "nowhere", 24.0)


def test_a_folder_is_registered_once(scene, tmp_path):
    import bpy

    from ptalker_blender.scene.style_assets import register_library

    preferences = bpy.context.preferences
    count = len(preferences.filepaths.asset_libraries)
    assert register_library(preferences, tmp_path)
    assert not register_library(preferences, tmp_path / "x" / "..")
    assert len(preferences.filepaths.asset_libraries) == count + 1
    preferences.filepaths.asset_libraries.remove(preferences.filepaths.asset_libraries[-1])


def test_an_action_is_appended_once_until_its_file_changes(scene, entry, tmp_path):
    import os

    import bpy

    from ptalker_blender.errors import UserError
    from ptalker_blender.scene.style_assets import append_action, require_face_action, write_style_assets

    path = write_style_assets([entry()], tmp_path, 24.0)
    first = append_action(path, "Calm One")
    assert first.asset_data is None and first.library is None and not bpy.data.libraries
    require_face_action(first)
    assert append_action(path, "Calm One") == first and len(bpy.data.actions) == 1
    os.utime(path, (1, 1))
    assert append_action(path, "Calm One") != first
    with pytest.raises(UserError, match="no Action 'Other'"):
        append_action(path, "Other")
    with pytest.raises(UserError, match="cannot be read"):
        append_action(tmp_path / "none.blend", "Calm One")


def test_an_action_on_no_face_is_refused_and_goes_again(scene, tmp_path):
    import bpy

    from ptalker_blender.errors import UserError
    from ptalker_blender.scene.style_assets import append_action, require_face_action

    walk = bpy.data.actions.new("Walk")
    bpy.data.libraries.write(str(tmp_path / "walks.blend"), {walk}, fake_user=True)
    bpy.data.actions.remove(walk)
    mine = bpy.data.actions.new("Mine")
    for action in (append_action(tmp_path / "walks.blend", "Walk"), mine):
        with pytest.raises(UserError, match="no shape keys"):
            require_face_action(action)
    assert [action.name for action in bpy.data.actions] == ["Mine"]
