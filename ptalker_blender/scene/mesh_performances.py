"""The performance of a mesh that moves in the scene, whatever moves it: a cache, an armature, keys, drivers.

The scene is played over the range and its frame put back. Where the mesh's own face keys move, their values are what
was meant. Else the vertices tell: on a face with keys that we know, its own or those of a mesh with the same polygons,
by non-negative least squares on these keys; on a mesh of FLAME's topology by keys that the worker builds for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..engine.style_messages import SentMesh, SentMotion, SentPerformance
from ..errors import UserError
from ..motion.controls import N_BLENDSHAPES
from ..rig.mapping import MappingTable, controls_from_keys
from ..rig.solve import solve_offsets
from ..rig.solving.rigid import fit_similarity
from .face_frame import face_frame
from .flame_vertices import animated_vertices, evaluated_points, flame_faces, rest_vertices
from .key_blocks import key_ranges, shape_keys
from .mapping import guessed_table, saved_table
from .timing import effective_fps

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ids = NDArray[np.int64]

MESH = "MESH"
MAX_FRAMES = 15_000  # ten minutes at 25 frames a second
LEAST_KEYS = 8  # of the face, below which vertices say more than keys
LEAST_STILL = 20
MOST_MOVING, MOST_STILL = 3000, 500  # vertices that are looked at: more tell nothing new
_MOVES, _KEEPS = 0.01, 1e-3  # of what a key moves most
_STILL = 1e-5  # of the mesh's size
_CACHES = ("MESH_SEQUENCE_CACHE", "MESH_CACHE")


@dataclass(frozen=True, eq=False)
class _Face:
    """A mesh with face keys, at some of its vertices.

    Attributes:
        names: K names of keys.
        ids: vertices that are looked at [n]: those that the keys move, then those of the head that keep still.
        moving: how many of them the keys move, m.
        rest: [n, 3], the keys of other things as they stand.
        deltas: [K, m, 3], what the keys do at 1.
    """

    names: tuple[str, ...]
    ids: Ids
    moving: int
    rest: Floats
    deltas: Floats


def read_mesh(
    obj: bpy.types.Object,
    scene: bpy.types.Scene,
    first: int,
    last: int,
    progress: Callable[[float], None] | None = None,
) -> SentPerformance:
    """Frames ``first`` to ``last`` of a mesh as the scene plays it; the scene's frame is put back.

    Args:
        obj: a mesh with face keys that are known, or of FLAME's topology.
        scene: it is played.
        first: first frame.
        last: last frame, included.
        progress: told the share of the frames that were played.

    Raises:
        UserError: no mesh, neither of the two, a modifier that changes the number of vertices, nothing that moves, or
            an empty or too long range.
    """
    if obj.type != "MESH":
        raise UserError(f"object '{obj.name}' is of type {obj.type.lower()}", "a mesh", "choose the face's mesh")
    if not 1 < last - first + 1 <= MAX_FRAMES:
        raise UserError(
            f"the range {first} to {last}", f"two to {MAX_FRAMES:,} frames", "choose the frames of the performance"
        )
    keyed = obj if _table(obj) is not None else _lender(obj, scene)
    table = _table(keyed) if keyed is not None else None
    fps, source = effective_fps(scene), {"kind": MESH, "object": obj.name, "first": first, "last": last}
    if keyed is None or table is None:
        return _flame(obj, scene, first, last, fps, source, progress)
    face = _face(keyed, table)
    values, points = _played(obj, scene, face, first, last, progress)
    if max((float(np.ptp(column)) for column in values.values()), default=0.0) > _KEEPS:
        return SentMotion(obj.name, fps, controls_from_keys(table, values), source)
    _require_motion(obj, points, first, last)
    return SentMotion(obj.name, fps, _solved(keyed, face, table, points), source)


def _table(obj: bpy.types.Object) -> MappingTable | None:
    """What the keys of a face are; None where there are too few, so that vertices have to tell."""
    if not key_ranges(obj):
        return None
    table = saved_table(obj) or guessed_table(obj)
    known = {*table.keys} & {*key_ranges(obj)}
    return table if len(known) >= LEAST_KEYS else None


def _lender(obj: bpy.types.Object, scene: bpy.types.Scene) -> bpy.types.Object | None:
    """A mesh of the same polygons with face keys that are known, for a cache that was imported without keys."""
    if obj.data.shape_keys is not None:
        return None
    corners = _corners(obj)
    others = (other for other in scene.objects if other.type == "MESH" and other != obj)
    near = (other for other in others if len(other.data.vertices) == len(obj.data.vertices))
    return next((o for o in near if _table(o) is not None and np.array_equal(_corners(o), corners)), None)


def _corners(obj: bpy.types.Object) -> NDArray[np.int32]:
    corners = np.empty(len(obj.data.loops), np.int32)
    obj.data.loops.foreach_get("vertex_index", corners)
    return np.sort(corners)  # exchange formats may turn polygons round, or begin them elsewhere


def _flame(
    obj: bpy.types.Object, scene: bpy.types.Scene, first: int, last: int, fps: float, source: dict[str, Any],
    progress: Callable[[float], None] | None,
) -> SentMesh:  # fmt: skip
    try:
        faces = flame_faces(obj)
    except UserError as error:
        raise UserError(
            f"'{obj.name}' has neither face keys that are known nor FLAME's vertices ({error.found})",
            "one of both",
            "say which key is which under Mapping, build face keys, or choose another mesh",
        ) from error
    vertices = np.stack(list(animated_vertices(obj, scene, first, last, progress)))
    _require_motion(obj, vertices, first, last)
    # What lies in the mesh of a cache is whatever frame was imported, not a rest.
    cached = any(modifier.type in _CACHES for modifier in obj.modifiers) and shape_keys(obj) is None
    rest = np.zeros((0, 3), np.float32) if cached else rest_vertices(obj)
    return SentMesh(obj.name, fps, vertices, rest, faces, source)


def _played(
    obj: bpy.types.Object, scene: bpy.types.Scene, face: _Face, first: int, last: int,
    progress: Callable[[float], None] | None,
) -> tuple[dict[str, Floats], Singles]:  # fmt: skip
    """Values of the face's keys [T] by name, if they are the mesh's own, and its vertices [T, n, 3], by frame."""
    values = np.zeros((last - first + 1, len(face.names)))
    points = np.empty((len(values), len(face.ids), 3), np.float32)
    for at, _ in enumerate(_frames(scene, first, last)):
        shown = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.shape_keys or obj.data.shape_keys
        if shown is not None:
            values[at] = [shown.key_blocks[name].value for name in face.names]
        points[at] = evaluated_points(obj)[face.ids]
        if progress is not None:
            progress((at + 1) / len(values))
    return ({} if obj.data.shape_keys is None else dict(zip(face.names, values.T, strict=True))), points


def _frames(scene: bpy.types.Scene, first: int, last: int) -> Iterator[int]:
    """Show each frame; the one of before is put back."""
    before = scene.frame_current_final
    try:
        for frame in range(first, last + 1):
            scene.frame_set(frame)
            yield frame
    finally:
        scene.frame_set(int(np.floor(before)), subframe=before % 1)


def _solved(obj: bpy.types.Object, face: _Face, table: MappingTable, points: Singles) -> Singles:
    """Controls [T, 55] of a face's vertices [T, n, 3], by least squares on its keys."""
    ranges, (wanted, turns) = key_ranges(obj), _held(points, face)
    limits = np.array([ranges[name] for name in face.names], np.float64)
    solution = solve_offsets(face.deltas, wanted, limits)
    controls = controls_from_keys(table, dict(zip(face.names, solution.weights.T, strict=True)))
    if turns is not None:
        controls[:, N_BLENDSHAPES:] = _angles(obj, turns)
    return controls


