"""The family's proportions: what they leave alone, where they act, and that one topology serves all."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from ptalker_blender.rig.family import difference
from tools.make_head.cage import build_cage, grid_points
from tools.make_head.export import make_head
from tools.make_head.hair import LOCKS
from tools.make_head.identity import DEFAULT, IDENTITIES, Identity
from tools.make_head.measures import EYE, EYE_RADIUS, MOUTH_HALF_WIDTH
from tools.make_head.mesh import Mesh
from tools.make_head.proportions import warped
from tools.make_head.skin import build_skin

LENGTHS = [f.name for f in fields(Identity) if f.default == 0.0]
FACTORS = [f.name for f in fields(Identity) if f.default == 1.0]
SHAPES_OF_THEIR_OWN = {"lip_upper", "lip_lower", "lip_forward", "eye_upper", "eye_lower", "eye_tilt", "ear_size",
                       "ear_stand", "brow_thickness", "brow_height", "brow_tilt", "iris", "shoulders"}  # fmt: skip
WARPS = [name for name in (*LENGTHS, *FACTORS) if name not in SHAPES_OF_THEIR_OWN]
# Where a proportion must not reach, in millimetres: (axis, sign, limit) keeps points with sign * axis > sign * limit.
FAR = {
    "nose_length": (1, -1, -55.0),
    "nose_width": (1, -1, -55.0),
    "chin_length": (1, 1, -70.0),
    "chin_width": (1, 1, -70.0),
    "jaw_width": (1, 1, 0.0),
    "jaw_drop": (1, 1, -55.0),
    "cranium_height": (1, -1, 20.0),
    "neck_width": (1, 1, -80.0),
    "forehead": (2, -1, 15.0),
    "brow_ridge": (2, -1, 15.0),
}


def grid() -> np.ndarray:
    points = grid_points().reshape(-1, 3)
    return points[~np.isnan(points[:, 0])]


@pytest.fixture(scope="module")
def skins() -> dict[str, Mesh]:
    return {identity.name: build_skin(identity) for identity in IDENTITIES}


def test_the_default_is_changed_by_no_bit() -> None:
    assert warped(DEFAULT, grid()).tobytes() == grid().tobytes()


@pytest.mark.parametrize("name", WARPS)
def test_a_proportion_moves_its_region_smoothly_and_keeps_the_midline(name: str) -> None:
    base = getattr(DEFAULT, name)
    who = replace(DEFAULT, **{name: base + (0.2 if base else 3.0)})
    before = grid()
    moved = warped(who, before) - before
    size = np.linalg.norm(moved, axis=1)
    assert 0.6 < size.max() < 12.0
    assert (moved[before[:, 0] == 0.0, 0] == 0.0).all()
    # No step between neighbours of a fine grid: a millimetre of way changes the move by half a millimetre at most.
    near = before + np.array([1.0, 0.0, 0.0])
    inside = before[:, 0] > 0
    other = warped(who, near) - near
    assert np.linalg.norm(other - moved, axis=1)[inside].max() < 0.5
    if name in FAR:
        axis, sign, limit = FAR[name]
        assert size[sign * before[:, axis] > sign * limit].max() < 0.02


def test_haircuts_have_the_defaults_locks() -> None:
    for identity in IDENTITIES:
        assert [lock.rings for lock in identity.hairstyle.locks] == [lock.rings for lock in LOCKS]
        assert len(identity.hairstyle.hairline) == len(DEFAULT.hairstyle.hairline)


def test_openings_stay_where_the_keys_expect_them(skins: dict[str, Mesh]) -> None:
    default = skins["default"]
    contact = default.groups["mouth_ring_0_left"]
    for skin in skins.values():
        assert skin.groups == default.groups
        np.testing.assert_allclose(skin.points()[contact], default.points()[contact], atol=0.6)
        corner = skin.points()[skin.groups["mouth_corner_left"][0]]
        assert corner[0] == pytest.approx(MOUTH_HALF_WIDTH, abs=0.5)
        margin = skin.points()[skin.groups["eye_ring_0_left"]]
        assert np.linalg.norm(margin - EYE, axis=1).min() > EYE_RADIUS + 0.5


def test_cages_are_the_same_polygons() -> None:
    default = build_cage()
    for identity in IDENTITIES:
        assert build_cage(identity).mesh.faces == default.mesh.faces


@pytest.mark.slow
def test_made_heads_are_one_family() -> None:
    default, *others = (make_head(identity) for identity in IDENTITIES)
    assert len({identity.name for identity in IDENTITIES}) == len(IDENTITIES) >= 3
    for head in others:
        assert difference(default, head) is None
