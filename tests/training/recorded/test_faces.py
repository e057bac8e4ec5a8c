"""Triangles of PLY and OBJ files."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.errors import UserError
from ptalker_blender.training.recorded.faces import read_faces
from tests.training.recorded.released import binary_ply

TEXT = """ply
format ascii 1.0
element vertex 4
property float x
property float y
property float z
element face 1
property list uchar int vertex_index
end_header
0 0 0
1 0 0
1 1 0
0 1 0
4 0 1 2 3
"""


def test_a_quad_becomes_two_triangles_in_text_and_obj(tmp_path: Path) -> None:
    (tmp_path / "a.ply").write_text(TEXT)
    (tmp_path / "a.obj").write_text("v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nf 1/1 2/1 3/1 -1/1\n")
    for name in ("a.ply", "a.obj"):
        count, faces = read_faces(tmp_path / name)
        assert count == 4
        np.testing.assert_array_equal(faces, [[0, 1, 2], [0, 2, 3]])


@pytest.mark.parametrize("order", ["<", ">"])
@given(faces=st.lists(st.lists(st.integers(0, 6), min_size=3, max_size=3), min_size=1, max_size=9))
@settings(max_examples=25, deadline=None)
def test_binary_round_trip(tmp_path_factory: pytest.TempPathFactory, order: str, faces: list[list[int]]) -> None:
    path = tmp_path_factory.mktemp("ply") / "m.ply"
    path.write_bytes(binary_ply(7, np.array(faces), order))
    count, found = read_faces(path)
    assert count == 7
    np.testing.assert_array_equal(found, faces)


@given(data=st.binary(max_size=200), keep=st.integers(0, 300))
@settings(max_examples=60, deadline=None)
def test_damage_is_a_user_error(tmp_path_factory: pytest.TempPathFactory, data: bytes, keep: int) -> None:
    path = tmp_path_factory.mktemp("ply") / "m.ply"
    path.write_bytes(binary_ply(7, np.array([[0, 1, 2]]))[:keep] + data)
    try:
        count, faces = read_faces(path)
    except UserError:
        return
    assert faces.size == 0 or faces.max() < count


def test_faces_of_vertices_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.ply").write_text(TEXT.replace("4 0 1 2 3", "3 0 1 4"))
    with pytest.raises(UserError, match="does not have"):
        read_faces(tmp_path / "a.ply")
    (tmp_path / "a.ply").write_text(TEXT.replace("4 0 1 2 3", "4 0 1 2"))
    with pytest.raises(UserError, match="ends early"):
        read_faces(tmp_path / "a.ply")
