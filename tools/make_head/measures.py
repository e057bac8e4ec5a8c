"""The head's few global measures, in millimetres; y = 0 at the eyes, z = 0 at the ears, x to the character's left."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ids = NDArray[np.int64]

EYE = np.array([32.5, 0.0, 65.0])  # centre of the left eyeball
EYE_RADIUS = 20.0
EYE_HALF_WIDTH = 17.0  # of the opening between the lids
LID_THICKNESS = 1.5
MOUTH_HALF_WIDTH = 24.0
MOUTH_HEIGHT = -64.0
REST_GAP = 0.2  # between the contact edges of the lips
