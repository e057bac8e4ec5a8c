"""The small pictures of styles: what they show, and that they are PNGs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.motion.controls import CONTROLS, INDEX
from ptalker_blender.motion.motion import Motion
from ptalker_blender.rig.head import Head, load_head
from ptalker_blender.style.portrait import draw_portrait, liveliest, write_png


@pytest.fixture(scope="module")
def head() -> Head:
    return load_head()


def motion(**columns: list[float]) -> Motion:
    values = np.zeros((3, len(CONTROLS)), np.float32)
    for name, column in columns.items():
        values[:, INDEX[name]] = column
    return Motion(values, 25.0)


def test_the_liveliest_frame_is_no_blink() -> None:
    found = liveliest(motion(jawOpen=[0.1, 0.4, 0.2], eyeBlinkLeft=[0.0, 0.0, 1.0], headYaw=[0.5, 0.0, 0.0]))
    assert found[INDEX["jawOpen"]] == pytest.approx(0.4)
    assert found.sum() == pytest.approx(0.4)


def test_a_smile_on_the_left_is_drawn_on_its_side_alone(head: Head) -> None:
    rest, smile = (draw_portrait(head, motion(mouthSmileLeft=[0.0, x, 0.0]), 64) for x in (0.0, 1.0))
    assert rest.shape == (64, 64, 4)
    assert rest.dtype == np.uint8
    changed = (rest != smile).any(axis=2)
    assert changed[34:, 34:].sum() > 10  # the character's left is on the right of the picture
    assert changed[:, :24].sum() < 0.1 * changed.sum()
    assert rest[0, 0, 3] == 0
    assert rest[..., 3].max() == 255


def test_png_is_what_others_read(head: Head, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    pixels = draw_portrait(head, motion(jawOpen=[0.0, 0.5, 0.0]), 48)
    write_png(pixels, tmp_path / "style.png")
    np.testing.assert_array_equal(np.asarray(image.open(tmp_path / "style.png")), pixels)
