"""The style figures on made codes and motions whose answer is known."""

import numpy as np
import pytest

from ptalker_blender.audio.clip import SAMPLE_RATE
from ptalker_blender.motion.motion import Motion
from ptalker_blender.training.corpus.phones import PhoneSegment
from ptalker_blender.training.evaluation.style_identity import hit_shares, identity_section, length_section
from ptalker_blender.training.evaluation.style_leak import best_correlation
from ptalker_blender.training.evaluation.style_order import between_distances, over_between, within_distances
from ptalker_blender.training.evaluation.style_own import OwnErrors, lip_errors, own_section, wins_of
from ptalker_blender.training.evaluation.style_probes import fisher, readback_section
from ptalker_blender.training.evaluation.style_real import cut
from ptalker_blender.training.evaluation.style_sounds import louder, pitched, stretched, with_effort
from ptalker_blender.training.evaluation.style_space import fusion_section, is_monotone, way
from ptalker_blender.training.evaluation.style_voices import matched_frames, on_grid
from ptalker_blender.training.teacher.performer import as_vector, draw_performer


def figures(section):
    return {row.name: row for row in section.rows}


def test_lip_errors_by_hand():
    truth = np.zeros((2, 3, 3), np.float32)
    made = truth.copy()
    made[0, 1] = (3, 4, 0)  # 5 mm on one of three vertices of the first frame
    assert lip_errors(made, truth) == (pytest.approx(2.5), pytest.approx(5 / 6))


def test_own_against_wrong_by_hand():
    lines, people = 6, 8
    styled = np.full((lines, people, people, 2), 2.0)
    styled[:, np.arange(people), np.arange(people)] = 1.5
    errors = OwnErrors(styled, np.full((lines, people, 2), 3.0), np.full((lines, people, 2), 2.5), styled)
    found = figures(own_section(errors, seed=0))
    lower = found["own lower than wrong by, largest lip vertex"]
    assert lower.estimate.value == pytest.approx(0.25)
    assert (lower.estimate.low, lower.estimate.high) == (pytest.approx(0.25), pytest.approx(0.25))
    assert lower.verdict() == "met"
    assert found["own lower than no style by, largest lip vertex"].estimate.value == pytest.approx(0.5)
    assert found["own lower than driving audio by, mean lip vertex"].estimate.value == pytest.approx(0.4)
    assert found["share of wrong performances that own beats"].estimate.value == 1.0
    assert found["own lower than wrong by, mean lip vertex"].bar is None


def test_own_beats_by_share():
    errors = np.array([[[1.0, 3.0, 3.0], [0.5, 1.0, 0.0], [2.0, 2.0, 1.0]]])  # [line, style, truth]
    np.testing.assert_allclose(wins_of(errors), [[0.5, 1.0, 0.5]])


def test_distances_between_and_within_by_hand():
    codes = np.array([[[0.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [3.0, 2.0]]])
    np.testing.assert_allclose(within_distances(codes), [2.0, 2.0])
    mixed = (3 + 3 + 2 * np.sqrt(13)) / 4
    np.testing.assert_allclose(between_distances(codes), [[0.0, mixed], [mixed, 0.0]])
    found = over_between(np.array([mixed, mixed]), between_distances(codes), seed=0)
    assert found.value == pytest.approx(1.0)


def clustered(people, clips, spread, seed=0, width=16):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(people, 1, width)) + spread * rng.normal(size=(people, clips, width))


def test_performers_in_tight_clusters_are_told_and_noise_is_not():
    mean = np.zeros(16)
    near = clustered(20, 8, 0.1)
    assert hit_shares(near[:, :4], near[:, 4:], mean).mean() == 1.0
    noise = np.random.default_rng(1).normal(size=(400, 8, 16))
    shares = [hit_shares(noise[k : k + 20, :4], noise[k : k + 20, 4:], mean).mean() for k in range(0, 400, 20)]
    assert np.mean(shares) == pytest.approx(0.05, abs=0.02)


