"""Old names of :mod:`measures` and :mod:`shaping`; goes when nothing imports it any more."""

from .measures import EYE, EYE_HALF_WIDTH, EYE_RADIUS, MOUTH_HALF_WIDTH, MOUTH_HEIGHT, Array, Ids
from .shaping import bump, smoothstep, spline

__all__ = ["EYE", "EYE_HALF_WIDTH", "EYE_RADIUS", "MOUTH_HALF_WIDTH", "MOUTH_HEIGHT", "Array", "Ids", "bump",
           "smoothstep", "spline"]  # fmt: skip
