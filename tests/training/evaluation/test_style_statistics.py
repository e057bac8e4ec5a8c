import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.training.evaluation.style_report import Bar, Row, Section, StyleReport
from ptalker_blender.training.evaluation.style_statistics import (
    Estimate,
    bootstrap,
    mean_estimate,
    share_estimate,
    sign_flip_p,
    wilson,
)


def test_the_interval_of_a_mean_is_that_of_the_normal_theory():
    values = np.random.default_rng(0).normal(5.0, 2.0, 400)
    found = mean_estimate(values)
    half = 1.96 * values.std(ddof=1) / 20
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.05)
    assert found.high == pytest.approx(values.mean() + half, abs=0.05)


def test_units_of_two_kinds_are_both_drawn():
    # The whole spread lies between the columns: an interval over rows alone would have no width.
    table = np.tile(np.random.default_rng(1).normal(size=30), (10, 1))
    found = bootstrap((10, 30), lambda rows, columns: float(table[np.ix_(rows, columns)].mean()))
    assert found.high - found.low == pytest.approx(2 * 1.96 / math.sqrt(30), rel=0.35)


def test_a_single_unit_has_no_interval():
    assert math.isnan(mean_estimate(np.array([3.0])).low)


def test_wilson_by_the_textbook():
    # 81 of 263: Newcombe 1998, table I, method 3
    low, high = wilson(81 / 263, 263)
    assert (low, high) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))


def test_all_right_is_not_certain():
    found = share_estimate(np.ones(20))
    assert found.value == found.high == 1.0
    assert found.low == pytest.approx(0.8389, abs=1e-3)


def test_sign_flips_of_four_equal_differences():
    assert sign_flip_p(np.ones(4)) == pytest.approx(2 / 16)  # only all plus and all minus reach it


def test_sign_flips_hold_their_level_and_see_an_effect():
    rng = np.random.default_rng(2)
    under_none = np.array([sign_flip_p(rng.normal(size=20), draws=500) for _ in range(200)])
    assert 0.01 <= (under_none < 0.05).mean() <= 0.11
    assert sign_flip_p(rng.normal(1.0, 1.0, 20)) < 0.01


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30))
def test_the_value_lies_in_its_interval_and_p_is_a_share(values):
    p = sign_flip_p(np.array(values), draws=200)
    assert 0.0 < p <= 1.0
    found = bootstrap((len(values),), lambda i: float(np.array(values)[i].mean()), draws=100)
    assert min(values) - 1e-6 <= found.low <= found.high <= max(values) + 1e-6


def test_a_bar_is_met_by_interval_or_by_value():
    def verdict(low, bar):
        return Row("x", Estimate(0.5, low, 0.9), bar=bar).verdict()

    assert verdict(0.4, Bar(0.3)) == "met"
    assert verdict(0.2, Bar(0.3)) == "met by the value, not by its interval"
    assert verdict(0.4, Bar(0.6)) == "not met"
    assert verdict(0.4, Bar(0.95, at_least=False)) == "met"
    assert verdict(0.4, Bar(0.8, at_least=False)) == "met by the value, not by its interval"
    assert Row("x", Estimate(math.nan, math.nan, math.nan), bar=Bar(0.1)).verdict() == "not met"
    assert verdict(0.4, None) == ""


def test_a_report_tells_figures_bars_and_what_is_missing():
    rows = (Row("a", Estimate(0.25, 0.2, 0.3), "mm", "3 lines", Bar(0.1)), Row("b", Estimate(1.0, math.nan, math.nan)))
    report = StyleReport({"one": Section("title", rows, ("no table",), ("a note",))}, {"seed": 1}, {"weights": "w"})
    told = report.as_json()
    figure, plain = told["sections"]["one"]["figures"]
    assert figure == {
        "name": "a", "value": 0.25, "interval": [0.2, 0.3], "unit": "mm", "basis": "3 lines", "bar": 0.1,
        "verdict": "met",
    }  # fmt: skip
    assert plain["interval"] == [None, None]
    assert "bar" not in plain
    assert told["sections"]["one"]["missing"] == ["no table"]
    table = report.table()
    assert "missing: no table" in table
    assert "note: a note" in table
    assert table.split("bars\n")[1].count("\n") == 0