def test_a_common_offset_changes_nothing_when_it_is_the_mean_manner():
    codes = clustered(20, 8, 0.6)
    told = hit_shares(codes[:, :4], codes[:, 4:], np.zeros(16))
    moved = hit_shares(codes[:, :4] + 100.0, codes[:, 4:] + 100.0, np.full(16, 100.0))
    np.testing.assert_array_equal(told, moved)


def test_identity_section_pools_the_draws():
    codes, raw = clustered(40, 4, 0.05), np.random.default_rng(2).normal(size=(40, 4, 6))
    section = identity_section(codes[:, :2], codes[:, 2:], np.zeros(16), 20, 0, (raw[:, :2], raw[:, 2:]))
    found = figures(section)
    assert found["top-1 of 20"].verdict() == "met"  # Wilson's interval of 40 performers ends at 0.91
    assert found["top-1 of 20"].estimate.value == 1.0
    assert found["top-1 of 20, no network: mean and deviation of the controls"].estimate.value < 0.2
    assert "1.000, 1.000" in section.notes[0]


def test_length_section_by_hand():
    gallery = clustered(5, 3, 0.0)
    codes = {1: gallery[:, :2] + 0.0, 2: gallery[:, :2]}
    errors = {1: np.full((3, 5), 2.0), 2: np.full((3, 5), 1.0)}
    found = figures(length_section(codes, gallery, np.zeros(16), errors, np.full((3, 5), 4.0), 0))
    assert found["1 s: own lower than wrong by"].estimate.value == pytest.approx(0.5)
    assert found["2 s: own lower than wrong by"].estimate.value == pytest.approx(0.75)
    assert found["1 s: top-1 of 5"].estimate.value == 1.0
    assert found["1 s: cosine to the code of 2 s"].estimate.value == pytest.approx(1.0)


def brute_force(a, b, overlap):
    best = -1.0
    for lag in range(-(len(b) - overlap), len(a) - overlap + 1):
        first, last = max(0, lag), min(len(a), lag + len(b))
        x, y = a[first:last], b[first - lag : last - lag]
        best = max(best, float(np.corrcoef(x, y)[0, 1]))
    return best


def test_best_correlation_is_the_brute_force_one():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=83).cumsum(), rng.normal(size=61).cumsum() + 40.0
    assert best_correlation(a, b, 25) == pytest.approx(brute_force(a, b, 25), abs=1e-9)


def test_a_leak_at_a_lag_is_found():
    rng = np.random.default_rng(4)
    reference = rng.normal(size=150)
    output = reference[30:110]
    assert best_correlation(output, reference, 60) == pytest.approx(1.0)
    assert best_correlation(output, rng.normal(size=150), 60) < 0.6
    assert best_correlation(np.zeros(80), reference, 25) == 0.0
    with pytest.raises(ValueError, match="no overlap of 25"):
        best_correlation(np.zeros(10), reference, 25)


def test_the_way_between_two_motions():
    ends = np.array([[0.0, 1.0], [4.0, 1.0]])
    steps = np.linspace(0, 1, 5)
    straight = ends[0] + steps[:, None] ** 2 * (ends[1] - ends[0])
    np.testing.assert_allclose(way(straight), steps**2)
    assert is_monotone(way(straight))
    assert not is_monotone(np.array([0.0, 0.6, 0.5, 1.0]))
    assert not is_monotone(way(np.zeros((5, 2))))


def test_sources_that_agree_and_sources_that_do_not():
    rng = np.random.default_rng(5)
    motion = rng.normal(size=(8, 64))
    same = figures(fusion_section(np.zeros(64), motion, 3.0 * motion, rng.normal(size=(4, 64)), 0))
    assert same["performance and identity, same performer"].estimate.value == pytest.approx(1.0)
    assert same["identity nearest to its own performance"].estimate.value == 1.0
    swapped = figures(fusion_section(np.zeros(64), motion, np.roll(motion, 1, axis=0), motion[:1], 0))
    assert swapped["identity nearest to its own performance"].estimate.value == 0.0
    assert abs(swapped["performance and identity, same performer"].estimate.value) < 0.3


