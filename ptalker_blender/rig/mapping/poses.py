"""What each viseme looks like, in millimetres on the default head; our own table.

A rig that has only mouth shapes for sounds says nothing about how its shapes look. We say what a shape of that name is
meant to look like, as the gap between the lips, the width of the mouth and a few details, and find the controls that
bring a head to those measures. Gaps are those of clear conversational speech at the vowel's height, a little over
the running average, as a sculpted shape is (Fromkin 1964 and Gay 1977 for the order of gaps and protrusion by vowel).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...motion.controls import INDEX, N_BLENDSHAPES, N_CONTROLS
from ..head import Head
from ..linear import controls_to_vertices, mouth_opening


@dataclass(frozen=True)
class VisemePose:
    """The look of a viseme.

    Attributes:
        gap: between the inner lips, mm.
        width: change of the mouth's width against rest, mm; narrower is rounded, wider is spread.
        jaw: share of the opening that the jaw makes; the lips make the rest.
        funnel: share of the rounding that pushes the lips out open (mouthFunnel) rather than shut (mouthPucker).
        details: further controls as they are.
    """

    gap: float
    width: float = 0.0
    jaw: float = 0.85
    funnel: float = 0.2
    details: Mapping[str, float] = field(default_factory=dict)


_PRESS = {"mouthPressLeft": 0.6, "mouthPressRight": 0.6, "mouthRollUpper": 0.2, "mouthRollLower": 0.25}
_LIP_BITE = {"mouthRollLower": 0.6, "mouthUpperUpLeft": 0.15, "mouthUpperUpRight": 0.15}

VISEMES: dict[str, VisemePose] = {
    "pp": VisemePose(0.1, 1.2, details=_PRESS),  # p b m
    "ff": VisemePose(2.5, 1.0, jaw=0.6, details=_LIP_BITE),  # f v
    "th": VisemePose(5.0, 1.0, details={"tongueOut": 0.35}),  # th dh
    "dd": VisemePose(4.5, 1.0, jaw=0.6),  # t d
    "nn": VisemePose(4.0, 1.0),  # n, l
    "kk": VisemePose(6.0, 0.0),  # k g ng
    "ch": VisemePose(5.0, -7.0, jaw=0.4, funnel=0.6),  # sh zh ch jh
    "ss": VisemePose(3.2, 4.0, jaw=0.35),  # s z
    "rr": VisemePose(5.0, -6.0, jaw=0.6, funnel=0.5),  # r
    "ww": VisemePose(3.2, -15.0, jaw=0.8, funnel=0.15),  # w
    "ll": VisemePose(6.5, 1.0),  # long l
    "hh": VisemePose(7.0, 0.0),  # h
    "aa": VisemePose(15.0, 0.0),  # father
    "ae": VisemePose(13.0, 4.5),  # bat
    "ah": VisemePose(9.5, 0.0),  # but
    "ao": VisemePose(12.0, -5.0, funnel=0.55),  # off
    "eh": VisemePose(9.5, 4.0),  # bet
    "er": VisemePose(6.5, -4.5, funnel=0.5),  # bird
    "ih": VisemePose(6.5, 5.0),  # bit
    "iy": VisemePose(4.8, 8.5, jaw=0.6),  # bee
    "oh": VisemePose(9.5, -8.5, funnel=0.45),  # go
    "uh": VisemePose(6.0, -6.5, funnel=0.25),  # good
    "uw": VisemePose(4.5, -13.5, jaw=0.8, funnel=0.2),  # you
}
_LIPS_OPEN = ("mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight")
_SPREAD = {"mouthStretchLeft": 0.6, "mouthStretchRight": 0.6, "mouthSmileLeft": 0.4, "mouthSmileRight": 0.4}
_MM = 1000.0


def viseme_controls(names: tuple[str, ...], head: Head) -> NDArray[np.float64]:
    """Controls [N, 52] that give ``head`` the looks of the visemes ``names``.

    The opening and the rounding (or spread) solve two linear equations, gap and width, as the head's keys are
    linear; an opening below what the rounding makes by itself is taken back with mouthClose.

    Raises:
        KeyError: a name that is no viseme.
    """
    gaps, widths = _measures(head)
    return np.stack([_solve(VISEMES[name], gaps, widths) for name in names]) if names else np.zeros((0, N_BLENDSHAPES))


def lip_gap(head: Head) -> NDArray[np.float64]:
    """Change of the gap between the inner lips per unit of each blendshape, mm, [52]."""
    return _measures(head)[0][:-1]


def _solve(pose: VisemePose, gaps: NDArray[np.float64], widths: NDArray[np.float64]) -> NDArray[np.float64]:
    fixed = _vector(pose.details)
    wanted = np.array([pose.gap - gaps[-1] - gaps[:-1] @ fixed, pose.width - widths[:-1] @ fixed])
    shape = _vector({"mouthPucker": 1 - pose.funnel, "mouthFunnel": pose.funnel} if pose.width < 0 else _SPREAD)
    jaw, lips = _vector({"jawOpen": 1.0}), _vector(dict.fromkeys(_LIPS_OPEN, 1.0))
    opened = pose.jaw * jaw / (gaps[:-1] @ jaw) + (1 - pose.jaw) * lips / (gaps[:-1] @ lips)  # per mm
    closed = _vector({"mouthClose": 1.0}) / (gaps[:-1] @ _vector({"mouthClose": 1.0}))
    for opening in (opened, closed):
        both = np.stack([opening, shape], axis=1)
        amounts = np.linalg.solve(np.stack([gaps[:-1] @ both, widths[:-1] @ both]), wanted)
        controls: NDArray[np.float64] = fixed + both @ amounts
        if controls.min() >= -1e-9:
            break
    return np.clip(controls, 0.0, 1.0)


def _measures(head: Head) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gap and width per unit of each blendshape, mm, [53] each; the last entry is the value at rest."""
    poses = np.zeros((N_BLENDSHAPES + 1, N_CONTROLS), np.float32)
    poses[:-1, :N_BLENDSHAPES] = np.eye(N_BLENDSHAPES)
    gap = mouth_opening(head, poses) * _MM
    corners = [int(head.landmarks[f"mouth_corner_{side}"][0]) for side in ("left", "right")]
    x = controls_to_vertices(head, poses, head_rotation=False)[:, corners, 0].astype(np.float64)
    width = (x[:, 0] - x[:, 1]) * _MM
    gap[:-1] -= gap[-1]
    width[:-1] -= width[-1]
    return gap, width


def _vector(values: Mapping[str, float]) -> NDArray[np.float64]:
    vector = np.zeros(N_BLENDSHAPES)
    for name, value in values.items():
        vector[INDEX[name]] = value
    return vector
