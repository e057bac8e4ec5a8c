"""How the Output panel wants a new take: noted when a button is pressed, followed when the take is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy

from ..ptalker_blender.scene import laying
from .references import Reference


@dataclass(frozen=True)
class Output:
    """Where a take goes, without a reference to anything in the file.

    Attributes:
        how: one of ``scene.laying.CHOICES``.
        over: Action to be added to; None for what plays.
    """

    how: str
    over: Reference | None = None

    def plan(self, objects: Sequence[bpy.types.Object], but: bpy.types.Action | None = None) -> laying.Plan:
        """Look before a take is written; as ``scene.laying.plan``.

        Raises:
            UserError: as there, or the Action to be added to is gone.
        """
        return laying.plan(self.how, objects, self.over.find(bpy.data.actions) if self.over is not None else None, but)


def chosen_output(context: bpy.types.Context, head: bpy.types.Object | None = None) -> Output:
    """What the Output panel says now for a head; its Action to be added to is that of the chosen head alone.

    Args:
        context: of the scene.
        head: None for the chosen one.
    """
    settings = context.scene.ptalker_take
    counts = settings.output == laying.ADDED and head in (None, context.scene.ptalker.head)
    over = settings.over if counts else None
    return Output(settings.output, Reference.to(over) if over is not None else None)


def told(laid: laying.Laid) -> tuple[str, ...]:
    """What to tell of where a take went, a sentence each."""
    tracks = (f"The take lies in the NLA: {', '.join(laid.tracks)}",) if laid.tracks else ()
    kept = (f"Kept in the file, since you changed them: {', '.join(laid.kept)}",) if laid.kept else ()
    return (*tracks, *kept)