def _face(obj: bpy.types.Object, table: MappingTable) -> _Face:
    """What is needed of a mesh's keys; those that move nothing are left out.

    Raises:
        UserError: none of them moves anything.
    """
    keys = obj.data.shape_keys
    rest, found = _points(keys.reference_key), {}
    for block in keys.key_blocks:
        if block == keys.reference_key:
            continue
        delta = _points(block) - _points(block.relative_key)
        if block.name not in table.keys:
            rest = rest + (0.0 if block.mute else block.value) * delta
        elif delta.any():
            found[block.name] = delta
    if not found:
        raise UserError(f"the face keys of '{obj.name}' move no vertex", "keys with shapes", "choose another mesh")
    deltas = np.stack(list(found.values()))
    ways = np.linalg.norm(deltas, axis=2).max(axis=0)
    moving, still = np.flatnonzero(ways > _MOVES * ways.max()), np.flatnonzero(ways <= _KEEPS * ways.max())
    still = _of_skull(obj, rest, moving, still)
    moving, still = _some(moving, MOST_MOVING), _some(still, MOST_STILL)
    ids = np.concatenate([moving, still])
    return _Face(tuple(found), ids, len(moving), rest[ids], deltas[:, moving])


def _of_skull(obj: bpy.types.Object, rest: Floats, moving: Ids, still: Ids) -> Ids:
    """Those of the still vertices that turn with the head: not far from the face, and not below its middle."""
    middle, reach = rest[moving].mean(axis=0), np.ptp(rest[moving], axis=0).max()
    near = still[np.linalg.norm(rest[still] - middle, axis=1) < reach]
    above = near[((rest[near] - middle) @ _axes(obj)[1]) > 0]  # a neck bends
    return np.asarray(above if len(above) >= LEAST_STILL else near, np.int64)


