"""The teacher: closures close, neighbours overlap, manners differ, time is kept."""

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.motion.controls import INDEX, N_BLENDSHAPES
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.lips import LipRig, lip_rig
from ptalker_blender.training.corpus.phones import PHONES, PhoneSegment
from ptalker_blender.training.teacher.coarticulation import blend_tracks, closure_pulse, pulls_of
from ptalker_blender.training.teacher.perform import perform
from ptalker_blender.training.teacher.performer import LIBRARY, RANGES, Performer, as_vector, draw_performers
from ptalker_blender.training.teacher.prosody import Prosody, measure_prosody
from ptalker_blender.training.teacher.statistics import blink_onsets, measure, stretches
from ptalker_blender.training.teacher.targets import TARGETS, TRACKS


@pytest.fixture(scope="module")
def rig() -> LipRig:
    return lip_rig(load_head())


def say(*phones: str, each: float = 0.12) -> list[PhoneSegment]:
    edges = np.arange(len(phones) + 1) * each
    return [PhoneSegment(p, float(a), float(b)) for p, (a, b) in zip(phones, pairwise(edges), strict=True)]


def flat(frames: int) -> Prosody:
    return Prosody(np.full(frames, 0.7), np.zeros(frames))


def act(segments: list[PhoneSegment], performer: Performer, rig: LipRig) -> np.ndarray:
    frames = round(segments[-1].end * 50)
    return perform(segments, flat(frames), performer, rig, frames)


def test_every_phone_has_targets() -> None:
    assert set(TARGETS) == set(PHONES) - {"sil"}


@pytest.mark.parametrize("manner", LIBRARY)
@pytest.mark.parametrize("stop", ["p", "b", "m"])
def test_bilabials_close_in_every_manner(rig: LipRig, manner: str, stop: str) -> None:
    gap = rig.gap(act(say("sil", "aa", stop, "aa", "sil"), LIBRARY[manner], rig))
    assert gap[14:17].min() < rig.rest + 0.05  # the segment is frames 12 to 17
    assert gap.max() > 4.0


@pytest.mark.parametrize("phone", sorted(set(TARGETS) - set("pbm")))
def test_nothing_else_closes(rig: LipRig, phone: str) -> None:
    """An opening below a quarter of the clip's 95th percentile would count as a false closure (design.md section 8)."""
    gap = rig.gap(act(say("sil", "aa", phone, "ae", "sil"), Performer(), rig))
    spoken = gap[8:22]
    assert spoken.min() > rig.rest + 0.25 * (np.percentile(gap, 95) - rig.rest)


def test_fast_speech_undershoots(rig: LipRig) -> None:
    slow, fast = (
        rig.gap(act(say("sil", "t", "aa", "t", "sil", each=each), Performer(), rig)).max() for each in (0.2, 0.05)
    )
    assert fast < 0.8 * slow


def test_rounding_is_anticipated(rig: LipRig) -> None:
    rounded = act(say("t", "t", "uw", "uw"), Performer(), rig)[:, INDEX["mouthPucker"]]
    plain = act(say("t", "t", "iy", "iy"), Performer(), rig)[:, INDEX["mouthPucker"]]
    assert rounded[10] > plain[10] + 0.1  # still within the second t


def test_lead_shifts_the_mouth(rig: LipRig) -> None:
    segments = say("sil", "aa", "p", "aa", "sil")
    early = rig.gap(act(segments, Performer(lead=0.04), rig))
    late = rig.gap(act(segments, Performer(lead=0.0), rig))
    np.testing.assert_allclose(early[5:-6], late[7:-4], atol=0.35)


def test_attack_and_release_are_heard_in_time_order(rig: LipRig) -> None:
    segments = say("sil", "t", "aa", "t", "aa", "t", "sil")
    quick = rig.gap(act(segments, Performer(attack=0.01, release=0.05), rig))
    slow = rig.gap(act(segments, Performer(attack=0.05, release=0.01), rig))
    rising = [np.diff(gap).clip(0).max() / -np.diff(gap).clip(max=0).min() for gap in (quick, slow)]
    assert rising[0] > 1.2 * rising[1]


def test_jaw_share_moves_the_jaw_and_not_the_opening(rig: LipRig) -> None:
    segments = say("sil", "t", "aa", "t", "sil")
    jaw, lips = (act(segments, Performer(jaw_share=share), rig) for share in (0.9, 0.2))
    assert jaw[:, INDEX["jawOpen"]].max() > 1.3 * lips[:, INDEX["jawOpen"]].max()
    assert np.abs(rig.gap(jaw) - rig.gap(lips)).max() < 1.0


