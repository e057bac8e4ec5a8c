"""Text as written to words as spoken."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.transcript.words import number_words, ordinal_words, spoken_words, year_words


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Well-known, isn't it?", "well known isn't it"),
        ("It’s café time", "it's cafe time"),
        ("I have 21 cats", "I have twenty one cats"),
        ("1,205 people", "one thousand two hundred five people"),
        ("in 1465 and 2024", "in fourteen sixty five and twenty twenty four"),
        ("the 1980s", "the nineteen eighties"),
        ("the 21st and 12th", "the twenty first and twelfth"),
        ("$5.50 or £1", "five dollars and fifty cents or one pound"),
        ("$2.5 million", "two point five million dollars"),
        ("3.14", "three point one four"),
        ("50% & more", "fifty percent and more"),
        ("at 10:05 pm, not 3:00", "at ten oh five pm not three o'clock"),
        ("agent 007", "agent zero zero seven"),
        ("Mr. and Mrs Smith, etc.", "mister and missus smith et cetera"),
        ("he left. Gen fell", "he left gen fell"),
        ("i.e. the FBI", "I E the FBI"),
        ("PRINTED ALL IN CAPITALS", "printed all in capitals"),
        ("so [laughter] <VOCNOISE> what", "so what"),
        ("口を開けて", ""),
    ],
)
def test_readings(text: str, spoken: str) -> None:
    assert " ".join(spoken_words(text)) == spoken


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "zero"), (13, "thirteen"), (100, "one hundred"), (1_000_001, "one million one"), (40, "forty")],
)
def test_numbers(value: int, words: str) -> None:
    assert number_words(value) == words


def test_ordinals_and_years() -> None:
    assert [ordinal_words(n) for n in (1, 3, 8, 20, 22, 100)] == [
        "first", "third", "eighth", "twentieth", "twenty second", "one hundredth",
    ]  # fmt: skip
    assert [year_words(n) for n in (1900, 1905, 2003, 1066)] == [
        "nineteen hundred", "nineteen oh five", "two thousand three", "one thousand sixty six",
    ]  # fmt: skip


def test_a_number_too_large_has_no_words() -> None:
    with pytest.raises(ValueError, match="is not from 0"):
        number_words(10**15)


@given(st.text(max_size=60))
def test_any_text_gives_words_of_letters_and_apostrophes(text: str) -> None:
    assert all(re.fullmatch(r"[A-Za-z']+", word) and word.strip("'") for word in spoken_words(text))


@given(st.integers(0, 10**15 - 1), st.integers(0, 10**15 - 1))
def test_numbers_read_differently(a: int, b: int) -> None:
    assert (number_words(a) == number_words(b)) == (a == b)
