"""Time in the cosine basis: curves that are coupled by their second differences, solved all at once.

The matrix of second differences S [T - 2, T] gives S'S, which has five diagonals and costs curves nothing for being
straight. The cosine transform (DCT-II) makes a near relative of it diagonal: N'N, with N the second difference of a
curve that is mirrored at its ends (G. Strang, "The Discrete Cosine Transform", SIAM Review 41(1), 1999). N has two rows
more than S, the slopes at the ends, so that S'S = N'N - EE' with E [T, 2]. Woodbury's formula takes these two back, and
nothing is approximate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def cosine_transform(curves: Floats) -> Floats:
    """The orthonormal DCT-II along the last axis of [..., T], by one real FFT of length T.

    Even samples forwards and odd ones backwards are transformed (J. Makhoul, IEEE TASSP 28(1), 1980).
    """
    n = curves.shape[-1]
    folded = np.concatenate([curves[..., ::2], curves[..., 1::2][..., ::-1]], axis=-1)
    spectrum = np.fft.rfft(folded)
    half = spectrum.shape[-1]
    spectrum *= np.exp(-0.5j * np.pi / n * np.arange(half)) * np.sqrt(2 / n)
    result = np.empty(curves.shape)
    result[..., :half] = spectrum.real
    result[..., half:] = -spectrum.imag[..., 1 : n - half + 1][..., ::-1]
    result[..., 0] *= np.sqrt(0.5)
    return result


def inverse_cosine_transform(spectrum: Floats) -> Floats:
    """The inverse (and transpose) of :func:`cosine_transform`."""
    n = spectrum.shape[-1]
    half = n // 2 + 1
    turned = np.zeros((*spectrum.shape[:-1], half), np.complex128)
    turned.real = spectrum[..., :half]
    turned.imag[..., 1:] = -spectrum[..., n - half + 1 :][..., ::-1]
    turned[..., 0] *= np.sqrt(2)
    turned *= np.exp(0.5j * np.pi / n * np.arange(half)) * np.sqrt(n / 2)
    folded = np.fft.irfft(turned, n)
    result = np.empty(spectrum.shape)
    result[..., ::2] = folded[..., : (n + 1) // 2]
    result[..., 1::2] = folded[..., (n + 1) // 2 :][..., ::-1]
    return result


def roughness_gradient(curves: Floats) -> Floats:
    """S'S applied to [..., T]: half the gradient of the sum of squared second differences; 0 for T < 3."""
    result = np.zeros(curves.shape)
    if curves.shape[-1] < 3:
        return result
    bend = curves[..., 2:] - 2 * curves[..., 1:-1] + curves[..., :-2]
    result[..., 2:] += bend
    result[..., 1:-1] -= 2 * bend
    result[..., :-2] += bend
    return result


@dataclass(frozen=True)
class SmoothInverse:
    """(d_j + smoothness S'S)^-1 for J rows of curves, each with its own d_j > 0.

    Attributes:
        plain: float64 [J, T] or [J, 1], the inverse in the cosine basis without the ends' correction; where curves are
            not coupled, [J, 1] and no basis is needed.
        ends: float64 [2, T], E in the cosine basis; None where curves are not coupled.
        correction: float64 [J, 2, T], what the ends' two projections add.
    """

    plain: Floats
    ends: Floats | None
    correction: Floats | None

    def __call__(self, curves: Floats) -> Floats:
        """Solve for [J, T]."""
        if self.ends is None or self.correction is None:
            return curves * self.plain
        spectrum = cosine_transform(curves) * self.plain
        spectrum += ((spectrum @ self.ends.T)[:, None] @ self.correction)[:, 0]
        return inverse_cosine_transform(spectrum)


def smooth_inverse(diagonal: Floats, smoothness: float, n_frames: int) -> SmoothInverse:
    """Prepare the inverses for the shifts ``diagonal`` [J], all above 0."""
    if smoothness == 0 or n_frames < 3:
        return SmoothInverse(1 / diagonal[:, None], None, None)
    bends = (2 - 2 * np.cos(np.pi * np.arange(n_frames) / n_frames)) ** 2
    plain = 1 / (diagonal[:, None] + smoothness * bends)
    slopes = np.zeros((2, n_frames))
    slopes[0, :2] = slopes[1, :-3:-1] = 1, -1
    ends = cosine_transform(slopes)
    solved = ends * plain[:, None]
    middle = np.linalg.inv(np.eye(2) / smoothness - solved @ ends.T)
    return SmoothInverse(plain, ends, middle @ solved)
