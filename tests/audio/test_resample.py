import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.audio.resample import StreamResampler, resample

RATES = (8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_056, 44_100, 48_000, 88_200, 96_000)


def level_db(hertz, rate_in, rate_out=16_000):
    """Steady level of a resampled unit tone, in dB, wherever it ends up in the output's spectrum."""
    tone = np.sin(2 * np.pi * hertz * np.arange(rate_in) / rate_in)
    middle = resample(tone, rate_in, rate_out)[rate_out // 4 : 3 * rate_out // 4].astype(np.float64)
    return 20 * np.log10(np.sqrt(2 * np.mean(middle**2)) + 1e-12)


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("hertz", [8_010, 8_500, 9_000, 11_000, 15_990, 16_010, 20_000])
def test_tones_above_the_new_nyquist_frequency_are_gone(rate, hertz):
    assert level_db(hertz, rate) < -80


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("hertz", [60, 440, 3_000, 5_500, 6_990])
def test_tones_of_the_pass_band_keep_their_level(rate, hertz):
    assert abs(level_db(hertz, rate)) < 0.01


def test_upsampling_adds_no_image():
    tone = np.sin(2 * np.pi * 3_000 * np.arange(8_000) / 8_000)
    spectrum = np.abs(np.fft.rfft(resample(tone, 8_000, 16_000)[4_000:12_000] * np.hanning(8_000)))
    image = spectrum[2_100:].max() / spectrum.max()  # 2 Hz a bin: everything above 4.2 kHz
    assert 20 * np.log10(image) < -80


@pytest.mark.parametrize("rate", RATES)
def test_a_click_stays_where_it_was(rate):
    at = 0.25
    click = np.zeros(rate // 2)
    click[round(at * rate)] = 1.0
    out = resample(click, rate, 16_000).astype(np.float64)
    # The centre of gravity of the response is finer than the sample grid.
    times = np.arange(len(out)) / 16_000
    assert abs((times * out).sum() / out.sum() - round(at * rate) / rate) < 1e-6
    assert abs(int(np.argmax(np.abs(out))) - 16_000 * at) <= 1


@given(st.integers(1, 5_000), st.sampled_from(RATES), st.sampled_from(RATES))
@settings(max_examples=60, deadline=None)
def test_length_is_exact(length, rate_in, rate_out):
    assert len(resample(np.ones(length, np.float32), rate_in, rate_out)) == round(length * rate_out / rate_in)


@given(st.integers(0, 2**32 - 1), st.sampled_from(RATES), st.floats(-3, 3), st.floats(-3, 3))
@settings(max_examples=30, deadline=None)
def test_it_is_linear(seed, rate, a, b):
    x, y = np.random.default_rng(seed).standard_normal((2, 700))
    together = resample(a * x + b * y, rate, 16_000)
    apart = a * resample(x, rate, 16_000) + b * resample(y, rate, 16_000)
    np.testing.assert_allclose(together, apart, atol=2e-5)


@given(st.lists(st.integers(1, 3_000), min_size=1, max_size=8), st.sampled_from(RATES))
@settings(max_examples=30, deadline=None)
def test_blocks_join_without_a_seam(lengths, rate):
    x = np.random.default_rng(1).standard_normal(sum(lengths))
    stream = StreamResampler(rate, 16_000)
    parts = [stream.push(block) for block in np.split(x, np.cumsum(lengths)[:-1])]
    joined = np.concatenate([*parts, stream.finish()])
    np.testing.assert_allclose(joined, resample(x, rate, 16_000), atol=1e-6)


def test_channels_are_independent():
    x = np.random.default_rng(2).standard_normal((4_410, 3))
    both = resample(x, 44_100, 16_000)
    assert both.shape == (1_600, 3) and both.dtype == np.float32
    np.testing.assert_array_equal(both[:, 1], resample(x[:, 1], 44_100, 16_000))


@pytest.mark.parametrize("shape", [(0,), (0, 2)])
def test_nothing_gives_nothing(shape):
    assert resample(np.zeros(shape), 44_100, 16_000).shape == shape


def test_equal_rates_change_nothing():
    x = np.random.default_rng(3).standard_normal((50, 2)).astype(np.float32)
    np.testing.assert_array_equal(resample(x, 16_000, 16_000), x)


def test_a_rate_without_common_factors():
    tone = np.sin(2 * np.pi * 1_000 * np.arange(44_099) / 44_099)
    expected = np.sin(2 * np.pi * 1_000 * np.arange(16_000) / 16_000)
    np.testing.assert_allclose(resample(tone, 44_099, 16_000)[500:-500], expected[500:-500], atol=1e-4)


def test_rates_must_be_positive():
    with pytest.raises(ValueError, match="positive"):
        resample(np.zeros(5), 0, 16_000)