def test_styles_can_be_told_apart(rig: LipRig) -> None:
    segments = say("sil", "m", "ey", "b", "iy", "f", "ao", "r", "uw", "sil")
    motions = {name: act(segments, performer, rig) for name, performer in LIBRARY.items()}
    for a, b in combinations(motions, 2):
        assert np.abs(motions[a] - motions[b]).mean(0).max() > 0.04
    assert len(LIBRARY) >= 6


def test_performers_are_reproducible_and_within_their_ranges() -> None:
    performers = draw_performers(50, seed=4)
    assert performers == draw_performers(50, seed=4) != draw_performers(50, seed=5)
    vectors = np.stack([as_vector(p) for p in performers])
    assert vectors.shape == (50, len(RANGES)) and vectors.min() >= 0 and vectors.max() <= 1
    assert (vectors[len(LIBRARY) :].std(0) > 0.1).all()


words = st.lists(st.tuples(st.sampled_from(PHONES), st.floats(0.02, 0.4)), min_size=1, max_size=12)


@settings(max_examples=30, deadline=None)
@given(words, st.integers(0, 20))
def test_any_phones_in_any_manner_give_a_face_in_range(phones: list[tuple[str, float]], who: int) -> None:
    rig = LipRig(0.2, _row())
    edges = np.concatenate([[0.0], np.cumsum([seconds for _, seconds in phones])])
    segments = [PhoneSegment(p, float(a), float(b)) for (p, _), (a, b) in zip(phones, pairwise(edges), strict=True)]
    frames = max(1, round(edges[-1] * 50))
    motion = perform(segments, flat(frames), draw_performers(21, 0)[who], rig, frames)
    assert np.isfinite(motion).all()
    assert motion[:, :N_BLENDSHAPES].min() >= 0 and motion[:, :N_BLENDSHAPES].max() <= 1
    assert np.abs(motion[:, N_BLENDSHAPES:]).max() < 0.6


def _row() -> np.ndarray:
    row = np.zeros(N_BLENDSHAPES)
    row[INDEX["jawOpen"]], row[INDEX["mouthClose"]], row[INDEX["mouthFunnel"]] = 39.0, -39.0, 8.0
    return row


def test_tracks_are_weighted_means_of_targets() -> None:
    times = np.arange(30) / 50
    tracks = blend_tracks(pulls_of(say("sil", "aa", "iy", "uw", "sil")), times, 1.0)
    assert set(tracks) == set(TRACKS)
    assert tracks["gap"].max() <= max(t.gap for ts in TARGETS.values() for t in ts)
    assert tracks["round"].argmax() > tracks["spread"].argmax()


def test_closure_pulse_is_full_within_the_segment() -> None:
    pulse = closure_pulse(say("aa", "p", "aa", each=0.1), np.array([0.0, 0.12, 0.15, 0.28]), 1.0)
    np.testing.assert_allclose(pulse, [0, 1, 1, 0], atol=1e-6)


def test_prosody_of_a_known_glide() -> None:
    """A harmonic tone from 120 to 240 Hz rises by an octave, and its loud second half is loud."""
    times = np.arange(32_000) / 16_000
    hertz = 120 * 2 ** (times / 2)
    phase = 2 * np.pi * np.cumsum(hertz) / 16_000
    tone = sum(np.sin(k * phase) / k for k in range(1, 8)) * np.where(times < 1, 0.05, 0.4)
    prosody = measure_prosody((tone * 12_000).astype(np.int16))
    assert prosody.loudness[75] > prosody.loudness[25] + 0.4
    assert prosody.pitch[90] - prosody.pitch[60] == pytest.approx(12 * 0.3, abs=1.0)
    assert len(prosody.pitch) == 100


def test_statistics_of_a_known_curve() -> None:
    times = np.arange(3000) / 50
    opening = 1 + np.sin(2 * np.pi * 3.0 * times)  # three openings a second
    figures = measure([opening], [], 50.0)
    assert figures.closures_per_minute == pytest.approx(180, abs=4)
    assert figures.bands[1] > 0.99 and figures.bands[0] < 0.01
    assert stretches(np.array([True, False, True, True])).tolist() == [[0, 1], [2, 4]]
    lids = np.zeros(500)
    lids[100:104] = lids[300:305] = 0.9
    assert blink_onsets(lids, 50.0).tolist() == [2.0, 6.0]


def test_a_louder_syllable_opens_wider(rig: LipRig) -> None:
    segments = say("sil", "t", "aa", "t", "sil")
    loud, soft = (
        perform(segments, Prosody(np.full(30, level), np.zeros(30)), replace(Performer(), follow=0.8), rig, 30)
        for level in (1.0, 0.2)
    )
    assert rig.gap(loud).max() > 1.2 * rig.gap(soft).max()
