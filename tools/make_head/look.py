"""The character's materials and the tints of skin, brows and hair. Colours are linear albedo, positions millimetres."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ptalker_blender.rig.look import Material

from .measures import Array
from .mesh import Mesh
from .palette import PALETTE, Palette, Tint
from .shaping import smoothstep

IRIS_SHARE = 0.42  # radius of the iris by the eyeball's: stylised eyes show a little less white than ours

_WHITE = (0.84, 0.80, 0.77, 1.0)


def _opaque(color: Tint) -> tuple[float, float, float, float]:
    return (*color, 1.0)


def _between(one: Tint, other: Tint) -> Tint:
    return ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2, (one[2] + other[2]) / 2)


def materials(palette: Palette = PALETTE) -> tuple[Material, ...]:
    """The character's materials: the same ones in the same order for every palette."""
    return (
        Material("skin", _opaque(palette.skin), 0.46, 0.5, tinted=True, ior=1.40, sheen=0.06),
        Material("lips", _opaque(palette.lip), 0.42, 0.5, tinted=True, ior=1.42, coat=0.06),
        Material("lid_rim", _opaque(palette.lid_rim), 0.25, 0.25, tinted=True, coat=0.5),
        Material("mouth", (0.80, 0.190, 0.160, 1.0), 0.5, 0.0, coat=0.15),
        Material("throat", (0.80, 0.170, 0.140, 1.0), 0.8),
        Material("sclera", _WHITE, 0.10, 0.0, tinted=True, coat=0.3),
        Material("iris", _opaque(palette.iris), 0.6, tinted=True, ior=1.1),
        Material("pupil", (0.002, 0.002, 0.003, 1.0), 1.0, ior=1.0),
        Material("cornea", (1.0, 1.0, 1.0, 0.0), 0.12, tinted=True, transmission=1.0, ior=2.8),
        Material("teeth", (1.0, 0.985, 0.945, 1.0), 0.25, 0.0, coat=0.1),
        Material("gums", (0.66, 0.22, 0.21, 1.0), 0.30, 0.2, coat=0.3),
        Material("tongue", (0.66, 0.23, 0.22, 1.0), 0.38, 0.3, coat=0.25),
        Material("brow", _opaque(palette.brow), 0.60, tinted=True),
        Material("lash", (0.042, 0.022, 0.014, 1.0), 0.65),
        Material(
            "hair",
            _opaque(_between(palette.hair_root, palette.hair_tip)),
            0.55,
            tinted=True,
            ior=1.45,
            anisotropic=0.35,
        ),
        Material("cloth", _opaque(palette.cloth), 0.85, tinted=True, sheen=0.35),
    )


def skin_colors(
    points: Array, centres: Mapping[str, Array], lipness: Array, lidness: Array, palette: Palette = PALETTE
) -> Array:
    """Tint of the skin; the same on both sides of the face.

    Args:
        points: [V, 3], y up, face along +z, x to the character's left.
        centres: positions [3] of ``nose_tip`` and, on the left, of ``eye`` (the eyeball's), ``cheek`` and ``ear``.
        lipness: [V], 0 skin .. 1 lip red.
        lidness: [V], 0 skin .. 1 the rim of a lid.
        palette: of the character.

    Returns:
        [V, 3].
    """
    folded = points * np.where(points[:, :1] < 0, [[-1.0, 1.0, 1.0]], 1.0)

    def near(name: str, reach: tuple[float, float, float]) -> Array:
        return np.exp(-((((folded - centres[name]) / reach) ** 2).sum(axis=1)))

    blush = 0.62 * near("cheek", (20.0, 15.0, 30.0)) + 0.62 * near("nose_tip", (15.0, 12.0, 16.0))
    blush = blush + 0.62 * near("ear", (16.0, 34.0, 34.0))
    # The shade of a socket lies round the opening, not on the eyeball's front where the lid is stretched and light.
    away = np.hypot((folded[:, 0] - centres["eye"][0]) / 1.25, folded[:, 1] - centres["eye"][1] - 1.0)
    front = smoothstep(15.0, 35.0, folded[:, 2])
    socket = 0.42 * np.exp(-(((away - 13.0) / 7.0) ** 2)) * front
    color = _towards(np.broadcast_to(palette.skin, points.shape), palette.blush, np.clip(blush, 0.0, 0.75))
    color = _towards(color, palette.socket, socket)
    color = _towards(color, palette.lip, lipness)
    return _towards(color, palette.lid_rim, lidness)


def hair_colors(along: Array, strand: Array, palette: Palette = PALETTE) -> Array:
    """Tint of hair: dark at the root, lighter to the tip, every strand a little its own.

    Args:
        along: [V], 0 root .. 1 tip.
        strand: [V], a number that is the same all along a strand, period 1.
        palette: of the character.
    """
    own = 1.0 + 0.16 * np.sin(2 * np.pi * strand)
    root = np.broadcast_to(palette.hair_root, (len(along), 3))
    color = _towards(root, palette.hair_tip, smoothstep(0.0, 1.0, along) * 0.9)
    return color * own[:, None]


def vertex_colors(mesh: Mesh, palette: Palette = PALETTE) -> Array:
    """The colour of every vertex [V, 3]; a vertex without one takes that of its first polygon's material."""
    base = {material.name: material.base_color[:3] for material in materials(palette)}
    plain: dict[int, tuple[float, float, float]] = {}
    for ids, material in zip(mesh.faces, mesh.materials, strict=True):
        for v in ids:
            plain.setdefault(v, base[material])
    return np.array([plain.get(v, (0.0, 0.0, 0.0)) if own is None else own for v, own in enumerate(mesh.all_colors())])


def _towards(color: Array, other: Tint, share: Array) -> Array:
    return color + (np.asarray(other) - color) * share[:, None]
