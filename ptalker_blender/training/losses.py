"""Losses in millimetres on the default head, through its linear rig.

For a linear rig the squared vertex error of a region is a quadratic form of the control error, so vertices are never
built: mean over vertices of |sum_i e_i d_iv|^2 = e G e with G = sum_v D_v D_v^T / n. A test compares both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ..motion.controls import ENGINE_FPS, N_BLENDSHAPES
from ..rig.head import Head
from ..rig.lips import LipRig, lip_rig

LEVER_MM = 100.0  # distance from the neck pivot at which head angles are counted, mm


def gram_matrix(head: Head, region: str) -> NDArray[np.float64]:
    """Gram matrix G [52, 52] in mm^2 of a landmark region such as "lips" or "face"."""
    deltas = 1000.0 * head.key_deltas[:, head.landmarks[region]].astype(np.float64)
    flat = deltas.reshape(len(deltas), -1)
    return flat @ flat.T / len(head.landmarks[region])


def gram_root(gram: NDArray[np.float64]) -> Tensor:
    """R [52, 52] with R R^T = G, so e G e = |e R|^2 without losing precision to cancellation."""
    values, vectors = np.linalg.eigh(gram)
    return torch.from_numpy((vectors * np.sqrt(values.clip(min=0))).astype(np.float32))


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms; all but `closed`, `control` and `range` multiply squared millimetres.

    Attributes:
        face, lips: reconstruction on all face vertices and on the lips.
        velocity: lip error of the motion's speed, in mm per 0.1 s.
        contact: error of the inner-lip gap; frames whose target gap is below 1 mm count 1 + `closed` times.
        closed: see contact.
        head: head angles at `LEVER_MM`.
        control: control-space term for directions the vertices hardly see (mouthClose against jawOpen).
        range: penalty on controls outside 0..1.
    """

    face: float = 1.0
    lips: float = 1.0
    velocity: float = 1.0
    contact: float = 0.5
    closed: float = 3.0
    head: float = 0.15
    control: float = 8.0
    range: float = 20.0


class MotionLoss(torch.nn.Module):
    """All motion terms on one head.

    Args:
        head: the head errors are measured on.
        weights: see `LossWeights`.
    """

    face_root: Tensor
    lips_root: Tensor
    gap_row: Tensor

    def __init__(self, head: Head, weights: LossWeights) -> None:
        super().__init__()
        self.weights = weights
        self.rig: LipRig = lip_rig(head)
        self.register_buffer("face_root", gram_root(gram_matrix(head, "face")))
        self.register_buffer("lips_root", gram_root(gram_matrix(head, "lips")))
        self.register_buffer("gap_row", torch.from_numpy(self.rig.row.astype(np.float32)))

    def forward(self, predicted: Tensor, target: Tensor, observed: Tensor | None = None) -> dict[str, Tensor]:
        """Terms by name, already weighted, of each item [B].

        Args:
            predicted: controls [B, T, 55].
            target: controls [B, T, 55].
            observed: channels that the target has, bool [B, 55]; the others are no error. None: all.
        """
        weights, error = self.weights, predicted - target
        if observed is not None:
            error = error * observed[:, None]
        shapes, angles = error[..., :N_BLENDSHAPES], error[..., N_BLENDSHAPES:]
        change = (shapes[:, 1:] - shapes[:, :-1]) * (ENGINE_FPS * 0.1)
        gap_error = shapes @ self.gap_row
        gap = self.rig.rest + target[..., :N_BLENDSHAPES] @ self.gap_row
        emphasis = 1.0 + weights.closed * (gap < 1.0).to(gap.dtype)
        outside = F.relu(-predicted[..., :N_BLENDSHAPES]) + F.relu(predicted[..., :N_BLENDSHAPES] - 1.0)
        return {
            "face": weights.face * squares(shapes @ self.face_root),
            "lips": weights.lips * squares(shapes @ self.lips_root),
            "velocity": weights.velocity * squares(change @ self.lips_root),
            "contact": weights.contact * (emphasis * gap_error.square()).mean(1),
            "head": weights.head * squares(LEVER_MM * angles),
            "control": weights.control * squares(shapes),
            "range": weights.range * squares(outside),
        }


def squares(error: Tensor) -> Tensor:
    """Mean over the frames of the squared length of errors [B, T, n], of each item [B]."""
    return error.square().sum(-1).mean(1)


class VertexLoss(torch.nn.Module):
    """The terms of a network of vertices: all of them, the lips, and the lips' speed (PTalker's L_rec, L_mouth, L_vel).

    Lip ids index vertices; the released code indexes the flattened coordinates with them (papers.md section 6).

    Args:
        lips: ids of the lip vertices [n].
        millimetres: length of the data set's unit, mm, so that the weights mean the same for every set.
        weights: of which `face`, `lips` and `velocity` count.
    """

    lips: Tensor

    def __init__(self, lips: NDArray[np.integer[Any]], millimetres: float, weights: LossWeights) -> None:
        super().__init__()
        self.weights, self.millimetres = weights, millimetres
        self.register_buffer("lips", torch.from_numpy(np.asarray(lips, np.int64)))

    def forward(self, predicted: Tensor, target: Tensor, observed: Tensor | None = None) -> dict[str, Tensor]:
        """Terms by name, already weighted, of each item [B]; predicted and target offsets [B, T, 3V], unit of the set.

        `observed` is there for the signature of `MotionLoss`: a mesh is seen whole.
        """
        error = self.millimetres * (predicted - target).view(*target.shape[:2], -1, 3)
        lips = error[:, :, self.lips]
        change = (lips[:, 1:] - lips[:, :-1]) * (ENGINE_FPS * 0.1)
        return {
            "face": self.weights.face * error.square().sum(-1).mean((1, 2)),
            "lips": self.weights.lips * lips.square().sum(-1).mean((1, 2)),
            "velocity": self.weights.velocity * change.square().sum(-1).mean((1, 2)),
        }
