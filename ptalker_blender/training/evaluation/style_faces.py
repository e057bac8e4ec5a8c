"""The default head in a pose, drawn flat by matplotlib: enough to judge a manner by, without Blender."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...rig.head import Head
from ...rig.linear import controls_to_vertices
from .style_system import Controls

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

LIGHT = np.array([-0.35, 0.45, 0.82])  # from the viewer's upper left
AMBIENT = 0.38
FRAME = (-0.105, 0.105, -0.135, 0.135)  # metres about the middle of the lips and lids: the face without the bust


class FaceDrawing:
    """A head prepared for drawing: which polygons are opaque, and their colours.

    Args:
        head: the default head.
    """

    def __init__(self, head: Head) -> None:
        corners, sizes = head.polygons
        ends = np.cumsum(sizes)
        shown = np.array([head.materials[m].transmission == 0.0 for m in head.polygon_materials])
        # Quads and triangles alike as quads; a triangle's last corner comes twice.
        starts, last = ends - sizes, sizes - 1
        quads = np.stack([corners[starts + np.minimum(k, last)] for k in range(4)], axis=1)
        self.head, self._quads = head, quads[shown]
        self._colors = _polygon_colors(head, quads)[shown]
        eyes = np.concatenate([head.landmarks[f"lid_upper_{side}"] for side in ("left", "right")])
        lips = head.landmarks["inner_lip_upper"]
        self._centre = 0.5 * (head.vertices[eyes].mean(0) + head.vertices[lips].mean(0))[:2]

    def draw(self, axes: Axes, pose: Controls) -> None:
        """Draw the pose [55], head turn included, seen from the front along -z, far polygons first."""
        from matplotlib.collections import PolyCollection

        vertices = controls_to_vertices(self.head, pose[None])[0].astype(np.float64)
        places = vertices[self._quads]
        normals = np.cross(places[:, 2] - places[:, 0], places[:, 3] - places[:, 1])
        normals += np.cross(places[:, 1] - places[:, 0], places[:, 2] - places[:, 0])
        size = np.linalg.norm(normals, axis=1)
        front = np.flatnonzero((normals[:, 2] > 0) & (size > 0))
        order = front[np.argsort(places[front, :, 2].mean(1))]
        light = normals[order] @ LIGHT / size[order]
        shade = AMBIENT + (1 - AMBIENT) * light.clip(min=0)
        colors = to_srgb(self._colors[order] * shade[:, None])
        axes.add_collection(
            PolyCollection(list(places[order, :, :2]), facecolors=colors, edgecolors=colors, linewidths=0.25)
        )
        left, right, bottom, top = FRAME
        axes.set_xlim(self._centre[0] + left, self._centre[0] + right)
        axes.set_ylim(self._centre[1] + bottom, self._centre[1] + top)
        axes.set_aspect("equal")
        axes.set_axis_off()


def _polygon_colors(head: Head, quads: NDArray[np.int32]) -> Array:
    """Linear colour [P, 3] of each polygon: its material's, or the mean of its vertices' where that is tinted."""
    base = np.array([material.base_color[:3] for material in head.materials], np.float64)
    colors = base[head.polygon_materials]
    if head.colors is not None:
        tinted = np.array([material.tinted for material in head.materials])[head.polygon_materials]
        colors[tinted] = head.colors[quads[tinted]].mean(1)
    return colors


def to_srgb(linear: Array) -> Array:
    """Linear light 0..1 to sRGB (IEC 61966-2-1)."""
    clipped = np.clip(linear, 0.0, 1.0)
    return np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055)
