"""Mixes are of positive shares that sum to 1; the ends are the pure styles; what is asked for by name is told."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.engine.request import resolve_style
from ptalker_blender.errors import UserError
from ptalker_blender.motion.motion import Motion
from ptalker_blender.style.library import save_style
from ptalker_blender.style.mix import StyleMix, mix_two, parts_of
from ptalker_blender.style.performance import Performance


def performance(name: str) -> Performance:
    return Performance(Motion(np.full((60, 55), 0.1, np.float32), 30.0), name)


A, B, C = (performance(name) for name in "abc")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PTALKER_WEIGHTS", str(tmp_path))
    (tmp_path / "styles").mkdir()
    for name in ("calm", "lively"):
        save_style(performance(name), f"rather {name}", tmp_path / "styles" / f"{name}.npz")
    return tmp_path


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=6))
def test_shares_are_normalised_in_proportion(shares: list[float]) -> None:
    parts = list(parts_of(StyleMix(tuple((performance(str(i)), share) for i, share in enumerate(shares)))))
    assert sum(share for _, share in parts) == pytest.approx(1.0)
    assert [part.name for part, _ in parts] == [str(i) for i in range(len(shares))]
    np.testing.assert_allclose([share for _, share in parts], np.array(shares) / sum(shares), rtol=1e-9)


def test_one_performance_is_all_of_itself() -> None:
    assert list(parts_of(A)) == [(A, 1.0)]


@pytest.mark.parametrize("share", [0.0, -1.0, float("nan"), float("inf")])
def test_shares_are_positive_numbers(share: float) -> None:
    with pytest.raises(ValueError, match="share of 'b'"):
        StyleMix(((A, 1.0), (B, share)))


def test_a_mix_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        StyleMix(())


def test_two_styles_and_the_second_ones_share() -> None:
    assert mix_two(A, B, 0.0) is A and mix_two(A, B, 1.0) is B
    mixed = mix_two(A, B, 0.25)
    assert isinstance(mixed, StyleMix) and mixed.parts == ((A, 0.75), (B, 0.25))
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="from 0 to 1"):
            mix_two(A, B, share)


def test_mixes_by_name_and_file(library: Path) -> None:
    mixed = resolve_style("calm", mix="lively", mix_share=0.3)
    assert isinstance(mixed, StyleMix)
    assert [(part.name, part.identity, share) for part, share in mixed.parts] == [
        ("calm", "calm", 0.7),
        ("lively", "lively", 0.3),
    ]
    by_file = resolve_style("calm", (0.0, 1.0), mix=str(library / "styles" / "lively.npz"))
    assert isinstance(by_file, StyleMix)
    (first, _), (second, _) = by_file.parts
    assert first.motion.seconds == 1.0 and second.motion.seconds == 2.0  # the range is the first's
    assert (first.identity, second.identity) == ("calm", "")
    alone = resolve_style("calm", mix="lively", mix_share=0.0)
    assert isinstance(alone, Performance) and alone.name == "calm"


@pytest.mark.parametrize(
    ("style", "mix", "share", "text"),
    [
        ("calm", "angry", 0.5, "style 'angry'.*calm, lively"),
        ("calm", "voice", 0.5, "style 'voice'"),
        ("angry", "calm", 0.5, "style 'angry'"),
        ("calm", "lively", 1.5, "mix share of 1.5"),
        ("calm", "lively", float("nan"), "mix share of nan"),
        ("voice", "calm", 0.5, "to mix in without a style"),
        (None, "calm", 0.5, "to mix in without a style"),
    ],
)
def test_what_cannot_be_mixed_is_told(library: Path, style: str | None, mix: str, share: float, text: str) -> None:
    with pytest.raises(UserError, match=text):
        resolve_style(style, mix=mix, mix_share=share)
