# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Sheets of the head: poses are sound, the camera keeps its subject in the picture, pictures differ where poses do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from PIL import Image

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.head import load_head
from tools.demo.verify import sample_counts
from tools.head_sheets.__main__ import main
from tools.head_sheets.clip import make_clip, speak
from tools.head_sheets.layout import GAP, LABEL_ROOM, TITLE_ROOM, captioned, grid, save_png, side_by_side
from tools.head_sheets.poses import POSES, find_poses
from tools.head_sheets.sheets import family, key_zone, turnaround
from tools.head_sheets.studio import Look
from tools.head_sheets.views import FRONT, HALF_SENSOR, LENS, VIEWS, ZONES, find_views, frame, view_axes, zone_points

pytestmark = pytest.mark.bpy
TINY = Look((48, 48), samples=1)


def silent(_: str) -> None:
    """Swallow progress."""


@pytest.fixture(scope="module")
def head():
    return load_head()


def seen(points, shot):
    """Points [n, 3] in the picture [n, 2], the longer side being -1..1, by the pinhole's own formula."""
    local = (points - shot.location) @ shot.axes
    return local[:, :2] / -local[:, 2:] * LENS / HALF_SENSOR


@pytest.mark.parametrize("pose", POSES, ids=lambda pose: pose.name)
def test_poses_are_of_known_controls_in_range(pose):
    assert set(pose.weights) <= set(BLENDSHAPES)
    assert all(0.0 < weight <= 1.0 for weight in pose.weights.values())


@pytest.mark.parametrize("pose", POSES, ids=lambda pose: pose.name)
def test_poses_are_symmetric(pose):
    for name, weight in pose.weights.items():
        if name.endswith("Left"):
            assert pose.weights[name.removesuffix("Left") + "Right"] == weight


def test_poses_of_the_issue_are_there():
    wanted = ["rest", "ah", "oo", "ee", "mm", "f", "th", "smile", "blink", "brow_up"]
    assert [pose.name for pose in find_poses(",".join(wanted))] == [name.replace("_", " ") for name in wanted]
    assert [view.name for view in VIEWS] == ["front", "three-quarter", "profile", "below"]


def test_unknown_names_are_refused_with_those_that_exist():
    with pytest.raises(UserError, match=r"no pose 'sneeze'; expected some of rest, ah, .*--poses"):
        find_poses("rest,sneeze")
    with pytest.raises(UserError, match=r"no view 'top'; expected some of front, .*--views"):
        find_views("top")


def test_unknown_pose_on_the_command_line_is_one_line_and_status_2(tmp_path, capsys):
    assert main(["turnaround", str(tmp_path / "x.png"), "--poses", "sneeze"]) == 2
    assert capsys.readouterr().err.startswith("head_sheets: no pose 'sneeze'")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_camera_axes_are_a_right_handed_frame_with_up_upwards(view):
    axes = view_axes(view)
    assert axes.T @ axes == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1.0)
    assert axes[2, 1] > 0.5
    assert axes[2, 2] == pytest.approx(np.sin(np.radians(view.elevation)))


@pytest.mark.parametrize("aspect", [1.0, 4 / 3, 0.8])
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_zone_fills_the_picture_and_is_centred(head, view, zone, aspect):
    points = zone_points(head, zone, jaw=0.6)
    picture = seen(points, frame([points], view, aspect)[0])
    edges = np.array([1.0, 1.0 / aspect] if aspect >= 1 else [aspect, 1.0])
    low, high = picture.min(axis=0) / edges, picture.max(axis=0) / edges
    assert 0.90 < np.maximum(-low, high).max() <= 1.0
    assert low + high == pytest.approx([0.0, 0.0], abs=2e-3)


def test_larger_head_is_seen_larger_at_one_scale(head):
    points = zone_points(head, "head")
    shots = frame([points, 0.8 * points], FRONT)
    large, small = (np.ptp(seen(p, s), axis=0).max() for p, s in zip((points, 0.8 * points), shots, strict=True))
    assert small / large == pytest.approx(0.8, abs=0.03)


def test_head_zone_reaches_from_below_the_open_chin_to_the_crown(head):
    rest, opened = (zone_points(head, "head", jaw)[:, 2] for jaw in (0.0, 1.0))
    chin = head.vertices[head.landmarks["chin"][0], 1]
    assert rest.max() == pytest.approx(head.vertices[:, 1].max())
    assert chin - 0.04 < rest.min() < chin - 0.005
    assert opened.min() < rest.min() - 0.01


def test_every_key_has_its_zone():
    zones = {key: key_zone(key) for key in BLENDSHAPES}
    assert {zones["eyeBlinkLeft"], zones["browInnerUp"]} == {"eyes"}
    assert {zones["jawOpen"], zones["tongueOut"], zones["mouthPucker"]} == {"mouth"}
    assert {zones["cheekPuff"], zones["noseSneerLeft"]} == {"face"}


