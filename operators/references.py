"""Remembering a datablock across ticks, in which undo and renaming may happen: a pointer would dangle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy

from ..ptalker_blender.errors import UserError


@dataclass(frozen=True)
class Reference:
    """A datablock of the open file.

    Attributes:
        name: as it was; only for messages, since the artist may rename it and libraries may hold its like.
        uid: Blender's number for it, which undo keeps.
    """

    name: str
    uid: int

    @classmethod
    def to(cls, datablock: bpy.types.ID) -> Reference:
        """Remember ``datablock``."""
        return cls(datablock.name, datablock.session_uid)

    def find(self, collection: bpy.types.bpy_prop_collection) -> bpy.types.ID:
        """Return the datablock again.

        Args:
            collection: the part of ``bpy.data`` it is in.

        Raises:
            UserError: it has been removed.
        """
        for datablock in collection:
            if datablock.session_uid == self.uid:
                return datablock
        raise UserError(f"'{self.name}' is gone", "it to stay in the file until PTalker is done", "do it again")


def still_there(scene: Reference, objects: Sequence[Reference]) -> tuple[bpy.types.Scene, list[bpy.types.Object]]:
    """The scene and the meshes that a job is for, when its result has come.

    Raises:
        UserError: one has been removed, from the file or from the scene.
    """
    found = scene.find(bpy.data.scenes)
    meshes = [reference.find(bpy.data.objects) for reference in objects]
    for mesh in meshes:
        if found not in mesh.users_scene:
            raise UserError(f"'{mesh.name}' was deleted", "it to stay until PTalker is done", "do it again")
    return found, meshes
