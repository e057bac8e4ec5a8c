"""Directing the take of the head by its sliders: apply, reset, and a closure fix in one click."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..ptalker_blender.errors import UserError
from ..ptalker_blender.scene.nla import split_take
from ..ptalker_blender.scene.take_motion import has_motion
from ..ptalker_blender.scene.takes import active_take
from ..translations import say
from .directing import director, load_sliders


class OnTake:
    """Mix-in for an operator on the take that plays on the chosen head."""

    bl_options = {"REGISTER", "UNDO"}

    if TYPE_CHECKING:
        # Of Blender's Operator, into which this is mixed.
        def report(self, kind: set[str], message: str) -> None:
            """Tell the artist."""

        @classmethod
        def poll_message_set(cls, message: str) -> None:
            """Say why the operator cannot run now."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A take that keeps its motion must play on the head."""
        action = active_take(context.scene.ptalker.head)
        if action is None and split_take(context.scene.ptalker.head) is not None:
            cls.poll_message_set("The take lies in the NLA; press Join under Output first")
            return False
        if action is None:
            cls.poll_message_set("Bake a take first, or make one active")
            return False
        if not action.is_editable:
            cls.poll_message_set("This take is linked from another file; make it local, or bake one here")
            return False
        if not has_motion(action):
            cls.poll_message_set("This take does not keep its motion; bake it again")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Do it, and say what came of it."""
        try:
            done = self.change(context, context.scene.ptalker.head)
        except UserError as error:
            self.report({"ERROR"}, say(str(error)))
            return {"CANCELLED"}
        self.report({"INFO"}, say(done))
        return {"FINISHED"}

    def change(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Change the take; one line on what was done.

        Raises:
            UserError: it cannot be; nothing was changed.
        """
        raise NotImplementedError


def left_alone(edited: tuple[str, ...]) -> str:
    """Say which channels are the artist's now; empty if none is."""
    return f"; left as you changed them: {channels(edited)}" if edited else ""


def channels(edited: tuple[str, ...]) -> str:
    """Names of channels for people; of many the first four."""
    names = [name.partition('["')[2].removesuffix('"].value') or "head turn" for name in edited]
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"{', '.join(dict.fromkeys(names[:4]))}{more}"


class PTALKER_OT_direct(OnTake, bpy.types.Operator):
    """Write the take's keys anew as the sliders say, animated ones frame by frame; channels you edited stay"""

    bl_idname = "ptalker.direct"
    bl_label = "Apply Direction"

    def change(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Direct it."""
        return f"Directed{left_alone(director().apply(head))}"


class PTALKER_OT_reset_direction(OnTake, bpy.types.Operator):
    """Set all sliders to neutral and give the take its own motion back"""

    bl_idname = "ptalker.reset_direction"
    bl_label = "Reset Direction"

    def change(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Reset the sliders, and write the keys."""
        load_sliders(head, {})
        return f"Direction reset{left_alone(director().apply(head))}"


CLASSES = (PTALKER_OT_direct, PTALKER_OT_reset_direction)
