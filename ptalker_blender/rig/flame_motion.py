"""FLAME parameter tracks as motions of our controls, so that they serve as performances, and motions as tracks.

Coefficients mean nothing without the FLAME file they belong to, which is the user's and is named by an argument
(``--flame FILE``) or by the environment variable ``PTALKER_FLAME``. The 52 keys are built on the track's identity
(:mod:`.flame_keys`) and solved for (:mod:`.flame_controls`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..motion.controls import BLENDSHAPES, INDEX
from ..motion.motion import Motion
from .flame_controls import ControlsFit, FlameFit, controls_from_flame, flame_from_controls
from .flame_export import require_components
from .flame_file import FlameModel, read_flame
from .flame_jaw import CORRECTIVE, corrective_weight
from .flame_pose import pose_flame
from .flame_source import flame_path
from .flame_tracks import read_flame_track


@dataclass(frozen=True)
class FlameKeys:
    """Keys of our controls on one FLAME identity.

    Attributes:
        deltas: float32 [52, 5023, 3] in the order of ``BLENDSHAPES``, metres at weight 1.
        arc: float32 [1, 5023, 3], what a wide open jaw does beyond its key (see ``flame_jaw``).
    """

    deltas: NDArray[np.float32]
    arc: NDArray[np.float32]

    def arc_weights(self, motion: Motion) -> NDArray[np.float32]:
        """Weights [T, 1] of ``arc`` in a motion."""
        opening, closing = (motion.values[:, INDEX[name], None] for name in ("jawOpen", "mouthClose"))
        return np.asarray(corrective_weight(opening, closing), np.float32)


def flame_keys(model: FlameModel, betas: NDArray[np.float32] | None = None) -> FlameKeys:
    """Build the keys for an identity; takes seconds."""
    # Imported here: building keys needs scipy, which Blender's Python lacks.
    from .flame_keys import build_flame_keys
    from .head import load_head

    rest = pose_flame(model, betas)
    built = build_flame_keys(load_head(), rest, model.faces)
    deltas = np.zeros((len(BLENDSHAPES), *rest.shape), np.float32)
    for k, name in enumerate(BLENDSHAPES):
        if name in built.names:
            deltas[k] = built.deltas[built.names.index(name)]
    return FlameKeys(deltas, built.deltas[built.names.index(CORRECTIVE)][None])


def motion_to_flame(
    motion: Motion, flame: Path | str, betas: NDArray[np.float32] | None = None, components: int | None = None
) -> FlameFit:
    """A motion as FLAME parameters, to be written by ``flame_export.write_flame_track``.

    Args:
        motion: a take, at any rate.
        flame: the user's FLAME model.
        betas: identity the parameters are for; None: the mean head.
        components: at most so many expression components are used; None for all.

    Raises:
        UserError: the model cannot be read.
    """
    model = read_flame(flame)
    keys = flame_keys(model, betas)
    driven = keys.arc, keys.arc_weights(motion)
    return flame_from_controls(motion, model, keys.deltas, betas, components, driven=driven)


def read_flame_motion(path: Path | str, flame: Path | str | None = None, fps: float | None = None) -> ControlsFit:
    """Read a FLAME track as controls.

    Args:
        path: see ``flame_tracks.read_flame_track``.
        flame: the FLAME file; None: the environment's.
        fps: as there.

    Raises:
        UserError: no FLAME file is named, one of both cannot be read, or they do not belong together.
    """
    model_path = flame_path(flame, Path(path).name)
    track = read_flame_track(path, fps)
    model = read_flame(model_path)
    require_components(model, track)  # before keys are built, which takes seconds
    betas = track.shape[: model.shapedirs.shape[2]]
    return controls_from_flame(track, model, flame_keys(model, betas).deltas)
