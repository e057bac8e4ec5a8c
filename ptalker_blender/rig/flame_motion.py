"""FLAME parameter tracks as motions of our controls, so that they serve as performances.

Coefficients mean nothing without the FLAME file they belong to, which is the user's and is named by an argument
(``--flame FILE``) or by the environment variable ``PTALKER_FLAME``. The 52 keys are built on the track's identity
(:mod:`.flame_keys`) and solved for (:mod:`.flame_controls`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..motion.controls import BLENDSHAPES
from .flame_controls import ControlsFit, controls_from_flame
from .flame_export import require_components
from .flame_file import FlameModel, read_flame
from .flame_pose import pose_flame
from .flame_source import flame_path
from .flame_tracks import read_flame_track


def flame_key_deltas(model: FlameModel, betas: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """The 52 keys for an identity of FLAME, float32 [52, 5023, 3], metres, in the order of ``BLENDSHAPES``."""
    # Imported here: building keys needs scipy, which Blender's Python lacks.
    from .flame_keys import build_flame_keys
    from .head import load_head

    rest = pose_flame(model, betas)
    built = build_flame_keys(load_head(), rest, model.faces)
    deltas = np.zeros((len(BLENDSHAPES), *rest.shape), np.float32)
    for k, name in enumerate(BLENDSHAPES):
        if name in built.names:
            deltas[k] = built.deltas[built.names.index(name)]
    return deltas


def read_flame_motion(path: Path | str, flame: Path | str | None = None) -> ControlsFit:
    """Read a FLAME track as controls.

    Args:
        path: see ``flame_tracks.read_flame_track``.
        flame: the FLAME file; None: the environment's.

    Raises:
        UserError: no FLAME file is named, one of both cannot be read, or they do not belong together.
    """
    model_path = flame_path(flame, Path(path).name)
    track = read_flame_track(path)
    model = read_flame(model_path)
    require_components(model, track)  # before keys are built, which takes seconds
    betas = track.shape[: model.shapedirs.shape[2]]
    return controls_from_flame(track, model, flame_key_deltas(model, betas))
