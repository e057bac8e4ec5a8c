"""FLAME's landmarks and regions: well-formed tables, and the right places on the real mesh."""

from pathlib import Path

import numpy as np
import pytest

import ptalker_blender.rig.flame_landmark_table as table
from ptalker_blender.rig.flame_file import FlameModel, read_flame
from ptalker_blender.rig.flame_landmarks import flame_landmarks, flame_regions, skin_mirror
from ptalker_blender.rig.flame_pose import pose_flame
from ptalker_blender.rig.head import PAIRED_LANDMARKS
from ptalker_blender.rig.topology import polygon_edges
from tools.flame_tables.landmarks import landmark_table

SEQUENCES = (
    "inner_lip_upper",
    "inner_lip_lower",
    "outer_lip_upper",
    "outer_lip_lower",
    "brow",
    "lid_upper",
    "lid_lower",
)
SINGLE = ("chin", "nose_tip", "mouth_corner", "eye_inner_corner", "eye_outer_corner", "pupil")


@pytest.fixture(scope="module")
def flame(data_dir) -> FlameModel:
    path = data_dir / "flame" / "flame2023open_partial.npz"
    if not path.is_file():
        pytest.skip("no FLAME arrays in the shared data")
    return read_flame(path)


@pytest.fixture(scope="module")
def edges(flame) -> set[tuple[int, int]]:
    return set(map(tuple, polygon_edges((flame.faces.ravel(), np.full(len(flame.faces), 3))).tolist()))


def test_tables_are_well_formed():
    marks, regions = flame_landmarks(), flame_regions()
    for ids in (*marks.values(), *regions.values()):
        assert ids.dtype == np.int32 and len(ids) == len(set(ids.tolist())) and ids.min() >= 0 and ids.max() < 5023
        assert not ids.flags.writeable
    assert all(len(marks[upper]) == len(marks[lower]) >= 9 for upper, lower in PAIRED_LANDMARKS)
    assert all(len(ids) == 1 for name, ids in marks.items() if name.startswith(SINGLE))
    parts = [regions[name] for name in ("face", "neck", "ears", "scalp")]
    assert np.array_equal(np.sort(np.concatenate(parts)), regions["skin"]) and len(regions["skin"]) == 3931
    assert set(regions["lips"]) <= set(regions["face"])
    assert np.isin(np.concatenate([marks["inner_lip_upper"], marks["outer_lip_lower"]]), regions["lips"]).all()


def test_left_and_right_are_mirror_images():
    marks, regions, mirror = flame_landmarks(), flame_regions(), skin_mirror()
    assert np.array_equal(mirror[mirror], np.arange(3931))
    for name, ids in marks.items():
        if name.startswith("pupil"):
            continue
        partner = name.replace("left", "right") if "left" in name else name.replace("right", "left")
        assert np.array_equal(mirror[ids][::-1], marks[partner]), name
    for name in ("face", "lips", "scalp", "ears", "skin"):
        assert np.array_equal(np.sort(mirror[regions[name]]), regions[name]), name


@pytest.mark.data
def test_the_mirror_image_is_one_of_the_mesh(flame, edges):
    mirror, v = skin_mirror(), flame.v_template
    images = [tuple(sorted((int(mirror[a]), int(mirror[b])))) for a, b in edges if b < 3931]
    assert len(images) == 11731 and len(set(images) - edges) == 2  # two diagonals deep in the eye sockets
    apart = np.linalg.norm(v[mirror] * [-1, 1, 1] - v[:3931], axis=1)
    assert np.percentile(apart, 95) < 0.003  # the mean head itself is this lopsided


