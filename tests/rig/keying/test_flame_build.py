"""FLAME's own keys: what must keep still, eyes that turn, lids that close, lips that meet again over an open jaw."""

import numpy as np
import pytest

from benchmarks.keying import thinned
from ptalker_blender.rig.flame_file import FlameModel
from ptalker_blender.rig.flame_jaw import CORRECTIVE
from ptalker_blender.rig.flame_keys import build_flame_keys
from ptalker_blender.rig.flame_landmarks import flame_regions
from ptalker_blender.rig.head import Head
from ptalker_blender.rig.keying.build import BuiltKeys, build_keys
from ptalker_blender.rig.keying.eyes import LOOKS, eye_centre, fit_eyeball
from ptalker_blender.rig.keying.face import SIDES, Face
from ptalker_blender.rig.keying.marks import guide_points, mark_face
from ptalker_blender.rig.keying.rows import lid_rows, lip_rows
from ptalker_blender.rig.keying.warp import rigid
from tests.rig.keying.faces import eyeballs, flame_of, misses, subdivided

pytestmark = pytest.mark.data


@pytest.fixture(scope="module", params=[0, 1, 3])
def built(request, known: Head, flame: FlameModel) -> tuple[Face, BuiltKeys]:
    face = flame_of(flame, request.param)
    return face, build_flame_keys(known, face.vertices, face.triangles)


@pytest.fixture(scope="module")
def unknown(known: Head, face: Face, flame_target: Face) -> tuple[Face, BuiltKeys]:
    """FLAME as a mesh that nobody knows, marked by points."""
    t = flame_target
    marked = mark_face(face, t.vertices, t.triangles, guide_points(t), eyeballs(t))
    return marked, build_keys(known, marked)


def key(built: BuiltKeys, name: str) -> np.ndarray:
    return built.deltas[built.names.index(name)].astype(np.float64)


def test_scalp_ears_and_eyeballs_keep_still(built: tuple[Face, BuiltKeys]):
    _, keys = built
    regions = flame_regions()
    assert len(keys.names) == 53 and keys.names[-1] == CORRECTIVE
    assert not keys.deltas[:, np.union1d(regions["scalp"], regions["ears"])].any()
    for side in SIDES:
        moved = [name for name in keys.names if key(keys, name)[regions[f"eyeball_{side}"]].any()]
        assert sorted(moved) == sorted(f"{look}{side.title()}" for look in LOOKS)


def test_eyeballs_turn_as_the_known_ones_do(built: tuple[Face, BuiltKeys], known: Head, face: Face):
    mine, keys = built
    for side in SIDES:
        ids, theirs = mine.part(f"eye_{side}"), face.part(f"eye_{side}")
        p, centre = mine.vertices[ids], fit_eyeball(mine.vertices[ids]).centre
        for name in (f"{look}{side.title()}" for look in LOOKS):
            turn, shift = rigid(p, p + key(keys, name)[ids])
            # Displacements of less than a hundredth of a millimetre are left out of keys.
            np.testing.assert_allclose(p @ turn.T + shift, p + key(keys, name)[ids], atol=1.1e-5)
            np.testing.assert_allclose(centre @ turn.T + shift, centre, atol=1e-6)
            own = known.key_deltas[known.key_names.index(name), theirs].astype(np.float64)
            expected, _ = rigid(face.vertices[theirs], face.vertices[theirs] + own)
            np.testing.assert_allclose(turn, expected, atol=1e-4)


def closes(face: Face, keys: BuiltKeys) -> None:
    share = np.linspace(0.15, 0.85, 15)
    for side in SIDES:
        upper, lower = lid_rows(face, side)
        axis = eye_centre(face, side)
        blink = face.vertices + key(keys, f"eyeBlink{side.title()}")

        def elevation(points: np.ndarray, axis: np.ndarray = axis) -> np.ndarray:
            return np.arctan2(points[:, 1] - axis[1], points[:, 2] - axis[2])

        rest, closed = (
            elevation(upper.read(p, share)) - elevation(lower.read(p, share)) for p in (face.vertices, blink)
        )
        assert rest.min() > 0.1
        # On top of each other, the upper one a little in front, or just met.
        assert closed.max() < 0.06 * rest.max() and closed.min() > -0.35 * rest.max()


