"""Lips meet again over an open jaw; teeth and tongue ride on it."""

from dataclasses import replace

import numpy as np
import pytest

from ptalker_blender.rig.head import Head
from ptalker_blender.rig.keying.face import Face
from ptalker_blender.rig.keying.mouth import ON_THE_JAW, closed_lips, jaw_share, ride_the_jaw, tongue_key
from ptalker_blender.rig.keying.rows import lip_rows
from ptalker_blender.rig.keying.warp import rigid


def key(known: Head, name: str) -> np.ndarray:
    return np.asarray(known.key_deltas[known.key_names.index(name)], np.float64)


def test_closed_lips_undo_any_opening(face: Face):
    """Whatever opens them, lips at the same share end moved by the same amount, so the gap is that at rest."""
    rng = np.random.default_rng(0)
    opening = np.zeros_like(face.vertices)
    lower = face.lip("lower")
    opening[lower] = rng.normal([0.001, -0.03, -0.01], 0.001, (len(lower), 3))
    ends = face.row("mouth_corner_right", "mouth_corner_left")
    opening[ends] = [0.0, -0.012, -0.004]
    ids, moved = closed_lips(face, opening)
    total = opening.copy()
    total[ids] += moved
    share = np.linspace(0.1, 0.9, 33)
    upper, lower = lip_rows(face)
    apart = np.linalg.norm(upper.read(total, share) - lower.read(total, share), axis=1)
    opened = np.linalg.norm(upper.read(opening, share) - lower.read(opening, share), axis=1)
    assert apart.max() < 0.03 * opened.max()
    assert not np.isin(ends, ids).any()


def test_lower_teeth_and_tongue_move_as_one_body(known: Head, face: Face):
    jaw = key(known, "jawOpen")
    moved = ride_the_jaw(face, jaw, face, jaw.copy())
    teeth, tongue = (face.part(name) for name in ON_THE_JAW)
    ids = np.concatenate([teeth, tongue])
    p = face.vertices[ids]
    rotation, shift = rigid(p, p + moved[ids])
    np.testing.assert_allclose(p @ rotation.T + shift, p + moved[ids], atol=1e-9)
    np.testing.assert_allclose(moved[teeth], jaw[teeth], atol=1e-3)
    others = np.setdiff1d(np.arange(len(p)), ids)
    np.testing.assert_array_equal(moved[others], jaw[others])


def test_a_tongue_of_twice_the_length_comes_out_twice_as_far(known: Head, face: Face):
    out, tongue = key(known, "tongueOut"), face.part("tongue")
    mine = tongue_key(face, out, face)
    longer = replace(face, vertices=2 * face.vertices)
    np.testing.assert_allclose(tongue_key(face, out, longer), 2 * mine, atol=1e-9)
    np.testing.assert_array_equal(mine[:, 0], 0)
    tip = face.vertices[tongue, 2].argmax()
    assert mine[tip, 2] > 0.01 and mine[tip, 2] == pytest.approx(out[tongue[tip], 2], rel=0.15)


def test_share_of_the_jaw(known: Head, face: Face):
    share = jaw_share(face, key(known, "jawOpen"))
    np.testing.assert_allclose(share[face.part("teeth_lower")], 1, atol=0.02)
    np.testing.assert_allclose(share[face.part("teeth_upper")], 0, atol=1e-6)
    assert share[face.landmarks["chin"][0]] == pytest.approx(1, abs=0.15)
    assert abs(share[face.landmarks["nose_tip"][0]]) < 0.05


def test_a_known_face_without_teeth_is_no_known_face(face: Face):
    with pytest.raises(ValueError, match="lower teeth"):
        jaw_share(Face(face.vertices, face.triangles, face.landmarks, {"skin": face.part("skin")}), face.vertices)