@pytest.mark.data
def test_places_on_the_mean_head(flame):
    v, marks = flame.v_template * 1000, flame_landmarks()
    x = {name: v[ids, 0] for name, ids in marks.items()}
    for name in marks:
        if name.startswith(SEQUENCES):
            assert (np.diff(x[name])[1:-1] > 0).all(), name  # the lip border turns inwards only at its corners
    assert abs(x["chin"][0]) < 1 and abs(x["nose_tip"][0]) < 1
    assert v[marks["nose_tip"][0], 2] == v[flame_regions()["skin"], 2].max()
    heights = [v[marks[name], 1].mean() for name in (
        "brow_left", "lid_upper_left", "pupil_left", "lid_lower_left", "nose_tip", "outer_lip_upper",
        "outer_lip_lower", "chin",
    )]  # fmt: skip
    assert heights == sorted(heights, reverse=True)
    for upper, lower in PAIRED_LANDMARKS:
        assert np.abs(x[upper] - x[lower]).max() < 2.5, upper
    for side in ("left", "right"):
        assert (
            np.abs(v[marks[f"mouth_corner_{side}"][0]] - v[marks["inner_lip_lower"][-1 if side == "left" else 0]]).max()
            < 4
        )
        inner, outer = (v[marks[f"eye_{end}_corner_{side}"][0]] for end in ("inner", "outer"))
        assert 20 < abs(outer[0] - inner[0]) < 30 and abs(inner[1] - outer[1]) < 3
        lids = np.concatenate([v[marks[f"lid_{end}_{side}"], 0] for end in ("upper", "lower")])
        assert min(inner[0], outer[0]) - 0.5 < lids.min() and lids.max() < max(inner[0], outer[0]) + 0.5
        ball = v[flame_regions()[f"eyeball_{side}"]]
        distance = np.linalg.norm(v[marks[f"lid_upper_{side}"]] - ball.mean(axis=0), axis=1)
        assert (distance > 11.5).all() and (distance < 15).all()
    middle = len(marks["inner_lip_upper"]) // 2
    assert abs(x["inner_lip_upper"][middle]) < 0.5 and abs(x["inner_lip_lower"][middle]) < 0.5


@pytest.mark.data
def test_the_lip_border_is_a_closed_ring(edges):
    marks = flame_landmarks()
    ring = [*marks["outer_lip_upper"].tolist(), *marks["outer_lip_lower"][-2:0:-1].tolist()]
    for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
        assert (min(a, b), max(a, b)) in edges


@pytest.mark.data
def test_lips_open_with_the_jaw_as_published(flame):
    """The data's README gives 1.5, 11.6, 21.1 and 30.0 mm, from pairs further in front; the way opened is the same."""
    pose = np.zeros((4, 5, 3))
    pose[:, 2, 0] = [0, 0.1, 0.2, 0.3]
    heights = pose_flame(flame, pose=pose)[..., 1] * 1000
    upper, lower = flame_landmarks()["inner_lip_upper"], flame_landmarks()["inner_lip_lower"]
    gaps = heights[:, upper] - heights[:, lower]
    assert gaps[0].min() > -1.5 and gaps[0].max() < 0.1
    assert np.allclose(gaps[:, 6] - gaps[0, 6], np.array([1.5, 11.6, 21.1, 30.0]) - 1.5, atol=0.6)
    opened = gaps[3] - gaps[0]
    assert opened.argmax() in (5, 6, 7) and opened.min() > 0 and opened[4:9].mean() > 25


@pytest.mark.data
def test_regions_are_where_they_are_called(flame):
    v, regions = flame.v_template * 1000, flame_regions()
    assert np.abs(v[regions["ears"], 0]).min() > 55 and v[regions["ears"], 2].max() < -20
    assert v[regions["scalp"], 1].max() == v[:, 1].max()
    assert v[regions["neck"], 1].max() < -20 and v[regions["neck"], 1].min() == v[:, 1].min()
    assert (np.abs(v[regions["lips"]] - [0, -45, 52]).max(axis=0) < [30, 14, 12]).all()
    for joint, side in ((3, "left"), (4, "right")):
        assert (flame.weights[regions[f"eyeball_{side}"], joint] > 0.99).all()


@pytest.mark.data
def test_table_is_what_the_tool_writes(flame):
    assert landmark_table(flame) == Path(table.__file__).read_text(encoding="utf-8")
