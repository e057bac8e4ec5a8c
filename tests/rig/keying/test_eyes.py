"""Eyeballs turn as spheres do, lids meet where they met, and nothing goes through the eyeball."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from ptalker_blender.rig.keying.eyes import (
    ON_THE_WAY,
    Eyeball,
    clear_of_eyeball,
    closed_lids,
    eye_centre,
    fit_eyeball,
    gaze,
)
from ptalker_blender.rig.keying.face import SIDES
from ptalker_blender.rig.keying.rows import lid_rows
from tests.rig.keying.faces import ball

SEEDS = st.integers(0, 2**32 - 1)


def eyeball(radius: float, centre: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """A sphere with a cornea: within 30 degrees of +z it stands out by up to a tenth."""
    points, _ = ball(16, 24, 1.0)
    height = np.clip((points[:, 2] - np.cos(np.radians(30))) / (1 - np.cos(np.radians(30))), 0, 1)
    points = points * (1 + 0.12 * np.sqrt(height))[:, None]
    return radius * (points + rng.normal(scale=noise, size=points.shape)) + centre


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, radius=st.floats(0.005, 0.03), noise=st.floats(0, 0.005))
def test_the_sphere_is_found_under_a_cornea_and_noise(seed, radius, noise):
    rng = np.random.default_rng(seed)
    centre = rng.uniform(-1, 1, 3)
    found = fit_eyeball(eyeball(radius, centre, noise, rng))
    assert np.linalg.norm(found.centre - centre) < 0.02 * radius
    assert found.radius == pytest.approx(radius, rel=0.015)


def test_a_half_sphere_is_enough():
    points = eyeball(0.012, np.zeros(3), 0.0, np.random.default_rng(0))
    found = fit_eyeball(points[points[:, 2] > -0.001])
    assert np.linalg.norm(found.centre) < 0.001


def test_gaze_turns_the_whole_eyeball_about_its_centre(known, face):
    """The known look is a rotation; the target's eyeball has another size and place and turns by the same angle."""
    side = "left"
    ids = face.part(f"eye_{side}")
    turn = Rotation.from_euler("yx", [20, -8], degrees=True).as_matrix()
    middle = fit_eyeball(face.vertices[ids]).centre
    key = np.zeros_like(face.vertices)
    key[ids] = (face.vertices[ids] - middle) @ turn.T + middle - face.vertices[ids]
    target = replace(face, vertices=1.7 * face.vertices + 0.3)
    moved = gaze(face, key, target, side)
    np.testing.assert_allclose(moved, 1.7 * key[ids], atol=1e-9)
    for name in (f"{look}{side.title()}" for look in ("eyeLookIn", "eyeLookUp")):
        look = gaze(face, np.asarray(known.key_deltas[known.key_names.index(name)], np.float64), face, side)
        p = face.vertices[ids] - middle
        np.testing.assert_allclose(np.linalg.norm(p + look, axis=1), np.linalg.norm(p, axis=1), atol=1e-6)
        assert np.linalg.norm(look, axis=1).max() > 0.002


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_the_way_of_a_lid_keeps_clear_of_the_eyeball(seed):
    rng = np.random.default_rng(seed)
    globe, clearance = Eyeball(rng.normal(size=3), 1.0), 0.03
    outwards = rng.normal(size=(40, 3))
    start = globe.centre + outwards / np.linalg.norm(outwards, axis=1, keepdims=True) * rng.uniform(0.97, 1.3, (40, 1))
    moved = rng.normal(scale=0.5, size=(40, 3))
    cleared = clear_of_eyeball(start, moved, globe, clearance)
    least = np.minimum(np.linalg.norm(start - globe.centre, axis=1), globe.radius + clearance)
    for t in ON_THE_WAY:
        assert (np.linalg.norm(start + t * cleared - globe.centre, axis=1) >= least - 1e-9).all()
    # A straight way goes through what it has to cross: only ends that lay inside or behind are moved.
    free = np.array([np.linalg.norm(start + t * moved - globe.centre, axis=1) >= least for t in ON_THE_WAY]).all(axis=0)
    np.testing.assert_allclose(cleared[free], moved[free], atol=1e-12)


def test_a_short_way_over_the_eyeball_is_clear_all_along():
    """A lid's margin coming down over the front by some 40 degrees."""
    globe = Eyeball(np.zeros(3), 0.012)
    angle = np.radians(np.linspace(10, 45, 20))
    start = 0.0125 * np.stack([0 * angle, np.sin(angle), np.cos(angle)], axis=1)
    end = 0.0125 * np.stack([0 * angle, np.sin(angle - 0.7), np.cos(angle - 0.7)], axis=1)
    cleared = clear_of_eyeball(start, end - start, globe, 0.0003)
    for t in np.linspace(0, 1, 50):
        assert np.linalg.norm(start + t * cleared, axis=1).min() > globe.radius + 0.0002


@pytest.mark.parametrize("side", SIDES)
def test_a_blink_of_the_known_face_is_its_own(known, face, side):
    key = np.asarray(known.key_deltas[known.key_names.index(f"eyeBlink{side.title()}")], np.float64)
    ids, moved = closed_lids(face, key, face, side, key)
    # Beside the corners the share of closing is taken from further in.
    wide = np.concatenate([(row.share > 0.1) & (row.share < 0.9) for row in lid_rows(face, side)])
    np.testing.assert_allclose(moved[wide], key[ids][wide], atol=2e-4)


@pytest.mark.parametrize("taller", [0.7, 1.5])
def test_lids_of_a_taller_or_narrower_eye_meet_too(known, face, taller):
    side = "right"
    key = np.asarray(known.key_deltas[known.key_names.index("eyeBlinkRight")], np.float64)
    centre = eye_centre(face, side)
    stretched = replace(face, vertices=(face.vertices - centre) * [1, taller, 1] + centre)
    ids, moved = closed_lids(face, key, stretched, side, key)
    closed = stretched.vertices.copy()
    closed[ids] += moved
    share = np.linspace(0.15, 0.85, 15)
    upper, lower = lid_rows(stretched, side)
    # The upper lid ends in front of the lower one, and no higher.
    gap = (upper.read(closed, share) - lower.read(closed, share))[:, 1:]
    opening = (upper.read(stretched.vertices, share) - lower.read(stretched.vertices, share))[:, 1]
    assert (gap[:, 0] < 0.02 * opening.max()).all() and (gap[:, 0] > -0.12 * opening.max()).all()
    assert (gap[:, 1] > 0).all() and (gap[:, 1] < 0.004).all()


def test_without_an_eyeball_the_centre_lies_behind_the_lids(face):
    bare = replace(face, parts={"skin": face.part("skin")})
    for side in SIDES:
        assert np.linalg.norm(eye_centre(bare, side) - eye_centre(face, side)) < 0.008
