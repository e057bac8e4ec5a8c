"""How a head looks: materials, a colour per vertex, texture coordinates; and how the head file stores them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.generic]]

MAX_IOR = 4.0  # germanium's; nothing on a face comes near it


@dataclass(frozen=True)
class Material:
    """How a polygon looks; the scene adapter turns it into a Principled BSDF, or into a clear shell.

    Attributes:
        name: unique within the head.
        base_color: linear red, green, blue, alpha, each 0..1. Of a tinted material it is what a solid view shows.
        roughness: 0 mirror .. 1 matt.
        subsurface: 0..1, the weight of light scattered under the surface (skin, lips, tongue).
        tinted: the base colour comes from the head's vertex colours.
        transmission: 0..1; above 0 the material is a clear shell (the cornea), of which only the shine is seen, and
            edge on, if it is tinted, its own colours.
        coat: 0..1, the weight of a clear wet layer on top.
        ior: index of refraction, 1..4, which sets how strongly the surface shines.
        sheen: 0..1, the weight of the soft edge light of fine down.
        anisotropic: 0..1, how far highlights are drawn out across strands (hair).
    """

    name: str
    base_color: tuple[float, float, float, float]
    roughness: float
    subsurface: float = 0.0
    tinted: bool = False
    transmission: float = 0.0
    coat: float = 0.0
    ior: float = 1.45
    sheen: float = 0.0
    anisotropic: float = 0.0


# Columns of the stored table: the base colour's four, then every further field in the order of its declaration.
_NUMBERS = tuple(field.name for field in fields(Material))[2:]
_COLUMNS = 4 + len(_NUMBERS)


def check_look(
    colors: NDArray[np.float32] | None, uv: NDArray[np.float32] | None, n_vertices: int, n_loops: int
) -> None:
    """Check a head's vertex colours and texture coordinates.

    Args:
        colors: None, or float32 [V, 3] within 0..1, linear.
        uv: None, or float32 [L, 2] within 0..1.
        n_vertices: V.
        n_loops: L, the polygons' corners.

    Raises:
        ValueError: another shape or type, or a value outside 0..1.
    """
    for name, array, shape in (("colors", colors, (n_vertices, 3)), ("uv", uv, (n_loops, 2))):
        if array is None:
            continue
        # The comparison is false for NaN too.
        if array.dtype != np.float32 or array.shape != shape or not bool(((array >= 0) & (array <= 1)).all()):
            raise ValueError(f"{name} must be float32 {list(shape)} within 0..1")


def pack_materials(materials: Sequence[Material]) -> dict[str, NDArray[np.generic]]:
    """Names and a table of numbers, float32 [M, 12]."""
    rows = []
    for material in materials:
        _, base_color, *numbers = astuple(material)
        rows.append([*base_color, *(float(number) for number in numbers)])
    return {
        "material_names": np.array([material.name for material in materials], dtype=np.str_),
        "material_values": np.array(rows, np.float32).reshape(-1, _COLUMNS),
    }


def unpack_materials(arrays: Arrays) -> tuple[Material, ...]:
    """Read what :func:`pack_materials` made.

    Raises:
        ValueError: tables that do not agree, or a value outside its range.
    """
    names, values = arrays["material_names"], arrays["material_values"]
    if names.ndim != 1 or values.shape != (len(names), _COLUMNS):
        raise ValueError(f"materials must be names and [M, {_COLUMNS}] values")
    rows = np.asarray(values, np.float64)
    low, high = np.zeros(_COLUMNS), np.ones(_COLUMNS)
    ior, tinted = 4 + _NUMBERS.index("ior"), 4 + _NUMBERS.index("tinted")
    low[ior], high[ior] = 1.0, MAX_IOR
    if not bool(((rows >= low) & (rows <= high)).all()) or not set(rows[:, tinted]) <= {0.0, 1.0}:
        raise ValueError(f"material values must be within 0..1 (ior within 1..{MAX_IOR:g})")
    materials = []
    for name, row in zip(names, rows, strict=True):
        numbers = dict(zip(_NUMBERS, (float(value) for value in row[4:]), strict=True))
        tinted = bool(numbers.pop("tinted"))
        base_color = (float(row[0]), float(row[1]), float(row[2]), float(row[3]))
        materials.append(Material(str(name), base_color, **numbers, tinted=tinted))
    return tuple(materials)


def pack_colors(colors: NDArray[np.float32] | None) -> dict[str, NDArray[np.generic]]:
    """Vertex colours as 8-bit sRGB, whose steps are even to the eye; nothing for None."""
    if colors is None:
        return {}
    return {"colors": np.rint(linear_to_srgb(colors) * 255.0).astype(np.uint8)}


def unpack_colors(arrays: Arrays) -> NDArray[np.float32] | None:
    """Read what :func:`pack_colors` made, float32 [V, 3] linear.

    Raises:
        ValueError: an array of another type or shape.
    """
    if "colors" not in arrays:
        return None
    steps = arrays["colors"]
    if steps.dtype != np.uint8 or steps.shape != (len(arrays["vertices"]), 3):
        raise ValueError("colors must be uint8 [V, 3]")
    table: NDArray[np.float32] = srgb_to_linear(np.arange(256) / 255.0).astype(np.float32)
    colors: NDArray[np.float32] = table[steps]
    return colors


def pack_uv(uv: NDArray[np.float32] | None, loops: NDArray[np.int32]) -> dict[str, NDArray[np.generic]]:
    """Texture coordinates in steps of 1/65535: one per vertex, and the corners along seams that differ from it."""
    if uv is None:
        return {}
    steps = np.rint(uv * 65535.0).astype(np.uint16)
    used, first = np.unique(loops, return_index=True)
    vertex_uv = np.zeros((int(loops.max(initial=-1)) + 1, 2), np.uint16)
    vertex_uv[used] = steps[first]
    seam = np.flatnonzero((vertex_uv[loops] != steps).any(axis=1))
    return {"uv_vertices": vertex_uv, "uv_seam_loops": seam.astype(np.int32), "uv_seam": steps[seam]}


def unpack_uv(arrays: Arrays, loops: NDArray[np.int32]) -> NDArray[np.float32] | None:
    """Read what :func:`pack_uv` made, float32 [L, 2].

    Raises:
        ValueError: tables that do not agree with each other or with the polygons.
    """
    if "uv_vertices" not in arrays:
        return None
    vertex_uv, seam, values = arrays["uv_vertices"], arrays["uv_seam_loops"], arrays["uv_seam"]
    used = int(loops.max(initial=-1)) + 1
    shapes_agree = vertex_uv.shape == (used, 2) and seam.ndim == 1 and values.shape == (len(seam), 2)
    types_agree = vertex_uv.dtype == values.dtype == np.uint16 and seam.dtype == np.int32
    if not shapes_agree or not types_agree or int(loops.min(initial=0)) < 0:
        raise ValueError("texture coordinate tables do not agree")
    places = seam.astype(np.int64)
    if not bool(((places >= 0) & (places < len(loops))).all()):
        raise ValueError("texture coordinate seams must be corners of polygons")
    steps = vertex_uv[loops]
    steps[places] = values
    return (steps.astype(np.float64) / 65535.0).astype(np.float32)


def linear_to_srgb(values: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Encode linear light 0..1 by the sRGB curve (IEC 61966-2-1)."""
    linear = np.asarray(values, np.float64)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)


def srgb_to_linear(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of :func:`linear_to_srgb`."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
