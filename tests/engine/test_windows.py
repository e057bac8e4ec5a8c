"""Windows: a partition of unity whose reach is bounded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.engine.windows import (
    CONTEXT,
    FADE,
    FRAMES,
    HOP,
    OVERLAP,
    batches,
    blend,
    fade_weights,
    slice_padded,
    window_starts,
)


def test_reach_is_within_the_overlap() -> None:
    assert HOP + CONTEXT + FADE // 2 + 1 <= OVERLAP


def test_fades_add_up_to_one() -> None:
    total = np.zeros(FRAMES + 3 * HOP)
    for i in range(4):
        total[i * HOP : i * HOP + FRAMES] += fade_weights()
    inside = total[CONTEXT + FADE : CONTEXT + 4 * HOP - FADE]
    np.testing.assert_allclose(inside, 1.0, atol=1e-6)


@given(st.integers(1, 700))
def test_blend_returns_what_the_windows_agree_on(frames: int) -> None:
    truth = np.arange(-CONTEXT, frames + FRAMES, dtype=np.float32)[:, None]
    windows = [truth[start + CONTEXT : start + CONTEXT + FRAMES] for start in window_starts(frames)]
    np.testing.assert_allclose(blend(windows, frames), truth[CONTEXT : CONTEXT + frames], atol=1e-3)


def test_seams_are_ramps() -> None:
    windows = [np.full((FRAMES, 1), float(i), np.float32) for i in range(2)]
    values = blend(windows, 2 * HOP)[:, 0]
    assert values[HOP - FADE] == 0 and values[HOP + FADE] == 1
    assert np.abs(np.diff(values)).max() == pytest.approx(1 / (FADE + 1), abs=1e-6)


def test_every_window_is_needed_and_enough() -> None:
    with pytest.raises(ValueError, match="zip"):
        blend([np.zeros((FRAMES, 1), np.float32)], 2 * HOP)
    assert len(window_starts(HOP)) == 1 and len(window_starts(HOP + 1)) == 2


def test_slices_are_padded_with_silence() -> None:
    samples = np.arange(1, 6, dtype=np.float32)
    np.testing.assert_array_equal(slice_padded(samples, -2, 4), [0, 0, 1, 2])
    np.testing.assert_array_equal(slice_padded(samples, 3, 4), [4, 5, 0, 0])
    np.testing.assert_array_equal(slice_padded(samples, 9, 2), [0, 0])


def test_batches_keep_order() -> None:
    assert list(batches(range(0, 10, 2), 2)) == [[0, 2], [4, 6], [8]]
