import shutil

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.training.corpus import espeak
from ptalker_blender.training.corpus.phones import STOPS, PhoneSegment

RATE = 16_000


def _vowel_closure_burst(closure_s: float) -> np.ndarray:
    """Vowel until 0.3 s, silence for the closure, then a burst and a vowel until 1 s."""
    samples = (0.5 * np.sin(2 * np.pi * 150 * np.arange(RATE) / RATE)).astype(np.float32)
    samples[round(0.3 * RATE) : round((0.3 + closure_s) * RATE)] = 0.001
    return samples


def _late(stop: str, onset: float, before: str = "aa") -> tuple[PhoneSegment, ...]:
    return (
        PhoneSegment(before, 0.0, onset),
        PhoneSegment(stop, onset, onset + 0.05),
        PhoneSegment("iy", onset + 0.05, 1),
    )


@pytest.mark.parametrize("stop", sorted(STOPS))
def test_a_stop_reported_after_its_closure_starts_where_the_closure_does(stop: str) -> None:
    corrected = espeak.correct_closures(_vowel_closure_burst(0.06), RATE, _late(stop, 0.36))
    assert corrected[1].start == pytest.approx(0.30, abs=0.003)
    assert corrected[0].end == corrected[1].start
    assert corrected[1].end == pytest.approx(0.41) and corrected[2] == _late(stop, 0.36)[2]


def test_other_phones_and_stops_after_a_pause_stay() -> None:
    samples = _vowel_closure_burst(0.06)
    for segments in (_late("s", 0.36), _late("p", 0.36, before="sil")):
        assert espeak.correct_closures(samples, RATE, segments) == segments


def test_a_stop_with_sound_before_it_stays() -> None:
    assert espeak.correct_closures(_vowel_closure_burst(0.0), RATE, _late("b", 0.36)) == _late("b", 0.36)


def test_the_walk_stops_at_150_ms_and_15_ms_after_the_phone_before() -> None:
    samples = _vowel_closure_burst(0.4)
    assert espeak.correct_closures(samples, RATE, _late("p", 0.7))[1].start == pytest.approx(0.55, abs=0.003)
    short = (PhoneSegment("aa", 0.0, 0.62), PhoneSegment("s", 0.62, 0.7), PhoneSegment("t", 0.7, 1.0))
    corrected = espeak.correct_closures(samples, RATE, short)
    assert 0.635 <= corrected[2].start <= 0.638 and corrected[1].end == corrected[2].start


def test_a_name_of_two_phones_is_split_one_of_none_goes_on_and_an_unknown_one_is_refused() -> None:
    phones = [("sil",), ("aa", "r"), ("t",), (), ("iy",)]
    segments = espeak.segments_of_onsets(phones, [0, 1000, 2000, 2500, 2600], 1000, 3000)
    assert segments is not None
    assert [s.phone for s in segments] == ["sil", "aa", "r", "t", "iy"]
    assert [s.start for s in segments] == pytest.approx([0.0, 1.0, 1.55, 2.0, 2.6])
    assert [s.end for s in segments] == pytest.approx([1.0, 1.55, 2.0, 2.6, 3.0])
    assert espeak.segments_of_onsets([None], [0], 1000, 100) is None


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed (apt-get install espeak-ng)")
class TestWithTheProgram:
    def test_nothing_carries_over_from_sentence_to_sentence(self) -> None:
        # m1 spoken after another voice sounds different in one process.
        voice = espeak.EspeakVoice("en-us+m1")
        first = voice.synthesise("the boy looked at the treasure", np.random.default_rng(0))
        espeak.EspeakVoice("en-us+klatt3").synthesise("another voice", np.random.default_rng(1))
        again = voice.synthesise("the boy looked at the treasure", np.random.default_rng(0))
        assert first is not None and again is not None
        assert first.segments == again.segments
        np.testing.assert_array_equal(first.samples, again.samples)

    def test_lips_are_shut_during_a_closure(self) -> None:
        made = espeak.EspeakVoice("en-us+m3").synthesise("a copper pepper pot", np.random.default_rng(2))
        assert made is not None
        peak = float(np.abs(made.samples).max())
        inner = [s for s in made.segments if s.phone == "p"][:-1]
        assert len(inner) == 3
        for stop in inner:
            start = round((stop.start + 0.002) * 16_000)
            assert float(np.abs(made.samples[start : start + 240]).max()) < 0.05 * peak

    def test_an_accent_that_is_not_there(self) -> None:
        with pytest.raises(UserError, match="no voice"):
            espeak.EspeakVoice("xx-nowhere").synthesise("hello there", np.random.default_rng(0))


def test_a_variant_that_is_not_there_is_refused_though_the_library_would_take_it() -> None:
    with pytest.raises(UserError, match="nosuchvariant"):
        espeak.EspeakVoice("en-us+nosuchvariant")


def test_a_missing_library_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "LIBRARY", "libespeak-of-nowhere.so.1")
    with pytest.raises(UserError, match="apt-get install espeak-ng"):
        espeak.EspeakVoice().synthesise("hello there", np.random.default_rng(0))
