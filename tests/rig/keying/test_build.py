"""Keys of a head on itself, moved, mirrored and in another order; and of our other heads, whose own keys are known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.head import Head, load_head
from ptalker_blender.rig.keying.build import build_keys
from ptalker_blender.rig.keying.face import Face, face_of_head
from tests.rig.keying.faces import mirrored, misses, permuted, swapped

WEIGHTS = Path(__file__).parents[3] / "weights" / "head"


@pytest.fixture(scope="module")
def plain(known: Head, mask: Face) -> np.ndarray:
    return build_keys(known, mask).deltas


def test_a_head_on_itself_gets_its_own_keys(known: Head, face: Face):
    steps: list[tuple[str, float]] = []
    built = build_keys(known, face, lambda what, done: steps.append((what, done)))
    assert built.names == known.key_names and set(built.names) == set(BLENDSHAPES)
    missed = misses(built.deltas, known.key_deltas)
    for part, most in (("skin", 3.5), ("brows", 1.5), ("lashes", 2.0), ("teeth_lower", 1.0), ("eye_left", 0.1)):
        assert missed[:, face.part(part)].max() < most, part
    # All that moves at all, key by key: smoothing costs a twentieth, blinks with their folds a tenth.
    moves = np.linalg.norm(known.key_deltas, axis=2) > 1e-4
    for k, name in enumerate(built.names):
        if name == "tongueOut":
            continue
        own = 1000 * np.linalg.norm(known.key_deltas[k, moves[k]], axis=1)
        share = np.sqrt(np.mean(missed[k, moves[k]] ** 2) / np.mean(own**2))
        assert share < 0.16, (name, share)
    total = np.sqrt(np.sum(missed[moves] ** 2) / np.sum((1000 * known.key_deltas[moves]) ** 2))
    assert total < 0.05
    done = [share for _, share in steps]
    assert done == sorted(done) and done[0] == 0 and done[-1] < 1


@pytest.mark.parametrize(
    ("name", "bounds"),
    [
        ("rowan", {"jaw": 1.5, "mouth": 0.7, "eyeBlink": 1.0, "brow": 0.8, "nose": 0.9}),
        pytest.param(
            "juno",
            {"jaw": 1.1, "mouth": 0.7, "eyeBlink": 0.8, "brow": 0.5, "nose": 0.6},
            marks=pytest.mark.slow,
        ),
    ],
)
def test_our_other_heads_get_about_the_keys_they_were_modelled_with(known: Head, name: str, bounds: dict[str, float]):
    """Root mean square over the skin that moves, mm; the heads differ by a centimetre and more."""
    head = load_head(WEIGHTS / f"{name}.npz")
    target = face_of_head(head)
    missed = misses(build_keys(known, target).deltas, head.key_deltas)[:, target.part("skin")]
    moves = np.linalg.norm(head.key_deltas[:, target.part("skin")], axis=2) > 1e-4
    for group, most in bounds.items():
        of = [k for k, key in enumerate(head.key_names) if key.startswith(group)]
        root = np.sqrt(np.mean([np.mean(missed[k, moves[k]] ** 2) for k in of]))
        assert root < most, (group, root)


def test_size_place_and_order_of_vertices_change_nothing_else(known: Head, mask: Face, plain: np.ndarray):
    order = np.random.default_rng(0).permutation(len(mask.vertices))
    shuffled = permuted(replace(mask, vertices=370 * mask.vertices + [500.0, -2000.0, 9000.0]), order)
    missed = misses(build_keys(known, shuffled).deltas / 370, plain[:, order])
    assert np.sqrt(np.mean(missed**2)) < 1e-3 and missed.max() < 0.1


def test_a_face_in_the_mirror_gets_mirrored_keys(known: Head, mask: Face, plain: np.ndarray):
    built = build_keys(known, mirrored(mask)).deltas
    missed = misses(built[swapped(known.key_names)] * [-1, 1, 1], plain)
    assert np.sqrt(np.mean(missed**2)) < 0.03 and missed.max() < 1.5


@pytest.mark.slow
def test_a_head_turned_a_little_gets_turned_keys(known: Head, mask: Face, plain: np.ndarray):
    a = np.radians(4)
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    missed = misses(build_keys(known, replace(mask, vertices=mask.vertices @ turn.T)).deltas @ turn, plain)
    assert np.sqrt(np.mean(missed**2)) < 0.1 and missed[:, mask.part("skin")].max() < 2.5


def test_what_must_keep_still_does_and_missing_parts_are_not_missed(known: Head, mask: Face, plain: np.ndarray):
    """No eyeballs, teeth or tongue, and a brow that may not move: the rest of the skin moves as it did."""
    brow = mask.landmarks["brow_left"]
    built = build_keys(known, replace(mask, parts={"skin": mask.part("skin")}, still=brow)).deltas
    assert np.isfinite(built).all()
    assert not built[:, brow].any() and np.abs(plain[:, brow]).max() > 0.003
    jaw, tongue = (known.key_names.index(name) for name in ("jawOpen", "tongueOut"))
    lower = mask.part("skin")[mask.vertices[mask.part("skin"), 1] < mask.vertices[mask.landmarks["nose_tip"][0], 1]]
    assert misses(built, plain)[jaw, lower].max() < 0.05
    assert not built[tongue, mask.part("skin")].any()


def test_positions_that_are_no_numbers_are_refused(known: Head, mask: Face):
    vertices = mask.vertices.copy()
    vertices[mask.part("skin")[5000], 1] = np.nan
    with pytest.raises(UserError, match="no numbers"):
        build_keys(known, replace(mask, vertices=vertices))


def test_a_face_that_lacks_features_is_refused(mask: Face):
    marks = {name: ids for name, ids in mask.landmarks.items() if name != "chin"}
    with pytest.raises(UserError, match="chin"):
        replace(mask, landmarks=marks)
    with pytest.raises(UserError, match="skin"):
        replace(mask, parts={})
