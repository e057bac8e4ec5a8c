"""The animated vertices of a FLAME mesh in a scene, in FLAME's order and axes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import bpy
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..rig.flame_axes import flame_axes
from ..rig.flame_file import N_VERTICES
from ..rig.topology import recognise
from .compat import actions as compat
from .flame_head import key_points
from .key_blocks import value_path

_STILL = 1e-5  # of the head's size: two thousandths of a millimetre


def flame_order(obj: bpy.types.Object) -> NDArray[np.int64]:
    """The mesh's number of each of FLAME's vertices, int64 [5023].

    Raises:
        UserError: not a mesh, or one without the whole of FLAME's connectivity; says what it has instead.
    """
    expected, advice = "a FLAME mesh, eyeballs included", "choose one, or add a FLAME head"
    if obj.type != "MESH":
        raise UserError(f"object '{obj.name}' is of type {obj.type.lower()}", expected, advice)
    mesh = obj.data
    corners, sizes = np.empty(len(mesh.loops), np.int32), np.empty(len(mesh.polygons), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    mesh.polygons.foreach_get("loop_total", sizes)
    found = recognise(None, len(mesh.vertices), (corners, sizes))
    if found.correspondence is None or len(np.unique(found.correspondence[found.correspondence >= 0])) != N_VERTICES:
        raise UserError(f"mesh '{obj.name}': {found.reason}", expected, advice)
    theirs = np.flatnonzero(found.correspondence >= 0)
    order = np.empty(N_VERTICES, np.int64)
    order[found.correspondence[theirs]] = theirs
    return order


def animated_vertices(
    obj: bpy.types.Object,
    scene: bpy.types.Scene,
    first: int,
    last: int,
    progress: Callable[[float], None] | None = None,
) -> Iterator[NDArray[np.float32]]:
    """Vertices float32 [5023, 3] of every frame from ``first`` to ``last``: keys, armature and modifiers applied.

    In the object's own space and units (metres where its scale is 1), turned into FLAME's axes: y up, the face looks
    along +z, whichever way the mesh's data has it (:func:`..rig.flame_axes.flame_axes`). The scene's frame is put back
    at the end.

    Raises:
        UserError: as :func:`flame_order`, not a face's shape, or a modifier that changes the number of vertices.
    """
    order, before = flame_order(obj), scene.frame_current_final
    turn = _turn(obj, order)
    try:
        for frame in range(first, last + 1):
            scene.frame_set(frame)
            yield evaluated_points(obj)[order] @ turn
            if progress is not None:
                progress((frame - first + 1) / (last - first + 1))
    finally:
        scene.frame_set(int(np.floor(before)), subframe=before % 1)


def rest_vertices(obj: bpy.types.Object) -> NDArray[np.float32]:
    """A FLAME mesh at rest, [5023, 3] as :func:`animated_vertices`.

    Shape keys that nothing animates are held to be the head's identity and stay at their values.

    Raises:
        UserError: as :func:`flame_order`, or not a face's shape.
    """
    order, keys = flame_order(obj), obj.data.shape_keys
    turn = _turn(obj, order)
    if keys is None:
        return np.asarray(_basis(obj)[order] @ turn, np.float32)
    moving = _animated(keys)
    rest = key_points(keys.reference_key)
    shaped = rest.copy()
    for block in keys.key_blocks:
        if block.value and not block.mute and value_path(block.name) not in moving and block != keys.reference_key:
            shaped += block.value * (key_points(block) - rest)
    return np.asarray(shaped[order] @ turn, np.float32)


def moving_vertices(
    obj: bpy.types.Object, scene: bpy.types.Scene, first: int, last: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """:func:`animated_vertices` stacked, [T, 5023, 3], and :func:`rest_vertices`, of a mesh that moves.

    Raises:
        UserError: as both, or the mesh keeps still: over the range, or from rest where that is one frame.
    """
    rest = rest_vertices(obj)
    sequence = np.stack(list(animated_vertices(obj, scene, first, last)))
    ways = np.ptp(sequence, axis=0) if len(sequence) > 1 else np.abs(sequence[0] - rest)
    if ways.max() <= _STILL * np.ptp(rest, axis=0).max():
        raise UserError(
            f"'{obj.name}' does not move in frames {first} to {last}",
            "an animated FLAME mesh",
            "set the scene's range to the animation, or select the mesh that is animated",
        )
    return sequence, rest


def _animated(keys: bpy.types.Key) -> set[str]:
    """Paths of the values that the assigned Action, drivers or NLA strips move."""
    data = keys.animation_data
    if data is None:
        return set()
    strips = [strip.action for track in data.nla_tracks for strip in track.strips if strip.action]
    actions = [*strips, *([data.action] if data.action else [])]
    curves = [*data.drivers, *(curve for action in actions for curve in compat.fcurves(action, keys))]
    return {curve.data_path for curve in curves}


def evaluated_points(obj: bpy.types.Object) -> NDArray[np.float32]:
    """Vertices [V, 3] of a mesh object as the scene shows them now, in its own space: keys and modifiers applied.

    Raises:
        UserError: a modifier changes the number of vertices.
    """
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    try:
        if len(mesh.vertices) != len(obj.data.vertices):
            raise UserError(
                f"a modifier gives '{obj.name}' {len(mesh.vertices):,} vertices",
                f"as many as the mesh has, {len(obj.data.vertices):,}",
                "turn it off in the viewport meanwhile",
            )
        points = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", points)
    finally:
        evaluated.to_mesh_clear()
    return points.reshape(-1, 3)


def _turn(obj: bpy.types.Object, order: NDArray[np.int64]) -> NDArray[np.float32]:
    """What rows of the mesh's own axes are multiplied by, [3, 3]."""
    return flame_axes(_basis(obj)[order]).T.astype(np.float32)


def _basis(obj: bpy.types.Object) -> NDArray[np.float32]:
    """The mesh's own vertices [V, 3], no key applied."""
    if obj.data.shape_keys is not None:
        return np.asarray(key_points(obj.data.shape_keys.reference_key), np.float32)
    points = np.empty(3 * len(obj.data.vertices), np.float32)
    obj.data.vertices.foreach_get("co", points)
    return points.reshape(-1, 3)


def flame_faces(obj: bpy.types.Object) -> NDArray[np.int32]:
    """FLAME's triangles [9976, 3] in FLAME's numbering, read from a FLAME mesh; further geometry is left out.

    Raises:
        UserError: as :func:`flame_order`, or faces that are no triangles.
    """
    order, mesh = flame_order(obj), obj.data
    number = np.full(len(mesh.vertices), -1, np.int32)
    number[order] = np.arange(N_VERTICES, dtype=np.int32)
    corners, sizes = np.empty(len(mesh.loops), np.int32), np.empty(len(mesh.polygons), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    mesh.polygons.foreach_get("loop_total", sizes)
    if (sizes != 3).any():
        raise UserError(f"mesh '{obj.name}' has faces that are no triangles", "FLAME's triangles", "triangulate it")
    faces = number[corners.reshape(-1, 3)]
    return np.asarray(faces[(faces >= 0).all(axis=1)], np.int32)
