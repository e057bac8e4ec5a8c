"""Probes on constructed codes: what is there is found, what is not is not."""

import numpy as np
import pytest
from scipy.optimize import minimize

from ptalker_blender.training.probes import linear_probe_accuracy, regression_r

Array = np.ndarray


def speakers(count: int, each: int, apart: float, seed: int = 0, width: int = 12) -> tuple[Array, Array]:
    """Features [count * each, width] around a centre per speaker, and who it is."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(count), each)
    return rng.normal(size=(count * each, width)) + apart * rng.normal(size=(count, width))[labels], labels


def test_speakers_far_apart_are_told_and_equal_ones_are_not() -> None:
    told = linear_probe_accuracy(*speakers(10, 20, 3.0), np.random.default_rng(0))
    assert told.accuracy > 0.97
    assert told.chance == pytest.approx(0.1)
    assert told.deviation < 0.05
    nothing = [linear_probe_accuracy(*speakers(10, 20, 0.0, seed), np.random.default_rng(0)) for seed in range(5)]
    # 1000 guesses at 0.1: a standard error of 0.0095
    assert float(np.mean([score.accuracy for score in nothing])) == pytest.approx(0.1, abs=0.03)


def test_a_known_overlap_is_met() -> None:
    """Two normal distributions two deviations apart: no probe does better than Phi(1) = 0.841."""
    rng = np.random.default_rng(0)
    labels = np.arange(4000) % 2
    features = rng.normal(size=(4000, 3))
    features[:, 1] += 2.0 * labels
    score = linear_probe_accuracy(features, labels, rng)
    assert score.accuracy == pytest.approx(0.841, abs=0.02)


def test_chance_is_the_commonest_label_and_scale_does_not_count() -> None:
    features, labels = speakers(3, 30, 1.0)
    keep = np.r_[0:30, 30:40, 60:70]
    few = linear_probe_accuracy(features[keep], labels[keep], np.random.default_rng(0))
    assert few.chance == pytest.approx(0.6)
    scaled = features * np.logspace(-6, 6, 12) + 5
    odd = linear_probe_accuracy(scaled[keep], 7 * labels[keep] - 3, np.random.default_rng(0))
    assert odd.accuracy == pytest.approx(few.accuracy, abs=0.021)  # one sample in fifty


def test_the_same_seed_gives_the_same_score() -> None:
    a, b = (linear_probe_accuracy(*speakers(5, 12, 0.4), np.random.default_rng(3)) for _ in range(2))
    assert a == b


def test_pieces_of_one_recording_do_not_vouch_for_each_other() -> None:
    """Each recording has its own sound; labels belong to recordings by chance."""
    rng = np.random.default_rng(0)
    recording = np.repeat(np.arange(24), 10)
    labels = (np.arange(24) % 4)[recording]
    features = rng.normal(size=(24, 30))[recording] + 0.1 * rng.normal(size=(240, 30))
    fooled = linear_probe_accuracy(features, labels, rng)
    honest = linear_probe_accuracy(features, labels, rng, groups=recording)
    assert fooled.accuracy > 0.95
    assert honest.accuracy < 0.45


def test_a_label_that_cannot_be_learned_is_refused() -> None:
    features, labels = speakers(3, 4, 1.0)
    with pytest.raises(ValueError, match="one fold only"):
        linear_probe_accuracy(features[:9], labels[:9], np.random.default_rng(0))
    with pytest.raises(ValueError, match="one fold only"):
        linear_probe_accuracy(features, labels, np.random.default_rng(0), groups=labels)
    with pytest.raises(ValueError, match="different"):
        linear_probe_accuracy(features, np.zeros(12, int), np.random.default_rng(0))
    with pytest.raises(ValueError, match="finite"):
        linear_probe_accuracy(features * np.nan, labels, np.random.default_rng(0))


def performers(count: int, each: int, noise: float, seed: int = 0) -> tuple[Array, Array, Array]:
    """Codes [N, 16] that mix four hidden parameters of each performer, the parameters [N, 4], and who."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(count), each)
    hidden = rng.uniform(size=(count, 4))[who]
    return hidden @ rng.normal(size=(4, 16)) + noise * rng.normal(size=(count * each, 16)), hidden, who


def test_parameters_that_are_in_the_code_are_read_back() -> None:
    codes, hidden, who = performers(40, 5, 0.01)
    r = regression_r(codes, hidden, who)
    assert r.shape == (4,)
    assert (r > 0.99).all()


def test_a_half_hidden_parameter_has_the_r_it_should() -> None:
    """One feature, target plus noise of the same variance: r = sqrt(1 / 2)."""
    rng = np.random.default_rng(0)
    target = rng.normal(size=(3000, 1))
    r = regression_r(target + rng.normal(size=(3000, 1)), target, np.arange(3000))
    assert r[0] == pytest.approx(0.5**0.5, abs=0.03)


def test_a_parameter_that_is_not_there_is_not_read() -> None:
    """Codes tell each performer perfectly, but performers' targets are drawn apart from them."""
    found = []
    for seed in range(8):
        codes, _, who = performers(40, 6, 0.01, seed)
        others = np.random.default_rng(100 + seed).normal(size=(40, 3))[who]
        found.append(regression_r(codes, others, who))
    assert abs(float(np.mean(found))) < 0.1


def test_useless_features_are_hardly_punished_by_the_mean() -> None:
    """On these draws r would be -0.26 if the predictions held the fitting half's mean."""
    rng = np.random.default_rng(0)
    r = [regression_r(rng.normal(size=(40, 2)), rng.normal(size=(40, 2)), np.arange(40)) for _ in range(20)]
    assert -0.18 < float(np.mean(r)) < 0.05


def test_constant_targets_and_constant_features() -> None:
    codes, hidden, who = performers(10, 3, 0.1)
    targets = np.concatenate([hidden[:, :1], np.full((30, 1), 0.3)], axis=1)
    r = regression_r(codes, targets, who)
    assert np.isnan(r[1]) and not np.isnan(r[0])
    assert regression_r(np.full((30, 2), 0.1), hidden, who).tolist() == [0.0] * 4


def test_groups_are_needed() -> None:
    codes, hidden, who = performers(2, 10, 0.1)
    with pytest.raises(ValueError, match="groups"):
        regression_r(codes, hidden, who)
    with pytest.raises(ValueError, match="fit"):
        regression_r(codes, hidden[:3], who)


def test_ridge_is_the_minimum_of_its_cost() -> None:
    """The penalty path against a numerical minimiser of |y - x w|^2 + penalty N |w|^2 on standardised features."""
    from ptalker_blender.training.probes import _RIDGES, _ridge_path

    rng = np.random.default_rng(0)
    x, y, asked = rng.normal(size=(20, 3)), rng.normal(size=(20, 1)), rng.normal(size=(4, 3))
    path = _ridge_path(x, y, asked)
    z, centred = (x - x.mean(0)) / x.std(0), y[:, 0] - y.mean()
    for i in (4, 8, 12):
        penalty = _RIDGES[i] * 20
        best = minimize(
            lambda w, p=penalty: float(np.square(centred - z @ w).sum() + p * (w @ w)), np.zeros(3), tol=1e-10
        )
        np.testing.assert_allclose(path[i, :, 0], (asked - x.mean(0)) / x.std(0) @ best.x, atol=1e-4)
