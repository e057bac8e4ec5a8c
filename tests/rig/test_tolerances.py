"""Key tolerances mean what they say on the head they were made for."""

from __future__ import annotations

import numpy as np

from ptalker_blender.motion.controls import CONTROLS, INDEX, N_CONTROLS
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.linear import controls_to_vertices
from ptalker_blender.rig.tolerances import MAX_TOLERANCE, key_tolerances


def test_one_control_off_by_its_tolerance_moves_no_vertex_by_more_than_the_bound() -> None:
    head, bound = load_head(), 0.1e-3
    tolerances = key_tolerances(head, bound)
    assert tuple(tolerances) == CONTROLS
    rest = controls_to_vertices(head, np.zeros((1, N_CONTROLS), np.float32))[0]
    for name in ("jawOpen", "mouthPucker", "eyeBlinkLeft", "headYaw", "headPitch"):
        values = np.zeros((1, N_CONTROLS), np.float32)
        values[0, INDEX[name]] = tolerances[name]
        moved = np.linalg.norm(controls_to_vertices(head, values)[0] - rest, axis=1).max()
        assert moved <= bound * 1.01
        if tolerances[name] < MAX_TOLERANCE and not name.startswith("head"):
            assert moved >= bound * 0.99  # and no key is kept in vain
