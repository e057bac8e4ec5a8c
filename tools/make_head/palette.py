"""What one character is painted with: linear albedo of skin, hair, brows, irises and cloth."""

from __future__ import annotations

from dataclasses import dataclass

Tint = tuple[float, float, float]


@dataclass(frozen=True)
class Palette:
    """Colours of a character, linear red, green and blue 0..1; as given, those of the default one.

    Attributes:
        skin: the even tone of the face.
        blush: of cheeks, nose and ears, mixed in.
        socket: the shade round the eyes.
        lip: the red of the lips.
        lid_rim: the wet rim of the lids.
        hair_root, hair_tip: of the hair.
        brow: of the brows in a solid view; brow_dark their body, brow_light the tips of their hairs.
        iris: in a solid view; iris_outer near the rim, iris_middle, iris_warm round the pupil.
        cloth: of the jumper; rib and groove those of its collar.
    """

    skin: Tint = (0.735, 0.420, 0.285)
    blush: Tint = (0.72, 0.240, 0.165)
    socket: Tint = (0.545, 0.285, 0.225)
    lip: Tint = (0.61, 0.235, 0.183)
    lid_rim: Tint = (0.40, 0.16, 0.115)
    hair_root: Tint = (0.030, 0.012, 0.006)
    hair_tip: Tint = (0.135, 0.056, 0.022)
    brow: Tint = (0.070, 0.029, 0.013)
    brow_dark: Tint = (0.055, 0.0225, 0.010)
    brow_light: Tint = (0.105, 0.043, 0.018)
    iris: Tint = (0.10, 0.26, 0.27)
    iris_outer: Tint = (0.020, 0.110, 0.140)
    iris_middle: Tint = (0.090, 0.340, 0.370)
    iris_warm: Tint = (0.260, 0.230, 0.110)
    cloth: Tint = (0.060, 0.165, 0.170)
    rib: Tint = (0.050, 0.145, 0.152)
    groove: Tint = (0.026, 0.085, 0.092)


PALETTE = Palette()
