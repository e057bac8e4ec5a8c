"""Key tolerances mean what they say on the head they were made for."""

from __future__ import annotations

import numpy as np
import pytest

from ptalker_blender.engine.keys import REDUCED, make_keys
from ptalker_blender.motion.controls import BLENDSHAPES, CONTROLS, INDEX, N_CONTROLS
from ptalker_blender.motion.resample import resample_motion
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.linear import controls_to_vertices
from ptalker_blender.rig.tolerances import MAX_TOLERANCE, PROMISED_MM, key_tolerances
from ptalker_blender.style.library import list_styles, load_style


def test_one_control_off_by_its_tolerance_moves_no_vertex_by_more_than_the_bound() -> None:
    head, bound = load_head(), 0.1e-3
    tolerances = key_tolerances(head, bound)
    assert tuple(tolerances) == CONTROLS
    rest = controls_to_vertices(head, np.zeros((1, N_CONTROLS), np.float32))[0]
    shares = {"jawOpen": 1.0, "mouthPucker": 1.0, "eyeBlinkLeft": 1.6, "headYaw": 3.2, "headPitch": 3.2}
    for name, share in shares.items():
        values = np.zeros((1, N_CONTROLS), np.float32)
        values[0, INDEX[name]] = tolerances[name]
        moved = np.linalg.norm(controls_to_vertices(head, values)[0] - rest, axis=1).max()
        assert moved <= share * bound * 1.01
        if tolerances[name] < MAX_TOLERANCE and not name.startswith("head"):
            assert moved >= share * bound * 0.99  # and no key is kept in vain


@pytest.mark.parametrize("name", ["neutral", "stage"])
def test_reduced_keys_keep_the_promise_to_the_lips(name: str) -> None:
    """Performances of the library at 24 frames a second: nearly all of the promised error is used, and not more."""
    if name not in {style.name for style in list_styles()}:
        pytest.skip("the library lacks this style")
    motion, head = resample_motion(load_style(name).motion, 24.0), load_head()
    curves, frames = make_keys(motion, REDUCED), np.arange(len(motion.values))
    seen = np.stack([np.interp(frames, c.frames, c.values.astype(np.float64)) for c in curves], axis=1)
    keys = head.key_deltas[[head.key_names.index(one) for one in BLENDSHAPES]][:, head.landmarks["lips"]]
    off = (seen - motion.values)[:, : len(BLENDSHAPES)] @ keys.reshape(len(keys), -1)
    error = 1000.0 * np.linalg.norm(off.reshape(len(frames), -1, 3), axis=2)
    assert 0.6 * PROMISED_MM < np.percentile(error, 99) <= PROMISED_MM
    assert sum(len(c.frames) for c in curves) < 0.25 * motion.values.size
