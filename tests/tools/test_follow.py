"""The neck of the family: where it bends, and that it neither folds nor leaves its collar."""

from __future__ import annotations

import numpy as np
import pytest

from ptalker_blender.rig.linear import rotation_matrices
from tools.make_head.export import NECK_PIVOT
from tools.make_head.follow import collar_top, follow, ramp
from tools.make_head.identity import DEFAULT, IDENTITIES
from tools.make_head.mesh import Mesh
from tools.make_head.model import PARTS, assemble
from tools.make_head.query import outside, triangles

TURNS = ((20, 0, 0), (-20, 0, 0), (0, 20, 0), (0, 0, 20), (12, 12, 12), (-20, -20, 20))  # pitch, yaw, roll; degrees
PIVOT = np.array(NECK_PIVOT) * 1e3


@pytest.fixture(scope="module")
def default() -> Mesh:
    return assemble(DEFAULT)


@pytest.fixture(scope="module", params=IDENTITIES, ids=lambda who: who.name)
def member(request: pytest.FixtureRequest, default: Mesh) -> tuple[Mesh, np.ndarray]:
    """The whole mesh and its shares."""
    mesh = default if request.param == DEFAULT else assemble(request.param)
    return mesh, follow(mesh, default)


def _turned(points: np.ndarray, share: np.ndarray, degrees: tuple[int, int, int]) -> np.ndarray:
    matrix = rotation_matrices(np.radians([degrees]))[0]
    return points + share[:, None] * ((points - PIVOT) @ matrix.T + PIVOT - points)


def test_only_the_neck_bends(member):
    mesh, share = member
    ids = {part: np.array(mesh.groups[part]) for part in PARTS}
    assert (share[ids["bust"]] == 0).all()
    assert all((share[ids[part]] == 1).all() for part in PARTS if part not in ("bust", "skin"))
    skin, y = share[ids["skin"]], mesh.points()[ids["skin"], 1]
    assert (skin[y > -84] == 1).all() and (skin[y < -160] == 0).all()
    bends = (skin > 0) & (skin < 1)
    assert 600 < bends.sum() < 2500
    np.testing.assert_array_equal(share, share[mesh.twins])  # left as right


def test_mouth_and_chin_turn_with_the_head(member):
    mesh, share = member
    p = mesh.points()
    chin = [v for v in mesh.groups["skin"] if p[v, 0] == 0 and -110 < p[v, 1] < -80 and p[v, 2] > 80]
    inside = mesh.groups["sock"] + mesh.groups["lip_inside"]
    assert share[max(chin, key=lambda v: p[v, 2])] == 1 and (share[inside] == 1).all()


@pytest.mark.parametrize("degrees", TURNS)
def test_neck_and_collar_never_meet_and_the_neck_keeps_its_skin(member, degrees):
    """What lies in the collar stays, what turns stays above it, and no polygon of the neck turns over."""
    mesh, share = member
    rest = mesh.points()
    moved = _turned(rest, share, degrees)
    bust = rest[mesh.groups["bust"]]
    np.testing.assert_array_equal(moved[mesh.groups["bust"]], bust)
    turning = moved[np.array(mesh.groups["skin"])[share[mesh.groups["skin"]] > 0]]
    assert (turning[:, 1] > collar_top(bust, turning[:, 2])).all()

    corners = triangles(outside(mesh))
    corners = corners[(share[corners].min(axis=1) < 1) & (share[corners].max(axis=1) > 0)]
    half_way = rotation_matrices(np.radians([degrees]) / 2)[0]
    assert (_normals(moved, corners) * (_normals(rest, corners) @ half_way.T)).sum(axis=1).min() > 0


def _normals(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    a, b, c = (points[corners[:, k]] for k in range(3))
    return np.cross(b - a, c - a)


def test_ramp_is_even_between_soft_ends():
    s = np.linspace(-0.5, 1.5, 2001)
    rise = ramp(s)
    slope = np.gradient(rise, s)
    assert rise[0] == 0 and rise[-1] == 1 and ramp(np.array(0.5)) == pytest.approx(0.5)
    assert slope.min() > -1e-9 and slope.max() == pytest.approx(4 / 3, abs=1e-3)
    assert np.abs(np.diff(slope)).max() < 0.01  # no kink
    np.testing.assert_allclose(rise + rise[::-1], 1.0, atol=1e-12)


def test_collar_is_found_from_the_bust():
    """A tilted square collar, 10 mm lower in front, whose sides rise 2 mm over the line between its ends."""
    bust = np.array([(0, -160, 30), (0, -150, -60), (40, -153, -15), (-40, -153, -15), (0, -270, 60), (0, -270, -100)])
    top = collar_top(bust.astype(float), np.array([-90.0, -60.0, -15.0, 30.0, 50.0]))
    np.testing.assert_allclose(top, [-148, -148, -153, -158, -158])
    with pytest.raises(ValueError, match="midline"):
        collar_top(bust[2:4].astype(float), np.zeros(1))
