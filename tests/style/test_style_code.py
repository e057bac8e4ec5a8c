"""A stored style code: saved beside the motion and read back, with whose it is and which weights made it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.engine.request import resolve_style
from ptalker_blender.errors import UserError
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.npz import read_motion_npz
from ptalker_blender.style.code import CODE, WEIGHTS, StyleCode
from ptalker_blender.style.library import list_styles, load_style, save_style
from ptalker_blender.style.performance import Performance, load_performance

HASH = "ab" * 32
VALUES = np.linspace(-1, 1, 16, dtype=np.float32)


@pytest.fixture
def performance() -> Performance:
    motion = Motion(np.random.default_rng(0).random((60, 55)).astype(np.float32), 30.0)
    return Performance(motion, "take", code=StyleCode(VALUES, HASH))


@pytest.mark.parametrize("identity", ["", "stage"])
def test_round_trip_by_name_and_by_file(tmp_path: Path, performance: Performance, identity: str) -> None:
    path = tmp_path / "hero.npz"
    save_style(replace(performance, identity=identity), "our hero", path)
    assert [(style.name, style.description) for style in list_styles(tmp_path)] == [("hero", "our hero")]
    for loaded in (load_style("hero", tmp_path), load_performance(path)):
        assert loaded.code is not None
        np.testing.assert_array_equal(loaded.code.values, VALUES)
        assert loaded.code.weights_sha256 == HASH
        # The file says who it is: its name may be that of one of the network's performers by chance.
        assert loaded.identity == identity
        np.testing.assert_array_equal(loaded.motion.values, performance.motion.values)
    np.testing.assert_array_equal(read_motion_npz(path).values, performance.motion.values)


def test_a_part_has_no_code_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, performance: Performance
) -> None:
    monkeypatch.setenv("PTALKER_WEIGHTS", str(tmp_path))
    (tmp_path / "styles").mkdir()
    path = tmp_path / "styles" / "hero.npz"
    save_style(replace(performance, identity="stage"), "our hero", path)
    assert load_performance(path, 0.0, 1.0).code is None
    part = resolve_style("hero", (0.0, 1.0))
    assert isinstance(part, Performance) and part.code is None
    assert part.identity == "stage" and part.motion.seconds == 1.0


def test_the_same_style_gives_the_same_bytes(tmp_path: Path, performance: Performance) -> None:
    for name in ("a", "b"):
        save_style(performance, "hero", tmp_path / f"{name}.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        {CODE: None},
        {WEIGHTS: None},
        {CODE: VALUES[None]},
        {CODE: VALUES.astype(np.float64)},
        {CODE: np.full(16, np.nan, np.float32)},
        {WEIGHTS: np.array("abc")},
    ],
)
def test_a_damaged_code_is_told(tmp_path: Path, performance: Performance, damage: dict[str, object]) -> None:
    save_style(performance, "hero", tmp_path / "hero.npz")
    with np.load(tmp_path / "hero.npz") as archive:
        fields = {**archive, **damage}
    np.savez(tmp_path / "hero.npz", **{name: value for name, value in fields.items() if value is not None})
    with pytest.raises(UserError, match=r"hero\.npz has a damaged style code"):
        load_style("hero", tmp_path)


@pytest.mark.parametrize(
    ("values", "sha"), [(VALUES[None], HASH), (VALUES.astype(np.float64), HASH), (VALUES, "short")]
)
def test_what_is_no_code_cannot_be_made(values: np.ndarray, sha: str) -> None:
    with pytest.raises(ValueError, match=r"style code|SHA-256"):
        StyleCode(values, sha)
