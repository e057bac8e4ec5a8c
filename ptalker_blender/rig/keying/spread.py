"""Displacements known here and there, carried smoothly over a surface: screened biharmonic fields.

The field d minimises  sum_v w_v a_v |d_v - t_v|^2 + reach^4 sum_v a_v |(L d)_v|^2  with a the vertex areas and L the
cotangent Laplacian (M. Botsch, O. Sorkine, IEEE TVCG 14(1), 2008): where w is large d follows t, elsewhere it is the
surface's own smoothest continuation. Lips, lids and ears are told apart because the surface tells them apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, diags
from scipy.sparse.linalg import splu

from .surface import laplacian

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

AT_ONCE = 32


class Spread:
    """The operator for one surface and one set of weights, factorised once for any number of fields.

    Args:
        points: [V, 3] metres.
        triangles: [F, 3].
        weights: [V], >= 0; 1 is a vertex whose target is trusted, 0 one without any.
        reach: metres over which trusted targets (weight 1) are smoothed.
    """

    def __init__(self, points: Floats, triangles: Ids, weights: Floats, reach: float) -> None:
        stiffness, area = laplacian(points, triangles)
        bending = stiffness @ diags(1 / area) @ stiffness
        self._pull = area * weights
        # Pieces without any target would leave the system singular: a breath of zero everywhere.
        matrix = diags(self._pull + 1e-7 * area) + reach**4 * bending
        # Positive definite: nothing need be pivoted, which keeps the factor at a third of the size.
        self._factor = splu(
            csc_matrix(matrix), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
        )

    def __call__(self, targets: Floats) -> Floats:
        """Fields [V, n] for targets [V, n]."""
        asked = self._pull[:, None] * targets
        # Few at a time: faster, and threads of the linear algebra do not get into each other's way.
        solved = [self._factor.solve(asked[:, k : k + AT_ONCE]) for k in range(0, asked.shape[1], AT_ONCE)]
        return np.asarray(np.hstack(solved), np.float64)
