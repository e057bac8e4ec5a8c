"""The eyes: lids meet in a blink, do not pass through each other, and nothing of the eyeball comes through them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .anatomy import SIDES, Anatomy
from .check import Check, worst
from .contact import Array, Patch, radial_height
from .poses import expand, eye_poses, pose

BLINK_TOLERANCE = 0.3  # mm
POKE_TOLERANCE = 0.05  # mm; what float32 and flat triangles cannot resolve
OVERLAP_TOLERANCE = 0.5  # mm
FRONT = np.cos(np.radians(62.0))  # the cone about the line of sight that lids and opening fill


def eye_checks(anatomy: Anatomy) -> tuple[Check, ...]:
    """Gap of a full blink, penetration of the eyeball, overlap of the lids; both eyes in one figure."""
    eyes = [_Eye.of(anatomy, side) for side in SIDES]
    pokes = {name: max(eye.poke(anatomy.pose(weights)) for eye in eyes) for name, weights in eye_poses()}
    gaps = {eye.side: eye.opening(anatomy.pose(expand("eyeBlink", 1.0))) for eye in eyes}
    steps = max(eye.depth_step(anatomy.pose(expand("eyeBlink", 1.0))) for eye in eyes)
    shut = [
        pose(("eyeBlink", *more), 1.0)
        for more in ((), ("eyeSquint",), ("eyeLookDown",), ("eyeLookUp",), ("cheekSquint",))
    ]
    overlaps = {name: max(eye.overlap(anatomy.pose(weights)) for eye in eyes) for name, weights in shut}
    note = f"margins at most {steps:.2f} mm apart in depth"
    return (
        worst("blink: gap left", gaps, "mm", BLINK_TOLERANCE * anatomy.unit, note),
        worst("blink: eyeball through lids", pokes, "mm", POKE_TOLERANCE * anatomy.unit),
        worst("contact: lid on lid", overlaps, "mm", OVERLAP_TOLERANCE * anatomy.unit),
    )


@dataclass(frozen=True)
class _Eye:
    side: str
    anatomy: Anatomy
    ball: Patch
    lids: Patch
    lower: Patch
    centre: Array

    @classmethod
    def of(cls, anatomy: Anatomy, side: str) -> _Eye:
        upper, lower = anatomy.lid_regions(side)
        ball = anatomy.patch(anatomy.mask(anatomy.part(f"eye_{side}")))
        centre = anatomy.eye_centre(side)
        return cls(side, anatomy, ball, anatomy.patch(upper | lower), anatomy.patch(lower), centre)

    def poke(self, posed: Array) -> float:
        """How far the eyeball stands before the lids, along rays from its centre.

        Rays go through every vertex of the eyeball and through every vertex and triangle of the lids within a cone
        about the line of sight. Where a ray meets the eyeball and any lid, the outermost crossing of each is compared;
        a ray through the opening meets no lid and says nothing.
        """
        if not len(self.ball.faces):
            return 0.0
        ids = self.lids.ids
        targets = [posed[self.ball.ids], posed[ids], posed[ids][self.lids.faces].mean(axis=1)]
        rays = np.concatenate(targets) - self.centre
        rays /= np.maximum(np.linalg.norm(rays, axis=1, keepdims=True), 1e-12)
        rays = rays[rays[:, 2] > FRONT]
        ball = radial_height(self.ball, posed, self.centre, rays)
        lid = radial_height(self.lids, posed, self.centre, rays)
        over = ball - lid
        return max(0.0, float(np.nanmax(over))) if np.isfinite(over).any() else 0.0

    def _margins(self, posed: Array) -> tuple[Array, Array]:
        return posed[self.anatomy.ids(f"lid_upper_{self.side}")], posed[self.anatomy.ids(f"lid_lower_{self.side}")]

    def opening(self, posed: Array) -> float:
        """Largest gap in height between paired points of the margins; 0 where they meet or overlap everywhere."""
        upper, lower = self._margins(posed)
        return max(0.0, float((upper[:, 1] - lower[:, 1]).max()))

    def depth_step(self, posed: Array) -> float:
        """Largest distance in depth between paired points of the margins."""
        upper, lower = self._margins(posed)
        return float(np.abs(upper[:, 2] - lower[:, 2]).max())

    def overlap(self, posed: Array) -> float:
        """How far the upper margin passes below the lower one without lying on it.

        A lid is thinner than the tolerance is fine, so a depth behind its surface would say little. An upper lid that
        slides over the lower one, outside of it, is as in life and counts as no overlap.
        """
        upper, lower = self._margins(posed)
        below = lower[:, 1] - upper[:, 1]
        rays = upper - self.centre
        height = np.linalg.norm(rays, axis=1)
        skin = radial_height(self.lower, posed, self.centre, rays / np.maximum(height, 1e-12)[:, None])
        outside = np.isnan(skin) | (height >= skin - 0.1)
        return max(0.0, float(np.where(outside, 0.0, below).max()))
