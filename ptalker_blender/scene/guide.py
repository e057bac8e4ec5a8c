"""The marks of a face in the viewport: small markers, children of the head, that stay on its surface as they are moved.

A marker is an object like any other: select it, press G. A Shrinkwrap constraint keeps it on the head; it is drawn in
front, in the colour of its group, and never rendered. What a marker is stands in a custom property, so that it may be
renamed, and the marks are saved with the file.
"""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from ..errors import UserError
from ..rig.guide import BY_NAME, GUIDE, mirrored_points
from .face_frame import face_frame

Floats = NDArray[np.float64]

MARK = "ptalker_mark"  # custom property of a marker: the name of its point
COLLECTION = "PTalker Marks"
SIZE = 0.012  # radius of a marker over the head's height in the scene
_COLOURS = {
    "nose": (0.95, 0.75, 0.10, 1.0), "mouth": (0.95, 0.25, 0.30, 1.0), "eyes": (0.15, 0.65, 1.0, 1.0),
    "brows": (0.35, 0.85, 0.35, 1.0),
}  # fmt: skip
_CORNERS = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))
_FACES = ((0, 2, 4), (2, 1, 4), (1, 3, 4), (3, 0, 4), (2, 0, 5), (1, 2, 5), (3, 1, 5), (0, 3, 5))


def marks(head: bpy.types.Object | None) -> dict[str, bpy.types.Object]:
    """The markers of a head by the point they stand for, in the guide's order."""
    if head is None:
        return {}
    # Not head.children, which looks through every object of the file each time as well, but includes those of no scene.
    found = {child[MARK]: child for child in head.children if child.get(MARK) in BY_NAME and child.users_collection}
    return {name: found[name] for name in GUIDE if name in found}


def marked_points(head: bpy.types.Object) -> dict[str, Floats]:
    """Where the markers are [3], in the space of the head's mesh, on its surface."""
    bpy.context.view_layer.update()
    into = head.matrix_world.inverted_safe()
    return {name: np.array(into @ marker.matrix_world.translation, np.float64) for name, marker in marks(head).items()}


def place_marks(head: bpy.types.Object, points: Mapping[str, Floats]) -> None:
    """Put markers at points [3] in the space of the head's mesh; those that are there already move."""
    there = marks(head)
    for name, point in points.items():
        marker = there.get(name) or _new_marker(head, name)
        marker.location = Vector(point)
    bpy.context.view_layer.update()


def remove_marks(head: bpy.types.Object) -> int:
    """Remove a head's markers; how many there were."""
    found = marks(head)
    for marker in found.values():
        bpy.data.objects.remove(marker)
    return len(found)


def mirror_marks(head: bpy.types.Object, faces: str) -> None:
    """Make the left marks from the right ones, and put the middle ones on the middle.

    Args:
        head: with marks on its right side and middle.
        faces: of ``rig.guide.FACINGS``.

    Raises:
        UserError: marks are missing.
    """
    points = marked_points(head)
    if not points:
        raise UserError(f"'{head.name}' has no marks", "a marked face", "mark the face first")
    linear, shift = face_frame(head, faces).matrix(head)
    done = mirrored_points({name: linear @ point + shift for name, point in points.items()})
    back = np.linalg.inv(linear)
    place_marks(head, {name: back @ (point - shift) for name, point in done.items()})


def focus_mark(marker: bpy.types.Object, context: bpy.types.Context) -> None:
    """Select a marker alone and make it active.

    Raises:
        UserError: it is hidden, or not in object mode.
    """
    if context.mode != "OBJECT":
        raise UserError(f"{context.mode.replace('_', ' ').lower()} is on", "object mode", "go to Object Mode first")
    if marker.name not in context.view_layer.objects or not marker.visible_get(view_layer=context.view_layer):
        raise UserError(f"'{marker.name}' is hidden", "a marker that is shown", f"show collection '{COLLECTION}'")
    for other in context.selected_objects:
        other.select_set(False)
    marker.select_set(True)
    context.view_layer.objects.active = marker


def _new_marker(head: bpy.types.Object, name: str) -> bpy.types.Object:
    marker = bpy.data.objects.new(f"PTalker {name}", _marker_mesh(BY_NAME[name].group))
    marker[MARK] = name
    marker.parent = head
    marker.show_in_front = True
    marker.hide_render = True
    marker.lock_rotation = marker.lock_scale = (True, True, True)
    bounds = np.array(head.bound_box) * np.array(head.matrix_world.to_scale())
    radius = SIZE * float(np.ptp(bounds, axis=0).max())
    marker.scale = [radius / max(abs(x), 1e-9) for x in head.matrix_world.to_scale()]
    snap = marker.constraints.new("SHRINKWRAP")
    snap.name, snap.target, snap.shrinkwrap_type, snap.distance = "On the Head", head, "NEAREST_SURFACE", 0.0
    _collection(head).objects.link(marker)
    return marker


def _collection(head: bpy.types.Object) -> bpy.types.Collection:
    scene = bpy.context.scene
    found = next((one for one in scene.collection.children_recursive if one.get(MARK)), None)
    if found is None:
        found = bpy.data.collections.new(COLLECTION)
        found[MARK] = True
        found.hide_render = True
        scene.collection.children.link(found)
    return found


def _marker_mesh(group: str) -> bpy.types.Mesh:
    found = next((mesh for mesh in bpy.data.meshes if mesh.get(MARK) == group and mesh.library is None), None)
    if found is not None:
        return found
    mesh = bpy.data.meshes.new(f"PTalker {group}")
    mesh.from_pydata(_CORNERS, [], _FACES)
    mesh[MARK] = group
    material = bpy.data.materials.new(f"PTalker {group}")
    material.diffuse_color = _COLOURS[group]
    mesh.materials.append(material)
    return mesh
