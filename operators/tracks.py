"""The take that plays, put in the NLA by region of the face, and taken out of it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..ptalker_blender.errors import UserError
from ..ptalker_blender.scene import laying, nla, nla_pieces, takes
from ..translations import say
from .directing import director
from .direction import OnTake


class PTALKER_OT_split_take(OnTake, bpy.types.Operator):
    """Put the take that plays in the NLA as tracks for jaw, lips, brows, lids, gaze and head, as Take As says"""

    bl_idname = "ptalker.split_take"
    bl_label = "Split to NLA"

    def change(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Split it."""
        director().settle(head)
        action, record = takes.require_playing(head)
        settings = context.scene.ptalker_take
        added = settings.output == laying.ADDED
        over = settings.over if added else None
        own: dict[int, nla.Own] | None = {} if added else None
        done = nla.split(action, record, head, context.scene, over, own)
        laying.remember(action, laying.ADDED if added else laying.TRACKS, over)
        missing = f"; not here: {', '.join(done.missing)}" if done.missing else ""
        return f"'{action.name}' lies in {len(done.tracks)} tracks: {', '.join(done.tracks)}{missing}"


class PTALKER_OT_join_take(bpy.types.Operator):
    """Take the tracks off the NLA and let the take's Action play again; tracks that you changed stay as Actions"""

    bl_idname = "ptalker.join_take"
    bl_label = "Join from NLA"
    bl_options = {"REGISTER", "UNDO"}

    if TYPE_CHECKING:
        # Of Blender's Operator.
        def report(self, kind: set[str], message: str) -> None:
            """Tell the artist."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A take must lie there."""
        if nla.split_take(context.scene.ptalker.head) is None:
            cls.poll_message_set("No take of this head lies in the NLA")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Join it."""
        head = context.scene.ptalker.head
        action = nla.split_take(head)
        try:
            if action is None:
                raise UserError("no take in the NLA", "one that was split", "split one")
            _, record = takes.require_take(action.name)
            meshes = nla_pieces.character(record, head, context.scene)
            nla_pieces.require_untouched(action, nla_pieces.owners_of(meshes))
            takes.activate(action, record, head, context.scene)
            kept = takes.join_to_rest(action, nla_pieces.owners_of(meshes), keep_changed=True)
        except UserError as error:
            self.report({"ERROR"}, say(str(error)))
            return {"CANCELLED"}
        laying.remember(action, laying.ACTION)
        left = f"; kept, since you changed them: {', '.join(kept)}" if kept else ""
        self.report({"INFO"}, say(f"'{action.name}' plays{left}"))
        return {"FINISHED"}


CLASSES = (PTALKER_OT_split_take, PTALKER_OT_join_take)