def test_turnaround_shows_each_pose_in_its_place(head):
    """In the row of ``ah`` the mouth differs from rest and the brow does not; a repeated rest is the same picture."""
    views = find_views("front,profile")
    sheet = turnaround(head, find_poses("rest,ah,rest"), views, "head", TINY, "title", silent)
    left, step = sheet.width - 2 * (48 + GAP), 48 + GAP
    top = TITLE_ROOM + LABEL_ROOM
    assert sheet.height == top + 3 * step
    pixels = np.asarray(sheet.convert("L"), np.float64)
    rest, ah, again = (pixels[top + k * step : top + k * step + 48, left : left + 48] for k in range(3))
    assert np.array_equal(rest, again)
    assert rest.std() > 5
    assert np.abs(rest - ah)[24:].max() > 20
    assert np.abs(rest - ah)[24:].mean() > 4 * np.abs(rest - ah)[:18].mean()


def test_family_shows_the_head_that_its_column_names(head):
    """A second identity whose keys move nothing keeps its mouth shut where the first one's is open."""
    other = replace(head, key_deltas=np.zeros_like(head.key_deltas))
    sheet = family([head, other], ["one", "two"], find_poses("ah"), TINY, "title", silent)
    left, top, step = sheet.width - 2 * (48 + GAP), TITLE_ROOM + LABEL_ROOM, 48 + GAP
    pixels = np.asarray(sheet.convert("L"), np.float64)
    one, two = (pixels[top : top + 48, left + k * step : left + k * step + 48] for k in range(2))
    assert one[30:46, 16:32].min() < two[30:46, 16:32].min() - 20


def test_clay_has_no_colour(head):
    clay = turnaround(head, find_poses("rest"), [FRONT], "eyes", Look((48, 48), 1, "clay"), "", silent)
    shaded = turnaround(head, find_poses("rest"), [FRONT], "eyes", TINY, "", silent)
    grey, tinted = (np.asarray(sheet, np.float64)[-48:-GAP, -48:-GAP] for sheet in (clay, shaded))
    saturation = [np.ptp(pixels, axis=2).mean() for pixels in (grey, tinted)]
    assert saturation[0] < 0.5 * saturation[1]


def test_layouts_have_the_sizes_of_their_parts():
    tile = Image.new("RGB", (30, 20), (200, 10, 10))
    sheet = captioned([("a", tile)] * 5, 3, "title")
    assert sheet.size == (3 * (30 + GAP) + GAP, TITLE_ROOM + 2 * (LABEL_ROOM + 20 + GAP))
    assert (np.asarray(sheet) == (200, 10, 10)).all(axis=2).sum() == 5 * 30 * 20
    table = grid([[tile, tile]], ["row"], ["a", "b"], "title")
    assert (np.asarray(table) == (200, 10, 10)).all(axis=2).sum() == 2 * 30 * 20
    with pytest.raises(ValueError, match="labels"):
        grid([[tile, tile]], ["row"], ["a"], "title")


def test_compare_brings_pictures_to_one_height(tmp_path):
    Image.new("RGB", (40, 40), (0, 200, 0)).save(tmp_path / "a.png")
    Image.new("RGB", (160, 80), (0, 0, 200)).save(tmp_path / "b.png")
    out = tmp_path / "new" / "c.png"
    assert main(["compare", str(out), str(tmp_path / "a.png"), str(tmp_path / "b.png"), "--titles", "old,new"]) == 0
    pixels = np.asarray(Image.open(out))
    assert (pixels == (0, 200, 0)).all(axis=2).sum() == 40 * 40
    assert (pixels == (0, 0, 200)).all(axis=2).sum() == 80 * 40
    with pytest.raises(ValueError, match="titles"):
        side_by_side([Image.new("RGB", (4, 4))], ["a", "b"])


def test_limit_on_bytes_is_kept_and_an_older_file_survives_a_refusal(tmp_path):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (120, 120, 3), np.uint8))
    path = tmp_path / "x.png"
    whole = save_png(noise, path)
    assert whole == path.stat().st_size > 40_000
    assert save_png(noise, path, 20) <= 20_000
    kept = path.read_bytes()
    with pytest.raises(UserError, match="at most 2 kB"):
        save_png(noise, path, 2)
    assert path.read_bytes() == kept


def test_clip_needs_flite_only_without_audio(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="no flite"):
        speak(tmp_path / "x.wav")


def test_clip_of_an_impossible_size_is_refused(tmp_path):
    with pytest.raises(UserError, match="at least 32 pixels"):
        make_clip(tmp_path / "x.avi", None, ["neutral"], 1.0, 64, 1, silent)


@pytest.mark.slow
def test_clip_has_every_frame_and_sound(tmp_path):
    from tools.demo.make_line import ASSETS

    path = tmp_path / "x.mp4"
    strip = make_clip(path, ASSETS / "line.wav", ["neutral", "bright"], 0.4, 64, 1, silent)
    counts = sample_counts(path.read_bytes())
    assert counts["vide"] == 10
    assert counts["soun"] > 5
    assert strip.size == (4 * (64 + GAP) + GAP, TITLE_ROOM + 3 * (LABEL_ROOM + 36 + GAP))
