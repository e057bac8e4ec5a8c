"""Weights from tables, visemes from controls, and the motion that gets lost."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize, nnls

from ptalker_blender.motion.controls import BLENDSHAPES, CONTROLS, INDEX, N_CONTROLS
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.linear import controls_to_vertices, mouth_opening
from ptalker_blender.rig.mapping import Combination, MappingTable, Row, VisemeRow, apply_table, guess_table, motion_lost
from ptalker_blender.rig.mapping.energy import energy, gram
from ptalker_blender.rig.mapping.poses import VISEMES, viseme_controls
from ptalker_blender.rig.mapping.visemes import _nearest, _project, viseme_weights
from ptalker_blender.style.library import load_style

FAMILIES = tomllib.loads((Path(__file__).parent / "families.toml").read_text(encoding="utf-8"))["family"]


@pytest.fixture(scope="module")
def head():
    return load_head()


@pytest.fixture(scope="module")
def speech():
    return load_style("neutral").motion.values


def frames(**columns):
    values = np.zeros((len(next(iter(columns.values()))), N_CONTROLS), np.float32)
    for name, column in columns.items():
        values[:, INDEX[name]] = column
    return values


def padded(blendshapes):
    return np.hstack([blendshapes, np.zeros((len(blendshapes), N_CONTROLS - blendshapes.shape[1]))])


def test_the_default_heads_own_keys_get_the_controls_unchanged(head, speech):
    guess = guess_table(head.key_names, dict.fromkeys(head.key_names, (0.0, 1.0)))
    weights = apply_table(guess.table, speech)
    assert set(weights) == set(BLENDSHAPES)
    for name in BLENDSHAPES:
        np.testing.assert_array_equal(weights[name], speech[:, INDEX[name]])
        assert weights[name].dtype == np.float32
    lost = motion_lost(guess.table, speech, head)
    assert (lost.lips, lost.face, lost.controls) == (0.0, 0.0, ())
    assert lost.text() == "The keys of this head show the whole motion."


def test_rows_add_scale_and_shift():
    table = MappingTable(
        (Row("jawOpen", "a", 2.0, 0.1), Row("mouthFunnel", "a", -0.5), Row("jawOpen", "b"), Row("headYaw", "turn", 3.0))
    )
    weights = apply_table(table, frames(jawOpen=[0.0, 0.5], mouthFunnel=[1.0, 0.2], headYaw=[-0.1, 0.1]))
    np.testing.assert_allclose(weights["a"], [-0.4, 1.0], atol=1e-6)
    np.testing.assert_allclose(weights["b"], [0.0, 0.5])
    np.testing.assert_allclose(weights["turn"], [-0.3, 0.3], atol=1e-6)
    assert list(weights) == ["a", "b", "turn"]


def test_weights_stay_within_the_sliders():
    table = MappingTable((Row("jawOpen", "a", 3.0), Row("jawOpen", "b", -3.0)), limits={"a": (0, 1.5), "b": (-0.5, 0)})
    weights = apply_table(table, frames(jawOpen=[0.1, 1.0]))
    np.testing.assert_allclose(weights["a"], [0.3, 1.5], atol=1e-6)
    np.testing.assert_allclose(weights["b"], [-0.3, -0.5], atol=1e-6)


def test_combinations_are_products_or_the_least():
    pair = ("jawOpen", "mouthFunnel")
    table = MappingTable(combinations=(Combination(pair, "p", gain=2.0), Combination(pair, "m", "min")))
    weights = apply_table(table, frames(jawOpen=[0.0, 0.5, 1.0], mouthFunnel=[1.0, 0.4, 1.0]))
    np.testing.assert_allclose(weights["p"], [0.0, 0.4, 2.0], atol=1e-6)
    np.testing.assert_allclose(weights["m"], [0.0, 0.4, 1.0], atol=1e-6)


def test_wrong_shapes_are_refused(head):
    for call in (lambda v: apply_table(MappingTable(), v), lambda v: motion_lost(MappingTable(), v, head)):
        with pytest.raises(ValueError, match="55"):
            call(np.zeros((3, 52)))
    with pytest.raises(ValueError, match="52"):
        viseme_weights(("aa",), np.zeros((3, 55)), head)


def test_no_frames_and_no_rows(head):
    assert apply_table(MappingTable(), np.zeros((0, N_CONTROLS))) == {}
    table = MappingTable((Row("jawOpen", "a"),), visemes=(VisemeRow("aa", "A"),))
    weights = apply_table(table, np.zeros((0, N_CONTROLS)), head)
    assert weights["a"].shape == weights["A"].shape == (0,)
    assert motion_lost(table, np.zeros((4, N_CONTROLS)), head).lips == 0.0


def test_energy_is_the_squared_distance_of_the_vertices(head):
    values = np.zeros((5, N_CONTROLS), np.float32)
    values[:, : len(BLENDSHAPES)] = np.random.default_rng(1).uniform(0, 0.6, (5, len(BLENDSHAPES)))
    moved = (controls_to_vertices(head, values, head_rotation=False) - head.vertices).astype(np.float64) * 1000
    for region in ("lips", "face"):
        ids = head.landmarks[region]
        assert energy(values[:, : len(BLENDSHAPES)], gram(head, ids)) == pytest.approx(
            (moved[:, ids] ** 2).sum(), rel=1e-5
        )


def test_what_a_missing_key_loses_is_its_own_energy(head):
    values = frames(jawOpen=[0.3, 0.1], eyeBlinkLeft=[1.0, 0.0], browInnerUp=[0.0, 0.5])
    lost = motion_lost(MappingTable((Row("jawOpen", "a"), Row("browInnerUp", "b"))), values, head)
    face = gram(head, head.landmarks["face"])
    blink = frames(eyeBlinkLeft=[1.0, 0.0])[:, : len(BLENDSHAPES)]
    share = energy(blink, face) / energy(values[:, : len(BLENDSHAPES)], face)
    assert lost.lips == pytest.approx(0.0, abs=1e-12) and lost.face == pytest.approx(share)
    assert lost.controls == (("eyeBlinkLeft", 0.0, pytest.approx(share)),)
    assert "eyeBlinkLeft" in lost.text() and f"{share:.0%}" in lost.text()


def test_nothing_mapped_loses_everything(head, speech):
    lost = motion_lost(MappingTable(), speech, head)
    assert lost.lips == lost.face == pytest.approx(1.0)
    assert lost.controls[0][0] == "jawOpen" and "100%" in lost.text()


def test_a_shared_key_loses_only_the_difference_of_its_sides(head):
    table = MappingTable((Row("eyeBlinkLeft", "blink", 0.5), Row("eyeBlinkRight", "blink", 0.5)))
    same, wink = frames(eyeBlinkLeft=[0.7], eyeBlinkRight=[0.7]), frames(eyeBlinkLeft=[1.0], eyeBlinkRight=[0.0])
    assert motion_lost(table, same, head).face == pytest.approx(0.0, abs=1e-12)
    assert motion_lost(table, wink, head).face == pytest.approx(0.5, rel=1e-3)  # half a blink too little and too much


def test_a_key_that_goes_both_ways_loses_nothing_that_happens_one_way_at_a_time(head):
    table = MappingTable((Row("jawLeft", "side", 1.0), Row("jawRight", "side", -1.0)), limits={"side": (-1.0, 1.0)})
    values = frames(jawLeft=[0.4, 0.0, 0.0], jawRight=[0.0, 0.0, 0.8])
    np.testing.assert_allclose(apply_table(table, values)["side"], [0.4, 0.0, -0.8], atol=1e-6)
    assert motion_lost(table, values, head).lips == pytest.approx(0.0, abs=1e-12)


def test_a_short_slider_shows_the_whole_motion_and_a_clamped_one_does_not(head):
    values = frames(jawOpen=[0.2, 0.8])
    assert motion_lost(guess_table(["jawOpen"], {"jawOpen": (0, 0.5)}).table, values, head).lips < 1e-12
    inverse = guess_table(["jawOpen"], {"jawOpen": (-1, 0)}).table
    np.testing.assert_allclose(apply_table(inverse, values)["jawOpen"], [-0.2, -0.8], atol=1e-6)
    assert motion_lost(inverse, values, head).lips < 1e-12
    clamped = MappingTable((Row("jawOpen", "a"),), limits={"a": (0.0, 0.5)})
    assert motion_lost(clamped, values, head).lips == pytest.approx(0.3**2 / (0.2**2 + 0.8**2), rel=1e-5)


@pytest.mark.parametrize("name", VISEMES)
def test_poses_have_the_measures_of_the_table(head, name):
    pose = viseme_controls((name,), head)
    assert pose.min() >= 0 and pose.max() <= 1
    values = np.vstack([padded(pose), np.zeros((1, N_CONTROLS))]).astype(np.float32)
    assert mouth_opening(head, values)[0] * 1000 == pytest.approx(VISEMES[name].gap, abs=0.05)
    corners = [int(head.landmarks[f"mouth_corner_{side}"][0]) for side in ("left", "right")]
    x = controls_to_vertices(head, values)[:, corners, 0] * 1000
    width = x[:, 0] - x[:, 1]
    assert width[0] - width[1] == pytest.approx(VISEMES[name].width, abs=0.05)
    left = [BLENDSHAPES.index(n) for n in BLENDSHAPES if n.endswith("Left") and n not in ("jawLeft", "mouthLeft")]
    right = [BLENDSHAPES.index(BLENDSHAPES[i].replace("Left", "Right")) for i in left]
    np.testing.assert_array_equal(pose[0, left], pose[0, right])


def test_vowels_differ_as_they_should():
    gaps = {name: pose.gap for name, pose in VISEMES.items()}
    assert gaps["aa"] > gaps["ae"] > gaps["eh"] > gaps["ih"] > gaps["iy"] > gaps["pp"]
    assert VISEMES["iy"].width > VISEMES["eh"].width > VISEMES["aa"].width > VISEMES["oh"].width > VISEMES["uw"].width


def test_a_viseme_pose_gives_mostly_its_own_viseme(head):
    names = ("aa", "iy", "uw", "eh", "oh")
    weights, poses = viseme_weights(names, viseme_controls(names, head), head)
    assert weights.shape == (5, 5) and poses.shape == (5, len(BLENDSHAPES))
    np.testing.assert_allclose(weights, np.eye(5), atol=0.1)
    half, _ = viseme_weights(names, 0.5 * viseme_controls(names, head), head)
    np.testing.assert_allclose(
        mouth_opening(head, padded(half @ poses)), mouth_opening(head, padded(poses / 2)), atol=1e-3
    )


def test_weights_solve_the_bounded_least_squares(head, speech):
    names = ("aa", "iy", "uw", "eh", "oh", "pp", "ff")
    poses = viseme_controls(names, head)
    metric = gram(head, head.landmarks["lips"])
    quadratic = poses @ metric @ poses.T
    quadratic += np.diag(0.01 * np.diag(quadratic))
    linear = (speech[::100, : len(BLENDSHAPES)].astype(np.float64) * [[0.5]]) @ metric @ poses.T
    found = _nearest(quadratic, linear)
    assert found.min() >= 0 and found.sum(axis=1).max() <= 1 + 1e-9
    factor = np.linalg.cholesky(quadratic)
    for row, pull in zip(found, linear, strict=True):
        exact, _ = nnls(factor.T, np.linalg.solve(factor, pull))
        if exact.sum() <= 1:
            np.testing.assert_allclose(row, exact, atol=2e-3)


def test_weights_solve_it_where_the_sum_binds_too():
    rng = np.random.default_rng(3)
    mixed = rng.normal(size=(6, 6))
    quadratic, linear = mixed @ mixed.T + np.eye(6), rng.uniform(0, 12, (4, 6))
    for row, pull in zip(_nearest(quadratic, linear), linear, strict=True):
        best = minimize(
            lambda w, p=pull: w @ quadratic @ w / 2 - p @ w,
            np.full(6, 0.1),
            bounds=[(0, None)] * 6,
            constraints={"type": "ineq", "fun": lambda w: 1 - w.sum()},
            options={"ftol": 1e-12},
        )
        assert row.sum() <= 1 + 1e-9
        np.testing.assert_allclose(row, best.x, atol=2e-4)


def test_projection_is_the_nearest_point():
    points, cost = np.random.default_rng(5).normal(0, 1, (50, 4)), np.array([1.0, 0.5, 2.0, 1.0])
    nearest = _project(points, cost)
    assert nearest.min() >= 0 and (nearest @ cost).max() <= 1 + 1e-12
    np.testing.assert_allclose(_project(nearest, cost), nearest, atol=1e-12)
    others = np.random.default_rng(6).dirichlet(np.ones(5), 2000)[:, :4] / cost  # points of the set
    distance = ((points[:, None] - others) ** 2).sum(axis=2).min(axis=1)
    assert (((points - nearest) ** 2).sum(axis=1) <= distance + 1e-12).all()


VOWELS = {
    "a i u e o": ["A", "I", "U", "E", "O", "Blink"],
    "Oculus": [f"viseme_{v}" for v in ("PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U")],
    "MMD": ["あ", "い", "う", "え", "お", "まばたき"],
    "Rhubarb": list("ABCDEFGHX"),
}


@pytest.mark.parametrize("names", VOWELS.values(), ids=VOWELS.keys())
def test_rigs_with_mouth_shapes_talk(head, speech, names):
    """The mouth opens and shuts with the motion: measured by putting the visemes' poses back on the default head."""
    guess = guess_table(names)
    weights = apply_table(guess.table, speech, head)
    assert all(w.min() >= 0 and w.max() <= 1 for w in weights.values())
    visemes = tuple(row.viseme for row in guess.table.visemes)
    mixed = np.stack([weights[row.key] for row in guess.table.visemes], axis=1) @ viseme_controls(visemes, head)
    wanted, got = mouth_opening(head, speech), mouth_opening(head, padded(mixed))
    assert np.corrcoef(wanted, got)[0, 1] > 0.99
    assert motion_lost(guess.table, speech, head).lips < 0.08
    assert np.percentile(got[wanted < 0.8e-3], 90) < 1.2e-3  # metres: what was shut is shut


