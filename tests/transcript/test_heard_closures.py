"""Closures from posteriors whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from ptalker_blender.transcript.heard_closures import closures_heard

NAMES = ("sil", "b", "aa", "m", "p")


def posteriors(frames: int, **rows: float) -> np.ndarray:
    """All vowel but for rows such as ``b10=0.5``."""
    values = np.zeros((frames, len(NAMES)))
    for row, value in rows.items():
        values[int(row[1:]), NAMES.index(row[0])] = value
    values[:, NAMES.index("aa")] = 1.0 - values.sum(axis=1)
    return values


def test_times_and_the_likeliest_phone() -> None:
    made = closures_heard(posteriors(40, m10=0.2, m11=0.5, b11=0.1, m12=0.3, b30=0.9, b31=0.9, p32=0.4), NAMES, 50.0)
    assert [(one.phone, one.start, one.end) for one in made] == [("m", 0.2, 0.26), ("b", 0.6, 0.66)]


def test_posteriors_that_come_late_are_set_right() -> None:
    made = closures_heard(posteriors(20, p0=0.9, p1=0.9, p2=0.9, m10=0.9, m11=0.9, m12=0.9), NAMES, 50.0, late=1)
    assert [one.start for one in made] == [0.0, pytest.approx(0.18)]
    assert [one.end for one in made] == [pytest.approx(0.04), pytest.approx(0.24)]


@pytest.mark.parametrize("rows", [{}, {"b5": 0.9, "b6": 0.9}, {"b5": 0.29, "b6": 0.29, "b7": 0.29}])
def test_too_short_or_too_unlikely_is_none(rows: dict[str, float]) -> None:
    assert closures_heard(posteriors(20, **rows), NAMES, 50.0) == ()


def test_one_that_lasts_to_the_end() -> None:
    (only,) = closures_heard(posteriors(12, m9=0.9, m10=0.9, m11=0.9), NAMES, 50.0)
    assert only.end == pytest.approx(12 / 50.0)
