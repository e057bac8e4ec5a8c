"""Guessed points are near enough to correct, on heads of any size and place."""

from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.rig.guide import GUIDE
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.keying.face import Face, face_of_head
from ptalker_blender.rig.keying.guess import guess_points
from ptalker_blender.rig.keying.marks import check_points, guide_points
from tests.rig.keying.faces import ball, flame_of

WEIGHTS = Path(__file__).parents[3] / "weights" / "head"


def mean_miss(points, truth: Face, size: float = 1.0, shift: float = 0.0) -> float:
    """Millimetres at the face's own size."""
    asked = guide_points(truth)
    return 1000 * float(np.mean([np.linalg.norm((points[n] - shift) / size - asked[n]) for n in GUIDE]))


@pytest.mark.parametrize(("name", "most"), [("default_head", 5.0), ("rowan", 6.0), ("juno", 12.0)])
def test_our_heads_without_eyes_teeth_and_hair(face: Face, name: str, most: float):
    truth = face_of_head(load_head(WEIGHTS / f"{name}.npz"))
    skin = truth.triangles[np.isin(truth.triangles, truth.part("skin")).all(axis=1)]
    guess = guess_points(face, truth.vertices, skin)
    assert guess.eyes is None and tuple(guess.points) == GUIDE
    check_points(guess.points)
    assert mean_miss(guess.points, truth) < most


@pytest.mark.data
@pytest.mark.parametrize(("seed", "size", "shift"), [(0, 1.0, 0.0), (1, 1.0, 0.0), (3, 10.0, 2.0), (0, 0.001, -1.0)])
def test_flame_and_its_eyeballs(face: Face, flame, seed: int, size: float, shift: float):
    truth = flame_of(flame, seed)
    guess = guess_points(face, size * truth.vertices + shift, truth.triangles[:, ::-1])  # and inside out
    check_points(guess.points)
    assert mean_miss(guess.points, truth, size, shift) < 7.0
    assert guess.eyes is not None
    for ids, side in zip(guess.eyes, ("right", "left"), strict=True):
        assert set(ids) == set(truth.part(f"eye_{side}"))


def test_what_is_no_head_is_refused(face: Face):
    with pytest.raises(UserError, match="no faces"):
        guess_points(face, face.vertices, face.triangles[:0])
    with pytest.raises(UserError, match="2,000"):
        guess_points(face, *ball(8, 8))
    broken = face.vertices.copy()
    broken[face.part("skin")[0]] = np.inf
    with pytest.raises(UserError, match="no numbers"):
        guess_points(face, broken, face.triangles)
