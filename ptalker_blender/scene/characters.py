"""Characters that consist of several meshes: which ones speak together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import bpy

from ..errors import UserError
from .key_blocks import shape_keys
from .mapping import object_mapping

FACE_OF = "ptalker_face_of"  # custom property of an object whose keys were built with a head's: that head


def companions(obj: bpy.types.Object, among: Iterable[bpy.types.Object]) -> list[bpy.types.Object]:
    """Find the other meshes of a character that answer to a control: teeth, tongue, brows, lashes.

    Two objects belong together if they hang on one armature (by modifier or as its children), have one parent, if one
    is the other's parent, if an Empty instances a collection with both, if they were overridden as one hierarchy, or if
    their keys were built together.

    Args:
        obj: the mesh that was chosen.
        among: objects to look through, such as those of the scene.

    Returns:
        the others with a shape key that is known, by name; one whose table cannot be read is among them, so that
        a bake says so.
    """
    own, keys = _anchors(obj), shape_keys(obj)
    found = [
        other
        for other in among
        if other != obj and shape_keys(other) not in (None, keys) and own & _anchors(other) and _answers(other)
    ]
    return sorted(found, key=lambda other: other.name)


@dataclass(frozen=True)
class Cast:
    """The meshes of characters that speak beside one another.

    Attributes:
        parts: each head's companions; no head is another's, nor is a mesh that shares its keys with one.
        unclear: meshes that could as well be of one head as of another; they are nobody's.
    """

    parts: dict[bpy.types.Object, tuple[bpy.types.Object, ...]]
    unclear: tuple[bpy.types.Object, ...]


def cast_of(heads: Sequence[bpy.types.Object], among: Iterable[bpy.types.Object]) -> Cast:
    """Share out companions among heads that may hang on one parent, armature or collection.

    A mesh that several heads would have is of the one it has most in common with: an armature of their own besides the
    collection of all, or a parent.

    Args:
        heads: all that speak, each once.
        among: as for ``companions``.
    """
    there, keys = tuple(among), {shape_keys(head) for head in heads}
    claims: dict[bpy.types.Object, dict[bpy.types.Object, int]] = {}
    for head in heads:
        for other in companions(head, there):
            if other not in heads and shape_keys(other) not in keys:
                claims.setdefault(other, {})[head] = len(_anchors(head) & _anchors(other))
    parts: dict[bpy.types.Object, list[bpy.types.Object]] = {head: [] for head in heads}
    unclear: list[bpy.types.Object] = []
    for other, claim in claims.items():
        nearest = [head for head, shared in claim.items() if shared == max(claim.values())]
        (parts[nearest[0]] if len(nearest) == 1 else unclear).append(other)
    by_name = {head: tuple(sorted(own, key=lambda other: other.name)) for head, own in parts.items()}
    return Cast(by_name, tuple(sorted(unclear, key=lambda other: other.name)))


def _answers(obj: bpy.types.Object) -> bool:
    try:
        mapping = object_mapping(obj)
    except UserError:
        return True
    return bool(mapping.table.keys)


def _anchors(obj: bpy.types.Object) -> set[bpy.types.ID]:
    """What else must be shared, or be the other itself, for two objects to be of one character."""
    found: set[bpy.types.ID] = {obj}
    if isinstance(obj.get(FACE_OF), bpy.types.Object):
        found.add(obj[FACE_OF])
    if obj.parent is not None:
        found.add(obj.parent)
    above = obj.parent
    while above is not None:
        if above.type == "ARMATURE":
            found.add(above)
        above = above.parent
    found |= {modifier.object for modifier in obj.modifiers if modifier.type == "ARMATURE" and modifier.object}
    if obj.override_library is not None and obj.override_library.hierarchy_root is not None:
        found.add(obj.override_library.hierarchy_root)
    instanced = {other.instance_collection for other in bpy.data.objects if other.instance_collection is not None}
    found |= {collection for collection in instanced if obj.name in collection.all_objects}
    return found