def test_viseme_weights_do_not_flicker(head, speech):
    weights, _ = viseme_weights(("aa", "iy", "uw", "eh", "oh"), speech[:, : len(BLENDSHAPES)], head)
    nudged, _ = viseme_weights(("aa", "iy", "uw", "eh", "oh"), speech[:, : len(BLENDSHAPES)] + 1e-3, head)
    assert np.abs(nudged - weights).max() < 0.03
    steps = np.abs(np.diff(weights, axis=0)).max(axis=1)
    assert np.percentile(steps, 99) < 0.4 and np.median(steps) < 0.05  # per 20 ms of speech


def test_rounded_lips_shut_too(head):
    values = load_style("pout").motion.values
    names = ("aa", "iy", "uw", "eh", "oh", "pp")
    weights, poses = viseme_weights(names, values[:, : len(BLENDSHAPES)], head)
    wanted, got = mouth_opening(head, values), mouth_opening(head, padded(weights @ poses))
    shut = wanted < 0.8e-3
    assert shut.sum() > 20 and np.percentile(got[shut], 90) < 2.1e-3 and np.corrcoef(wanted, got)[0, 1] > 0.98


def test_controls_with_keys_of_their_own_do_not_move_the_visemes(head):
    table = MappingTable((Row("mouthSmileLeft", "smile"),), visemes=(VisemeRow("iy", "I"), VisemeRow("aa", "A")))
    smile = frames(mouthSmileLeft=[1.0])
    weights = apply_table(table, smile, head)
    assert weights["smile"] == 1.0 and weights["I"] == weights["A"] == 0.0
    silent = MappingTable(visemes=(VisemeRow("iy", "I"),), silent=("mouthSmileLeft",))
    assert apply_table(silent, smile, head)["I"] == 0.0
    assert apply_table(MappingTable(visemes=(VisemeRow("iy", "I"),)), smile, head)["I"] > 0.1


@pytest.mark.parametrize("family", FAMILIES, ids=[family["name"] for family in FAMILIES])
def test_every_family_gets_finite_weights_within_its_sliders(head, family):
    values = np.random.default_rng(2).uniform(0, 1, (20, len(CONTROLS)))
    guess = guess_table(family["keys"])
    for key, weight in apply_table(guess.table, values, head).items():
        low, high = guess.table.limits[key]
        assert weight.shape == (20,) and np.isfinite(weight).all() and weight.min() >= low and weight.max() <= high
    lost = motion_lost(guess.table, values, head)
    assert 0 <= lost.lips <= 1 and 0 <= lost.face <= 1
