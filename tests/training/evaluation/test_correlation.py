import numpy as np
import pytest

from ptalker_blender.training.evaluation.correlation import agreement, pearson

FPS = 30.0


def band_limited(rng, times, highest=4.0):
    """A sum of slow sinusoids, so that it can be shifted by any amount exactly."""
    frequencies, phases = rng.uniform(0.3, highest, 40), rng.uniform(0, 2 * np.pi, 40)
    return lambda shift: np.sin(2 * np.pi * frequencies * (times[:, None] - shift) + phases).sum(axis=1)


@pytest.mark.parametrize("delay_ms", [-150.0, -20.0, 0.0, 12.0, 33.333, 90.0])
def test_known_delay(delay_ms):
    curve = band_limited(np.random.default_rng(1), np.arange(3000) / FPS)
    result = agreement(curve(delay_ms / 1000), curve(0.0), FPS)
    assert result.best_lag_ms == pytest.approx(delay_ms, abs=1.5)  # positive: the prediction is late
    assert result.best_r == pytest.approx(1.0, abs=0.01)


def test_pearson_known_answers():
    assert pearson([1, 2, 3], [2, 4, 6]) == pytest.approx(1.0)
    assert pearson([1, 2, 3], [1, 0, -1]) == pytest.approx(-1.0)
    assert pearson([1, 2, 3, 4], [1, 3, 2, 4]) == pytest.approx(0.8)
    assert pearson([5, 5, 5], [1, 2, 3]) == 0.0


def test_gain_and_offset_do_not_matter():
    rng = np.random.default_rng(2)
    curve = band_limited(rng, np.arange(600) / FPS)
    noisy = curve(0.03) + rng.normal(0, 3, 600)
    a, b = agreement(noisy, curve(0.0), FPS), agreement(7 * noisy - 3, curve(0.0), FPS)
    assert (b.r, b.best_r, b.best_lag_ms) == pytest.approx((a.r, a.best_r, a.best_lag_ms))


def test_a_constant_curve_has_no_lag():
    result = agreement(np.ones(100), band_limited(np.random.default_rng(4), np.arange(100) / FPS)(0.0), FPS)
    assert (result.r, result.best_r, result.best_lag_ms) == (0.0, 0.0, 0.0)


def test_unequal_or_short_curves_are_refused():
    with pytest.raises(ValueError, match="one length"):
        agreement(np.zeros(50), np.zeros(51), FPS)
    with pytest.raises(ValueError, match="too few"):
        agreement(np.zeros(13), np.zeros(13), FPS)
