"""The same share of a row's length is the same place."""

from dataclasses import replace

import numpy as np
import pytest

from ptalker_blender.rig.keying.registration import along, lip_sides, register, resample, rows, scatter
from ptalker_blender.rig.keying.rows import Row, contact_rows
from tests.rig.keying.faces import mirrored


def test_shares_of_a_bent_line():
    line = np.array([[0, 0, 0], [3, 0, 0], [3, 1, 0]], float)
    np.testing.assert_allclose(along(line), [0, 0.75, 1])
    np.testing.assert_allclose(resample(line, 5), [[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0], [3, 1, 0]])
    np.testing.assert_allclose(resample(line[:1], 3), np.zeros((3, 3)))


def test_reading_a_row_is_linear_between_its_vertices():
    values = np.arange(24.0).reshape(4, 3, 2)
    line = Row(np.array([2, 0, 3]), np.array([0.0, 0.25, 1.0]))
    read = line.read(values, np.array([0.0, 0.125, 0.25, 1.0]))
    np.testing.assert_allclose(read, [values[2], 0.5 * (values[2] + values[0]), values[0], values[3]])


def test_rows_that_meet_are_paired_and_run_from_right_to_left(face):
    pairs = list(contact_rows(face, face))
    assert len(pairs) == 6
    for one, two in pairs:
        np.testing.assert_array_equal(one.ids, two.ids)
        assert one.share[0] == 0 and one.share[-1] == 1 and (np.diff(one.share) > 0).all()
        assert face.vertices[one.ids[0], 0] < face.vertices[one.ids[-1], 0]


def test_rows_of_a_mirrored_face_are_its_rows_mirrored(face):
    mine, other = rows(face) * [-1, 1, 1], rows(mirrored(face))
    assert mine.shape == other.shape
    gaps = np.linalg.norm(mine[:, None] - other, axis=2)
    assert gaps.min(axis=0).max() < 1e-9 and gaps.min(axis=1).max() < 1e-9


def test_scattered_points_are_seen_skin_and_keep_apart(face):
    chosen = scatter(face, 100)
    assert len(np.unique(chosen)) == 100 and np.isin(chosen, face.part("skin")).all()
    p = face.vertices[chosen]
    apart = np.linalg.norm(p[:, None] - p, axis=2)[np.triu_indices(100, 1)].min()
    assert apart > 0.005
    assert np.linalg.norm(p[:, None] - rows(face), axis=2).min() > 0.005


def test_lips_have_sides(face):
    side = lip_sides(face)
    p = face.vertices
    assert (side[face.landmarks["inner_lip_upper"]] == 1).all() and (
        side[face.landmarks["inner_lip_lower"]] == -1
    ).all()
    assert not side[face.row("mouth_corner_left", "mouth_corner_right", "nose_tip", "brow_left")].any()
    seen = np.abs(p[:, 0]) < 0.015
    assert p[seen & (side == 1), 1].mean() > p[seen & (side == -1), 1].mean() + 0.005


def test_a_face_laid_on_itself_finds_itself(face):
    found = register(face, face)
    np.testing.assert_allclose(found.vertices, face.vertices, atol=1e-9)
    here = found.contact.read(face.vertices)
    assert np.median(np.linalg.norm(here - face.vertices[found.skin], axis=1)) < 1e-12
    assert np.quantile(found.alike, 0.001) > 0.45


def test_a_bent_face_is_found_again(face):
    """The same topology bent smoothly: each vertex should find its own place to within a millimetre or so."""
    p = face.vertices
    bent = p + 0.004 * np.stack(
        [np.sin(20 * p[:, 1]), np.cos(15 * p[:, 0]), np.sin(18 * p[:, 1] + 10 * p[:, 0])], axis=1
    )
    found = register(face, replace(face, vertices=bent))
    front = p[found.skin, 2] > 0.03
    missed = np.linalg.norm(found.contact.read(p) - p[found.skin], axis=1)[front]
    assert np.sqrt(np.mean(missed**2)) == pytest.approx(0.0005, abs=0.0005)