def test_parameters_that_are_in_the_code_are_read_back_and_others_are_not():
    cast = [draw_performer(np.random.default_rng((7, i))) for i in range(60)]
    truth = np.stack([as_vector(performer) for performer in cast])
    rng = np.random.default_rng(8)
    mixing = rng.normal(size=(5, 12))
    codes = (truth[:, None, :5] @ mixing) + 0.02 * rng.normal(size=(60, 3, 12))
    found = figures(readback_section(codes, rng.normal(size=(60, 3, 4)), cast))
    assert found["articulation"].estimate.value > 0.9
    assert found["attack"].estimate.value > 0.9
    assert abs(found["drift"].estimate.value) < 0.4
    assert found["median of the 27, plain statistics"].estimate.value < 0.3


def test_fisher_by_the_textbook():
    found = fisher(0.5, 28)  # z = 0.5493, half width 1.96 / 5
    assert (found.low, found.high) == (pytest.approx(0.156, abs=1e-3), pytest.approx(0.736, abs=1e-3))


def test_phones_that_both_sentences_have():
    first = [PhoneSegment(p, a, b) for p, a, b in (("sil", 0, 0.1), ("m", 0.1, 0.3), ("aa", 0.3, 0.5), ("t", 0.5, 0.6))]
    second = [
        PhoneSegment(p, a, b) for p, a, b in (("m", 0, 0.2), ("aa", 0.2, 0.6), ("sil", 0.6, 0.8), ("t", 0.8, 1.0))
    ]
    a, b = matched_frames(first, second)
    np.testing.assert_array_equal(a, [10, 20, 27])
    np.testing.assert_array_equal(b, [5, 20, 45])


def test_a_slower_sentence_reads_alike_on_the_grid():
    times = np.arange(100)[:, None] / 50
    fast = [PhoneSegment("aa", 0.0, 1.0), PhoneSegment("sil", 1.0, 2.0)]
    slow = [PhoneSegment("aa", 0.0, 2.0)]
    np.testing.assert_allclose(on_grid(np.sin(3 * times), fast), on_grid(np.sin(1.5 * times), slow), atol=0.05)


def tone(hertz, seconds=1.0):
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE).astype(np.float32)


def loudest_hertz(samples):
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    return np.abs(np.fft.rfft(middle * np.hanning(len(middle)))).argmax() * SAMPLE_RATE / len(middle)


def test_level_tempo_and_pitch_change_alone():
    sound = tone(440.0)
    assert np.abs(louder(sound, -20.0)).max() == pytest.approx(0.1, rel=1e-3)
    slow = stretched(sound, 1.25)
    assert len(slow) == pytest.approx(1.25 * len(sound), rel=0.03)
    assert loudest_hertz(slow) == pytest.approx(440.0, abs=3.0)
    high = pitched(sound, 12.0)
    assert len(high) == pytest.approx(len(sound), rel=0.03)
    assert loudest_hertz(high) == pytest.approx(880.0, abs=5.0)
    assert 0.5 < np.abs(slow[4000:-4000]).max() < 1.2


def test_effort_tilts_above_its_pivot():
    for hertz, gain in ((250.0, 1.0), (2000.0, 10 ** (8 / 20))):  # two octaves above 500 Hz: 8 dB
        assert np.abs(with_effort(tone(hertz), 4.0)[2000:-2000]).max() == pytest.approx(gain, rel=0.03)


def test_captures_are_cut_into_clips_or_halves():
    long = cut(Motion(np.zeros((1500, 55), np.float32), 50.0))  # 30 s
    assert [len(clip) for clip in long] == [150] * 5
    short = cut(Motion(np.zeros((120, 55), np.float32), 60.0))  # 2 s
    assert [len(clip) for clip in short] == [25, 25]