def _some(ids: Ids, most: int) -> Ids:
    """At most so many, evenly spread."""
    return ids[:: max(1, -(-len(ids) // most))]


def _points(block: bpy.types.ShapeKey) -> Floats:
    points = np.empty(3 * len(block.data), np.float32)
    block.data.foreach_get("co", points)
    return points.reshape(-1, 3).astype(np.float64)


def _held(points: Singles, face: _Face) -> tuple[Floats, Floats | None]:
    """Displacements [T, m, 3] without the head's own motion, and its rotations [T, 3, 3] where still vertices tell."""
    moving, still = slice(0, face.moving), slice(face.moving, None)
    fixed = face.rest[still]
    if len(fixed) < 3 or np.linalg.matrix_rank(fixed - fixed.mean(axis=0), tol=1e-6) < 2:
        return points[:, moving] - face.rest[moving], None
    fit = fit_similarity(points[:, still], fixed, scaled=False)
    laid = points[:, moving] @ np.swapaxes(fit.rotation, 1, 2) + fit.translation[:, None]
    return laid - face.rest[moving], np.swapaxes(fit.rotation, 1, 2)


def _angles(obj: bpy.types.Object, turns: Floats) -> Floats:
    """(pitch, yaw, roll) [T, 3] of rotations in the object's own axes."""
    from ..rig.flame_controls import head_angles

    axes = _axes(obj)
    return head_angles(axes @ turns @ axes.T)[0]


def _axes(obj: bpy.types.Object) -> Floats:
    """The face's left, up and front in its object's own axes, rows [3, 3]: it is held to look along -Y, with Z up."""
    u, _, vt = np.linalg.svd(np.array(obj.matrix_world, np.float64)[:3, :3])
    return np.asarray(face_frame(obj, "-Y").rotation @ (u @ vt), np.float64)


def _require_motion(obj: bpy.types.Object, points: Singles, first: int, last: int) -> None:
    if np.ptp(points, axis=0).max() <= _STILL * np.ptp(points[0], axis=0).max():
        raise UserError(
            f"'{obj.name}' does not move in frames {first} to {last}", "a performance", "choose other frames"
        )
