"""The head file: what is written is read back, and what is not a head is refused."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.head import (
    LANDMARKS,
    PAIRED_LANDMARKS,
    Head,
    Material,
    default_head_path,
    load_head,
    save_head,
)
from ptalker_blender.rig.look import linear_to_srgb, pack_colors, pack_uv, srgb_to_linear, unpack_colors, unpack_uv


@pytest.fixture(scope="module")
def head():
    return load_head()


def test_written_head_is_read_back(head, tmp_path):
    path = tmp_path / "copy.npz"
    save_head(head, path)
    copy = load_head(path)
    assert copy.key_names == head.key_names
    assert copy.materials == head.materials
    np.testing.assert_array_equal(copy.vertices, head.vertices)
    np.testing.assert_array_equal(copy.polygons[0], head.polygons[0])
    np.testing.assert_array_equal(copy.polygon_materials, head.polygon_materials)
    assert set(copy.landmarks) == set(head.landmarks) and set(copy.parts) == set(head.parts)
    for name, ids in head.landmarks.items():
        np.testing.assert_array_equal(copy.landmarks[name], ids)
    # one 16-bit step of the largest key (50 mm) is 1.5 micrometres
    np.testing.assert_allclose(copy.key_deltas, head.key_deltas, atol=1e-6)


def test_same_head_gives_the_same_bytes(head, tmp_path):
    save_head(head, tmp_path / "a.npz")
    save_head(head, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_quantisation_error_is_half_a_step(head, tmp_path):
    noisy = (head.key_deltas[:2] + np.float32(1.234567e-3)).astype(np.float32)
    small = replace(head, key_names=BLENDSHAPES[:2], key_deltas=noisy)
    save_head(small, tmp_path / "small.npz")
    step = np.abs(noisy).max(axis=(1, 2)) / 32767
    error = np.abs(load_head(tmp_path / "small.npz").key_deltas - noisy).max(axis=(1, 2))
    assert (error <= 0.51 * step).all()


@pytest.fixture
def small():
    """A square of two triangles with one key, painted and unwrapped with a seam along the diagonal."""
    return Head(
        vertices=np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32),
        polygons=(np.array([0, 1, 2, 0, 2, 3], np.int32), np.array([3, 3], np.int32)),
        key_names=("jawOpen",),
        key_deltas=np.ones((1, 4, 3), np.float32),
        parts={"skin": np.arange(4, dtype=np.int32)},
        polygon_materials=np.array([0, 1], np.int32),
        materials=(
            Material("skin", (0.7, 0.4, 0.3, 1.0), 0.5, 0.4, tinted=True, coat=0.25, sheen=0.125, ior=1.375),
            Material("cornea", (1.0, 1.0, 1.0, 0.0), 0.125, transmission=1.0, ior=2.0, anisotropic=0.5),
        ),
        landmarks={name: np.array([0], np.int32) for name in LANDMARKS},
        neck_pivot=np.zeros(3, np.float32),
        colors=np.array([[0, 0.001, 1], [0.2, 0.4, 0.6], [0.9, 0.05, 0.5], [1, 1, 1]], np.float32),
        uv=np.array([[0, 0], [0.3, 0], [0.3, 0.4], [0.5, 0], [0.8, 0.4], [1, 1]], np.float32),
    )


def test_look_is_read_back(small, tmp_path):
    save_head(small, tmp_path / "small.npz")
    copy = load_head(tmp_path / "small.npz")
    assert copy.materials[1] == small.materials[1]
    assert copy.materials[0].tinted is True
    np.testing.assert_allclose(copy.uv, small.uv, atol=0.51 / 65535)
    # half a step of 8-bit sRGB is at most 0.0045 in linear light, at white
    np.testing.assert_allclose(copy.colors, small.colors, atol=0.0045)
    assert copy.colors[0, 1] == pytest.approx(0.001, abs=1.6e-4)  # and finer in the dark
    save_head(copy, tmp_path / "again.npz")
    np.testing.assert_array_equal(load_head(tmp_path / "again.npz").colors, copy.colors)
    np.testing.assert_array_equal(load_head(tmp_path / "again.npz").uv, copy.uv)


def test_texture_coordinates_are_stored_once_per_vertex_but_for_seams(small, tmp_path):
    save_head(small, tmp_path / "small.npz")
    arrays = np.load(tmp_path / "small.npz")
    assert arrays["uv_vertices"].shape == (4, 2)
    assert arrays["uv_seam_loops"].tolist() == [3, 4]  # the diagonal, seen from the second triangle


def test_shares_of_the_rotation_are_read_back_to_the_bit(small, tmp_path):
    shares = np.array([0, 0.1, 1 / 3, 1], np.float32)
    save_head(replace(small, follow=shares), tmp_path / "small.npz")
    np.testing.assert_array_equal(load_head(tmp_path / "small.npz").follow, shares)
    save_head(small, tmp_path / "rigid.npz")
    assert load_head(tmp_path / "rigid.npz").follow is None


@pytest.mark.parametrize(
    "shares",
    [np.ones(3, np.float32), np.ones(4), np.full(4, 1.5, np.float32), np.array([0, -0.1, 1, 1], np.float32),
     np.array([0, np.nan, 1, 1], np.float32)],
)  # fmt: skip
def test_impossible_shares_of_the_rotation_are_refused(small, shares):
    with pytest.raises(ValueError, match="follow"):
        replace(small, follow=shares)


def test_head_without_colors_and_uv(small, tmp_path):
    plain = replace(small, colors=None, uv=None, materials=(Material("a", (1.0, 1.0, 1.0, 1.0), 0.5),) * 2)
    save_head(plain, tmp_path / "plain.npz")
    copy = load_head(tmp_path / "plain.npz")
    assert copy.colors is None
    assert copy.uv is None
    with pytest.raises(ValueError, match="need colors"):
        replace(small, colors=None)


@pytest.mark.parametrize(
    "change",
    [
        {"colors": np.full((4, 3), 1.5, np.float32)},
        {"colors": np.full((4, 3), np.nan, np.float32)},
        {"colors": np.zeros((3, 3), np.float32)},
        {"uv": np.full((6, 2), -0.1, np.float32)},
        {"uv": np.zeros((6, 2), np.float64)},
        {"uv": np.zeros((4, 2), np.float32)},
    ],
)
def test_colors_and_uv_must_fit(small, change):
    with pytest.raises(ValueError, match=r"within 0\.\.1"):
        replace(small, **change)


@pytest.mark.parametrize(
    ("entry", "array"),
    [
        ("material_values.npy", np.full((2, 12), 0.5, np.float32)),  # half tinted, and an ior below 1
        ("material_values.npy", np.zeros((2, 6), np.float32)),  # the table of version 1
        ("colors.npy", np.zeros((3, 3), np.uint8)),
        ("colors.npy", np.zeros((4, 3), np.float32)),
        ("uv_vertices.npy", np.zeros((5, 2), np.uint16)),
        ("uv_vertices.npy", np.zeros((4, 2), np.float32)),
        ("uv_seam_loops.npy", np.array([3, 6], np.int32)),
        ("uv_seam_loops.npy", np.array([-1, 4], np.int32)),
        ("uv_seam_loops.npy", np.array([3], np.int32)),
        ("loop_vertices.npy", np.array([0, 1, 2, 0, 2, -3], np.int32)),
    ],
)
def test_damaged_look_is_refused(small, tmp_path, entry, array):
    save_head(small, tmp_path / "good.npz")
    entries = _entries(tmp_path / "good.npz")
    assert entry in entries
    entries[entry] = _npy(array)
    _write(tmp_path / "bad.npz", entries)
    with pytest.raises(UserError, match=r"bad\.npz"):
        load_head(tmp_path / "bad.npz")


@pytest.mark.parametrize("entry", ["uv_seam.npy", "material_values.npy"])
def test_missing_part_of_the_look_is_refused(small, tmp_path, entry):
    save_head(small, tmp_path / "good.npz")
    entries = _entries(tmp_path / "good.npz")
    del entries[entry]
    _write(tmp_path / "bad.npz", entries)
    with pytest.raises(UserError, match="no entry"):
        load_head(tmp_path / "bad.npz")


@given(hnp.arrays(np.float32, (5, 3), elements=st.floats(0, 1, width=32)))
def test_colors_survive_within_half_a_step(colors):
    back = unpack_colors({**pack_colors(colors), "vertices": np.zeros((5, 3), np.float32)})
    assert np.abs(linear_to_srgb(back) - linear_to_srgb(colors)).max() <= 0.5 / 255 + 1e-6


@given(
    uv=hnp.arrays(np.float32, (8, 2), elements=st.floats(0, 1, width=32)),
    loops=hnp.arrays(np.int32, 8, elements=st.integers(0, 5)),
)
def test_texture_coordinates_survive_whatever_the_seams(uv, loops):
    back = unpack_uv(pack_uv(uv, loops), loops)
    np.testing.assert_allclose(back, uv, atol=0.51 / 65535)


def test_srgb_known_values():
    assert linear_to_srgb(np.array([0.0, 0.0031308, 0.2140411, 1.0])) == pytest.approx([0, 0.04045, 0.5, 1], abs=1e-5)
    assert srgb_to_linear(np.array([0.0, 0.04045, 0.5, 1.0])) == pytest.approx([0, 0.0031308, 0.2140411, 1], abs=1e-6)


def test_default_head_is_painted(head):
    """Skin is warm, lips are redder than skin, and a pupil is darker than the white of the eye."""
    materials = {material.name: k for k, material in enumerate(head.materials)}
    corners = np.repeat(head.polygon_materials, head.polygons[1])

    def mean(name):
        return head.colors[head.polygons[0][corners == materials[name]]].mean(axis=0)

    skin, lips = mean("skin"), mean("lips")
    assert skin[0] > skin[1] > skin[2]
    assert lips[0] / lips[1] > 1.3 * skin[0] / skin[1]
    assert mean("pupil").max() < 0.1 * mean("sclera").min()
    assert head.materials[materials["cornea"]].transmission > 0
    assert head.materials[materials["cornea"]].base_color[3] == 0.0


def test_default_head_is_small_and_complete(head):
    assert default_head_path().stat().st_size < 3_000_000
    assert head.key_names == BLENDSHAPES
    assert all(len(head.landmarks[name]) for name in LANDMARKS)
    assert 100 <= len(head.landmarks["graph_points"]) <= 150
    assert len(set(head.landmarks["graph_points"].tolist())) == len(head.landmarks["graph_points"])
    members = np.concatenate(list(head.parts.values()))
    np.testing.assert_array_equal(np.sort(members), np.arange(len(head.vertices)))


def test_human_size(head):
    skin = head.vertices[head.parts["skin"]]
    chin = head.vertices[head.landmarks["chin"][0]]
    assert 0.19 < skin[:, 1].max() - chin[1] + 0.01 < 0.26  # stylised: a short face under a human skull
    assert 0.14 < np.ptp(head.vertices[head.parts["skin"], 0]) < 0.17
    assert chin[2] > 0.08 and abs(chin[0]) < 1e-6


def test_ordered_landmarks_run_right_to_left_in_pairs(head):
    for upper, lower in PAIRED_LANDMARKS:
        a, b = head.vertices[head.landmarks[upper]], head.vertices[head.landmarks[lower]]
        assert len(a) >= 9
        assert (np.diff(a[:, 0]) > 0).all()
        np.testing.assert_allclose(a[:, 0], b[:, 0], atol=1e-6)
        assert (a[:, 1] > b[:, 1]).all()
    middle = head.landmarks["inner_lip_upper"][len(head.landmarks["inner_lip_upper"]) // 2]
    assert head.vertices[middle, 0] == 0


def test_polygons_are_consistently_wound(head):
    loops, sizes = head.polygons
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    following = np.arange(len(loops)) + 1
    following[starts + sizes - 1] = starts
    edges = np.stack([loops, loops[following]], 1)
    assert len(np.unique(edges, axis=0)) == len(edges)  # a directed edge used twice is a flipped neighbour


def _entries(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _write(path, entries):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)


def _npy(array):
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("entry", "array"),
    [
        ("vertices.npy", np.full((4, 3), np.nan, np.float32)),
        ("vertices.npy", np.zeros((4, 3), np.float64)),
        ("loop_vertices.npy", np.array([0, 1, 10**8], np.int32)),
        ("polygon_sizes.npy", np.array([3], np.int32)),
        ("key_vertices.npy", np.array([-1], np.int32)),
        ("key_starts.npy", np.array([0, 5, 3], np.int32)),
        ("landmark/lips.npy", np.array([-5], np.int32)),
        ("landmark/inner_lip_upper.npy", np.array([1, 2], np.int32)),
        ("material_values.npy", np.full((1, 6), 7.0, np.float32)),
        ("colors.npy", np.zeros((4, 3), np.uint8)),
        ("format.npy", np.array(["ptalker-head 1"])),
        ("format.npy", np.array(["ptalker-head 99"])),
        ("format.npy", np.array(["ptalker-head 2"], dtype=object)),
        ("neck_pivot.npy", np.zeros(2, np.float32)),
    ],
)
def test_damaged_entry_is_refused(tmp_path, entry, array):
    entries = _entries(default_head_path())
    assert entry in entries
    entries[entry] = _npy(array)
    _write(tmp_path / "bad.npz", entries)
    with pytest.raises(UserError, match=r"bad\.npz"):
        load_head(tmp_path / "bad.npz")


@pytest.mark.parametrize("entry", ["vertices.npy", "key_steps.npy", "landmark/graph_points.npy", "format.npy"])
def test_missing_entry_is_refused(tmp_path, entry):
    entries = _entries(default_head_path())
    del entries[entry]
    _write(tmp_path / "bad.npz", entries)
    with pytest.raises(UserError):
        load_head(tmp_path / "bad.npz")


def test_header_that_claims_more_than_there_is_is_refused(tmp_path):
    entries = _entries(default_head_path())
    stream = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (10**12, 3)}
    np.lib.format.write_array_header_1_0(stream, header)
    entries["vertices.npy"] = stream.getvalue() + b"\0" * 64
    _write(tmp_path / "bad.npz", entries)
    with pytest.raises(UserError, match="size differs"):
        load_head(tmp_path / "bad.npz")


def test_missing_file_and_directory_are_refused(tmp_path):
    for path in (tmp_path / "absent.npz", tmp_path):
        with pytest.raises(UserError):
            load_head(path)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0, 0.999), flip=st.integers(0, 255), where=st.floats(0, 1))
def test_cut_or_altered_file_is_refused_or_still_a_head(tmp_path, cut, flip, where):
    data = bytearray(default_head_path().read_bytes())
    path = tmp_path / "cut.npz"
    path.write_bytes(data[: int(cut * len(data))])
    with pytest.raises(UserError):
        load_head(path)
    data[int(where * (len(data) - 1))] ^= flip
    path.write_bytes(data)
    try:
        assert load_head(path).key_names == BLENDSHAPES
    except UserError as error:
        assert error.advice  # refused with a word on what to do, never with another exception
