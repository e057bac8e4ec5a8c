import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.training.corpus.phones import (
    ESPEAK,
    PHONE_INDEX,
    PHONES,
    SILENCE,
    VISEME_OF_PHONE,
    VISEMES,
    PhoneSegment,
    from_arpabet,
    from_espeak,
    from_ipa,
    from_xsampa,
    is_ipa_modifier,
    normalise,
    tile,
)


def test_forty_classes_in_fifteen_mouth_shapes() -> None:
    assert len(PHONES) == len(set(PHONES)) == 40
    assert PHONES[0] == SILENCE and PHONES[1:] == tuple(sorted(PHONES[1:]))
    assert sorted(phone for group in VISEMES for phone in group) == sorted(PHONES)
    assert len(VISEMES) == 15
    assert VISEMES[VISEME_OF_PHONE[PHONE_INDEX["b"]]] == ("p", "b", "m")


@pytest.mark.parametrize("mnemonic", sorted(ESPEAK))
def test_every_espeak_mnemonic_gives_one_or_two_phones(mnemonic: str) -> None:
    phones = from_espeak(mnemonic)
    assert phones is not None and 1 <= len(phones) <= 2 and set(phones) <= set(PHONES)


def test_espeak_stress_and_length_marks_are_stripped() -> None:
    assert from_espeak("'aI@") == ("ay", "ah")
    assert from_espeak("I2") == ("ih",)
    assert from_espeak("Q") is None


@given(st.sampled_from(PHONES[1:]), st.sampled_from(["", "0", "1", "2"]), st.booleans())
def test_arpabet_in_any_case_with_any_stress(phone: str, stress: str, upper: bool) -> None:
    name = phone + stress
    assert from_arpabet(name.upper() if upper else name) == phone


@pytest.mark.parametrize(
    ("name", "phone"),
    [
        ("axr", "er"), ("dx", "t"), ("h#", "sil"), ("pau", "sil"), ("+NSN+", "sil"), ("<eps>", "sil"), ("", "sil"),
        ("bcl", "b"), ("AX", "ah"), ("SIL", "sil"), ("qq", None), ("7", None), ("ʃ", None),
    ],
)  # fmt: skip
def test_arpabet_relatives(name: str, phone: str | None) -> None:
    assert from_arpabet(name) == phone


@pytest.mark.parametrize(
    ("sign", "phones"),
    [
        ("pʰ", ("p",)), ("t͡ʃ", ("ch",)), ("tʃ", ("ch",)), ("dʒ", ("jh",)), ("aɪ", ("ay",)), ("aj", ("ay",)),
        ("ʉː", ("uw",)),
        ("n̩", ("n",)), ("ɫ", ("l",)), ("mʲ", ("m",)), ("ç", ("hh",)), ("ɑ˞", ("aa",)), ("ˈiː", ("iy",)), ("ɡ", ("g",)),
        ("ts", ("t", "s")), ("ɑ̃", ("aa",)), ("spn", ("sil",)), ("Ω", None),
        # Neither lips nor sound of a French r are those of an English one; ch as in Bach is a breath, not a stop.
        ("ʁ", ("g",)), ("x", ("hh",)), ("ɥ", ("w",)), ("œ̃", ("uh",)), ("ɐ̃ʊ̃", ("aw",)), ("ɔø", ("oy",)),
        ("tʃʲ", ("ch",)),
    ],
)  # fmt: skip
def test_ipa(sign: str, phones: tuple[str, ...] | None) -> None:
    assert from_ipa(sign) == phones


@pytest.mark.parametrize(
    ("name", "phones"),
    [
        ("tS", ("ch",)), ("dZ", ("jh",)), ("A:", ("aa",)), ("{", ("ae",)), ("@U", ("ow",)), ("r\\", ("r",)),
        ("N", ("ng",)),
        ("T", ("th",)), ("3`", ("er",)), ("n=", ("n",)), ("t_h", ("t",)), ('"i:', ("iy",)), ("j", ("y",)), ("&&", None),
    ],
)  # fmt: skip
def test_xsampa(name: str, phones: tuple[str, ...] | None) -> None:
    assert from_xsampa(name) == phones


def test_signs_that_only_modify_are_told_from_those_of_a_phone() -> None:
    assert is_ipa_modifier("ʲ") and is_ipa_modifier("ː")
    assert not any(is_ipa_modifier(sign) for sign in ("", "t", "tʲ", "ɔ̃"))


def test_normalise_reads_arpabet_first() -> None:
    assert normalise("OW1") == ("ow",)
    assert normalise("y") == ("y",)  # the glide, not the front rounded vowel of IPA
    assert normalise("ʃ") == ("sh",)
    assert normalise("{") == ("ae",)
    assert normalise("Ω") is None


def test_labels_past_the_wave_are_clipped_not_scaled() -> None:
    # kal16: labels end at 2.465 s, the wave at 2.352 s, inside the last pause.
    labels = [PhoneSegment("sil", 0.0, 0.2), PhoneSegment("b", 0.2, 2.1), PhoneSegment("sil", 2.1, 2.465)]
    assert tile(labels, 2.352) == (
        PhoneSegment("sil", 0.0, 0.2),
        PhoneSegment("b", 0.2, 2.1),
        PhoneSegment("sil", 2.1, 2.352),
    )
    assert tile(labels, 2.0)[-1] == PhoneSegment("b", 0.2, 2.0)


def test_gaps_and_a_longer_wave_become_silence() -> None:
    assert tile([PhoneSegment("m", 0.5, 1.0), PhoneSegment("sil", 1.0, 1.2)], 3.0) == (
        PhoneSegment("sil", 0.0, 0.5),
        PhoneSegment("m", 0.5, 1.0),
        PhoneSegment("sil", 1.0, 3.0),
    )


@given(
    st.lists(st.tuples(st.sampled_from(PHONES), st.floats(0, 9), st.floats(0, 3)), max_size=12),
    st.floats(0.001, 10),
)
def test_tiles_cover_the_wave_exactly(raw: list[tuple[str, float, float]], seconds: float) -> None:
    labels = sorted((PhoneSegment(p, s, s + d) for p, s, d in raw), key=lambda segment: segment.start)
    tiled = tile(labels, seconds)
    assert tiled[0].start == 0.0 and tiled[-1].end == seconds
    for before, after in itertools.pairwise(tiled):
        assert before.end == after.start
        assert (before.phone, after.phone) != (SILENCE, SILENCE)
    assert all(segment.end > segment.start for segment in tiled)
    assert tile(tiled, seconds) == tiled
