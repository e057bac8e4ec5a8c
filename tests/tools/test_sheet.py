"""Contact sheets: which moments are shown, where bands end, and that the sheet is drawn from its pictures."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.audio.clip import SAMPLE_RATE, AudioClip
from ptalker_blender.training.corpus.phones import PHONES, PhoneSegment

pytest.importorskip("bpy")  # drawing shares its row type with filming

from PIL import Image

from tools.sheet.bands import split_bands
from tools.sheet.drawing import COLOURS, draw_sheet
from tools.sheet.filming import Row
from tools.sheet.labels import Labels, Word, read_captions
from tools.sheet.moments import choose_moments


def test_moments_without_labels_are_the_columns_middles():
    assert choose_moments(1.0, 3.0, (), 4) == pytest.approx([1.25, 1.75, 2.25, 2.75])


def test_a_closure_is_shown_before_a_vowel_beside_it():
    segments = (PhoneSegment("ah", 0.0, 0.4), PhoneSegment("b", 0.4, 0.5), PhoneSegment("s", 0.5, 1.0))
    assert choose_moments(0.0, 1.0, segments, 1) == pytest.approx([0.45])


def test_silence_is_shown_only_where_nothing_else_is():
    segments = (PhoneSegment("sil", 0.0, 1.0), PhoneSegment("k", 1.0, 1.9), PhoneSegment("sil", 1.9, 2.0))
    assert choose_moments(0.0, 2.0, segments, 2) == pytest.approx([0.5, 1.45])


@given(
    st.lists(st.tuples(st.sampled_from(PHONES), st.floats(0.02, 0.4)), max_size=40),
    st.integers(1, 12),
    st.floats(0.2, 8.0),
)
def test_moments_keep_to_their_columns(phones, count, seconds):
    """One moment in each column, so threads never cross and no part of the line goes unseen."""
    segments, at = [], 0.0
    for phone, length in phones:
        segments.append(PhoneSegment(phone, at, at + length))
        at += length
    moments = choose_moments(0.0, seconds, segments, count)
    edges = np.linspace(0.0, seconds, count + 1)
    assert len(moments) == count
    for k, moment in enumerate(moments):
        assert edges[k] - 1e-9 <= moment <= edges[k + 1] + 1e-9


@pytest.mark.parametrize(("start", "end", "count"), [(1.0, 1.0, 3), (0.0, 1.0, 0)])
def test_no_moments_from_nothing(start, end, count):
    with pytest.raises(ValueError, match="moments"):
        choose_moments(start, end, (), count)


@pytest.mark.parametrize(("seconds", "bands"), [(5.0, 1), (5.01, 2), (15.0, 3), (0.3, 1)])
def test_bands_cover_the_line_and_are_no_longer_than_asked(seconds, bands):
    found = split_bands(seconds, (), 5.0, 6)
    assert len(found) == bands
    assert (found[0].start, found[-1].end) == (0.0, pytest.approx(seconds))
    assert all(left.end == right.start for left, right in pairwise(found))
    assert max(band.end - band.start for band in found) <= 5.0 + 1e-9


def test_captions_have_phones_and_words_without_pauses(tmp_path):
    def node(text, begin, length, parts=None):
        return {"b": begin, "d": length, "t": text} | ({"w": parts} if parts is not None else {})

    words = [
        node("(pause)", 0.0, 0.1, [node("pau", 0.0, 0.1)]),
        node("me", 0.1, 0.2, [node("m", 0.1, 0.05), node("iy", 0.15, 0.15)]),
    ]
    path = tmp_path / "x.phone.json"
    path.write_text(json.dumps(node("me", 0.0, 0.3, words)), encoding="utf-8")
    captions = read_captions(path)
    assert [phone.phone for phone in captions.phones] == ["sil", "m", "iy"]
    assert [word.text for word in captions.words] == ["me"]
    assert captions.words[0].end == pytest.approx(0.3)


def test_sheet_is_drawn_from_its_pictures_and_curves(tmp_path):
    """The pictures' own colours and each row's colour are found on the sheet."""
    green, blue = (10, 200, 30), (20, 40, 220)
    pictures = []
    for k, colour in enumerate((green, blue, green, blue)):
        pictures.append(tmp_path / f"{k}.png")
        Image.new("RGB", (50, 60), colour).save(pictures[-1])
    seconds = 2.0
    audio = AudioClip(np.sin(np.arange(int(seconds * SAMPLE_RATE)) * 0.1).astype(np.float32))
    opening = np.linspace(0.0, 0.01, 50)
    rows = [Row("one", opening, 25.0, tuple(pictures[:2])), Row("two", opening[::-1], 25.0, tuple(pictures[2:]))]
    labels = Labels((PhoneSegment("m", 0.5, 0.7),), (Word("me", 0.5, 1.0),))
    path = tmp_path / "sheet.png"
    bands = split_bands(seconds, labels.phones, 5.0, 2)
    draw_sheet(path, "title", audio, labels, bands, rows)
    pixels = np.asarray(Image.open(path).convert("RGB"), np.int32)
    wanted = [green, blue, *(tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in COLOURS[:2])]
    for colour in wanted:
        assert (np.abs(pixels - colour).max(axis=2) <= 3).sum() > 200, colour
    with pytest.raises(ValueError, match="moments"):
        draw_sheet(path, "title", audio, labels, bands, [Row("one", opening, 25.0, tuple(pictures))])