def test_blinks_close(built: tuple[Face, BuiltKeys]):
    closes(*built)


def test_blinks_of_an_unknown_mesh_close(unknown: tuple[Face, BuiltKeys]):
    closes(*unknown)


def meets(face: Face, keys: BuiltKeys) -> None:
    share = np.linspace(0.05, 0.95, 31)
    opened = key(keys, "jawOpen")
    total = opened + key(keys, "mouthClose")
    upper, lower = lip_rows(face)
    gap = np.linalg.norm(upper.read(total, share) - lower.read(total, share), axis=1)
    before = np.linalg.norm(upper.read(opened, share) - lower.read(opened, share), axis=1)
    assert before.max() > 0.025 and gap.max() < 0.0025


def test_mouth_close_undoes_the_jaw(built: tuple[Face, BuiltKeys]):
    meets(*built)


def test_mouth_close_undoes_the_jaw_of_an_unknown_mesh(unknown: tuple[Face, BuiltKeys]):
    meets(*unknown)


def test_an_unknown_jaw_opens_straight_and_about_as_wide_as_ours(
    unknown: tuple[Face, BuiltKeys], known: Head, face: Face
):
    """Crowded points once made the map's stretch jump: the mouth opened half as wide again, and askew."""
    share = np.linspace(0, 1, 21)
    mine, keys = unknown
    opened = lip_rows(mine)[1].read(key(keys, "jawOpen"), share)
    own = known.key_deltas[known.key_names.index("jawOpen")].astype(np.float64)
    ours = lip_rows(face)[1].read(own, share)
    assert 0.8 < opened[:, 1].min() / ours[:, 1].min() < 1.35
    assert np.abs(opened[:, 1] - opened[::-1, 1]).max() < 0.05 * np.abs(opened[:, 1]).max()
    assert np.abs(opened[8:13, 0]).max() < 0.004


def test_lids_keep_clear_of_the_eyeballs_on_their_way(built: tuple[Face, BuiltKeys]):
    face, keys = built
    for side in SIDES:
        ball = fit_eyeball(face.vertices[face.part(f"eye_{side}")])
        margin = face.row(f"lid_upper_{side}", f"lid_lower_{side}")
        rest = np.linalg.norm(face.vertices[margin] - ball.centre, axis=1)
        for t in (0.25, 0.5, 0.75, 1.0):
            here = face.vertices[margin] + t * key(keys, f"eyeBlink{side.title()}")[margin]
            away = np.linalg.norm(here - ball.centre, axis=1)
            assert (away > np.minimum(rest, ball.radius) - 1e-5).all()


@pytest.mark.parametrize("density", ["2k", "20k"])
def test_coarse_and_fine_meshes_move_as_the_one_between(
    unknown: tuple[Face, BuiltKeys], known: Head, face: Face, flame_target: Face, density: str
):
    t, keys = flame_target, unknown[1]
    fine = density == "20k"
    points, triangles = subdivided(t.vertices, t.triangles) if fine else thinned(t)
    parts = eyeballs(t)
    marked = mark_face(face, points, triangles, guide_points(t), parts)
    built = build_keys(known, marked)
    closes(marked, built)
    meets(marked, built)
    skin = np.intersect1d(np.unique(triangles), t.part("skin"))
    missed = misses(built.deltas[:, skin], keys.deltas[:, skin])
    moves = np.linalg.norm(keys.deltas[:, skin], axis=2) > 1e-4
    for name, most in (("jawOpen", 2.5), ("mouthSmileLeft", 1.0), ("mouthPucker", 1.0), ("browInnerUp", 0.6)):
        k = keys.names.index(name)
        assert np.sqrt(np.mean(missed[k, moves[k]] ** 2)) < most, name
