"""Synthesised sound reaches the corpus rate as every other sound does."""

import numpy as np
import pytest

from ptalker_blender.training.corpus.phones import PhoneSegment
from ptalker_blender.training.corpus.voice import CORPUS_RATE, at_corpus_rate

SEGMENTS = (PhoneSegment("s", 0.0, 0.4), PhoneSegment("aa", 0.4, 1.2))


def tone(hertz: float, rate: int) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(rate) / rate).astype(np.float32)


@pytest.mark.parametrize("rate", [22_050, 32_000, 48_000])
def test_what_lies_above_8_khz_does_not_fold_back_and_what_lies_below_stays(rate: int) -> None:
    inside = slice(800, -800)  # away from where the tone begins and ends
    folded = at_corpus_rate(tone(8500, rate), rate, SEGMENTS, "t", "v").samples[inside]
    assert np.abs(folded).max() < 10 ** (-80 / 20)
    kept = at_corpus_rate(tone(6500, rate), rate, SEGMENTS, "t", "v").samples
    assert np.sqrt(2) * kept[inside].std() == pytest.approx(1, abs=1e-3)
    times = np.arange(len(kept)) / CORPUS_RATE
    np.testing.assert_allclose(kept[inside], np.sin(2 * np.pi * 6500 * times)[inside], atol=2e-3)


def test_segments_cover_the_samples() -> None:
    utterance = at_corpus_rate(tone(500, 32_000), 32_000, SEGMENTS, "t", "v")
    assert len(utterance.samples) == CORPUS_RATE and utterance.samples.dtype == np.float32
    assert utterance.segments == (SEGMENTS[0], PhoneSegment("aa", 0.4, 1.0))
    same = at_corpus_rate(tone(500, 16_000), 16_000, SEGMENTS, "t", "v")
    np.testing.assert_array_equal(same.samples, tone(500, 16_000))
