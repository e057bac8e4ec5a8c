"""Region files: vertex ids, and what passes for one."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.errors import UserError
from ptalker_blender.rig.flame_landmarks import flame_landmarks, flame_regions
from ptalker_blender.training.evaluation.vertices_regions import flame_vertex_regions, read_regions
from tests.flame_models import real_flame

LIPS = sorted(flame_regions()["lips"].tolist())
NECK = 649  # what PTalker's VOCASET list begins with


def write(folder: Path, **regions: object) -> Path:
    path = folder / "regions.json"
    path.write_text(json.dumps(regions), encoding="utf-8")
    return path


def test_text_files_beside_the_table(tmp_path: Path) -> None:
    (tmp_path / "lve.txt").write_text("11,  12,\n13 14", encoding="utf-8")
    found = read_regions(write(tmp_path, lips="lve.txt", inner_upper=[1], inner_lower=[2], up=[0, 0, 2]), 20)
    assert found.lips.tolist() == [11, 12, 13, 14] and found.lips.dtype == np.int32
    assert (found.upper.size, found.inner_upper.tolist(), found.up.tolist()) == (0, [1], [0.0, 0.0, 1.0])
    assert found.notes == ()


def test_a_count_at_the_head_is_dropped_with_a_word(tmp_path: Path) -> None:
    found = read_regions(write(tmp_path, lips=[3, 10, 11, 12]), 20)
    assert found.lips.tolist() == [10, 11, 12]
    assert "3, is the count" in found.notes[0]


def test_a_vertex_of_the_neck_before_flames_lips_is_dropped(tmp_path: Path) -> None:
    found = read_regions(write(tmp_path, lips=[NECK, *LIPS]), 5023)
    assert found.lips.tolist() == LIPS and "649" in found.notes[0]
    whole = read_regions(write(tmp_path, lips=LIPS), 5023)
    assert whole.lips.tolist() == LIPS and whole.notes == ()


@pytest.mark.data
def test_so_it_is_by_the_mesh_itself(tmp_path: Path, data_dir: Path) -> None:
    rest = real_flame(data_dir).v_template
    found = read_regions(write(tmp_path, lips=[NECK, *LIPS]), 5023, rest)
    assert found.lips.tolist() == LIPS and "649" in found.notes[0]
    for region in ("lips", "face", "neck", "ears", "eyeball_left"):  # a first id that belongs there stays
        ids = flame_regions()[region].tolist()
        assert read_regions(write(tmp_path, lips=ids), 5023, rest).lips.tolist() == ids


def test_ids_that_stand_twice_count_once(tmp_path: Path) -> None:
    found = read_regions(write(tmp_path, lips=[5, 6, 6, 7]), 9)
    assert found.lips.tolist() == [5, 6, 7] and "1 ids stand twice" in found.notes[0]


@pytest.mark.parametrize(
    ("regions", "message"),
    [
        ({"upper": [1]}, "no lips"),
        ({"lips": []}, "0 lips"),
        ({"lips": [1, 99]}, "names vertex 99"),
        ({"lips": [1, -2]}, "names vertex -2"),
        ({"lips": [1.5]}, "no list of whole numbers"),
        ({"lips": "gone.txt"}, "gone.txt cannot be read"),
        ({"lips": [1], "inner_upper": [1, 2], "inner_lower": [3]}, "2 inner_upper"),
        ({"lips": [1], "mouth": [1]}, "no region 'mouth'"),
        ({"lips": [1], "up": [0, 0, 0]}, "up is"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, regions: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_regions(write(tmp_path, **regions), 50)


@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=80), ids=st.lists(st.integers(-5, 60), max_size=9))
@settings(max_examples=80, deadline=None)
def test_any_file_is_regions_or_a_user_error(
    tmp_path_factory: pytest.TempPathFactory, text: str, ids: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("r")
    (folder / "a.txt").write_bytes(text.encode())
    (folder / "b.json").write_bytes(text.encode())
    for path in (folder / "b.json", write(folder, lips=ids, upper="a.txt")):
        try:
            found = read_regions(path, 50)
        except UserError:
            continue
        assert set(found.lips.tolist()) <= set(ids) and len(set(ids)) - len(found.lips) <= 1


@pytest.mark.data
def test_our_own_regions_of_flame(data_dir: Path) -> None:
    rest = real_flame(data_dir).v_template
    found = flame_vertex_regions(rest)
    marks = flame_landmarks()
    assert not np.isin(found.upper, found.lips).any() and np.isin(found.upper, found.face).all()
    assert np.isin(np.concatenate([marks["brow_left"], marks["brow_right"]]), found.upper).all()
    assert not np.isin(marks["nose_tip"], found.upper).any() and len(found.upper) > 300
    gaps = rest[found.inner_upper, 1] - rest[found.inner_lower, 1]
    assert np.abs(gaps).max() < 0.002  # metres: at rest the lips touch
    assert flame_vertex_regions(None).upper.size == 0
