"""The takes of the head: play one, compare two, rename, delete, and bake one again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import bpy

from ..ptalker_blender.engine.client import BakeJob
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.motion.direction import LIMITS
from ..ptalker_blender.rig.mapping import table_text
from ..ptalker_blender.scene import laying, strips, take_findings, takes
from ..ptalker_blender.scene.actions import read_provenance
from ..ptalker_blender.scene.mapping import require_mapping
from ..ptalker_blender.scene.sounds import found_again
from ..ptalker_blender.scene.take_record import TakeRecord, head_member
from ..ptalker_blender.scene.timing import effective_fps
from ..translations import say
from .bake import BakeOperator, Order
from .directing import director, load_sliders
from .direction import OnTake
from .manner import sent_again
from .output import chosen_output
from .references import Reference


class _OnHead(OnTake):
    """Mix-in for an operator on one take of the chosen head, by its name."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be takes."""
        if not takes.has_takes(context.scene.ptalker.head):
            cls.poll_message_set("Bake a take first")
            return False
        return True


def _play(context: bpy.types.Context, name: str) -> str:
    """Let a take play on the chosen head as it lay there, with its sliders; what is missing and what is kept."""
    head = context.scene.ptalker.head
    action, record = takes.require_take(name)
    director().settle(head)  # before the sliders are those of another take
    before, planned = takes.shown_take(head), laying.plan_again(action, record, head, context.scene)
    missing = takes.activate(action, record, head, context.scene)
    laid = laying.lay(action, planned, context.scene)
    if before is not None and before != action:
        head.ptalker_other_take = before
    context.scene.ptalker_take.chosen = ""  # the list shows the one that plays
    load_sliders(head, {key: value for key, value in record.direction.items() if key in LIMITS})
    gone = f"; left alone: {', '.join(missing)}" if missing else ""
    return f"{gone}{_kept(laid.kept)}"


def _kept(names: Sequence[str]) -> str:
    return f"; kept, since you changed them: {', '.join(names)}" if names else ""


class PTALKER_OT_play_take(_OnHead, bpy.types.Operator):
    """Let this take play on the head, with the direction it was given"""

    bl_idname = "ptalker.play_take"
    bl_label = "Make Active"

    take: bpy.props.StringProperty(name="Take", description="Name of the take's Action", options={"HIDDEN"})  # type: ignore[valid-type]

    def change(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Assign it."""
        return f"'{self.take}' plays{_play(context, self.take)}"


class PTALKER_OT_compare_takes(_OnHead, bpy.types.Operator):
    """Swap the take that plays with the one that played before"""

    bl_idname = "ptalker.compare_takes"
    bl_label = "Compare"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be two."""
        head = context.scene.ptalker.head
        other = head.ptalker_other_take if head is not None else None
        if other is None or other == takes.shown_take(head) or not takes.is_take(other):
            cls.poll_message_set("There is no other take to compare with yet: bake a second one, or let another play")
            return False
        return super().poll(context)

    def change(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Swap them."""
        name = str(head.ptalker_other_take.name)
        return f"'{name}' plays{_play(context, name)}"


class PTALKER_OT_show_whole_take(_OnHead, bpy.types.Operator):
    """Let the scene begin earlier or end later, so that all of the take that plays is seen"""

    bl_idname = "ptalker.show_whole_take"
    bl_label = "Fit Scene to Take"

    def change(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Widen the scene's range; it is never made shorter."""
        action, _ = takes.require_playing(head)
        return take_findings.show_whole(context.scene, action)


class PTALKER_OT_rename_take(_OnHead, bpy.types.Operator):
    """Give the take another name, on all its Actions"""

    bl_idname = "ptalker.rename_take"
    bl_label = "Rename Take"

    take: bpy.props.StringProperty(name="Take", description="Name of the take's Action", options={"HIDDEN"})  # type: ignore[valid-type]
    name: bpy.props.StringProperty(name="Name", description="New name of the take")  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask for the name."""
        self.name = self.take
        result: set[str] = context.window_manager.invoke_props_dialog(self)
        return result

    def change(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Rename it; it stays the one that is chosen in the list."""
        action, _ = takes.require_take(self.take)
        name = takes.rename(action, self.name)
        for remembered in ("chosen", "chosen_beside"):
            if getattr(context.scene.ptalker_take, remembered) == self.take:
                setattr(context.scene.ptalker_take, remembered, name)
        return f"The take is called '{name}'"


class PTALKER_OT_delete_take(_OnHead, bpy.types.Operator):
    """Remove the take and its keys from the file; your own Actions are not touched"""

    bl_idname = "ptalker.delete_take"
    bl_label = "Delete Take"

    take: bpy.props.StringProperty(name="Take", description="Name of the take's Action", options={"HIDDEN"})  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask whether it is meant."""
        result: set[str] = context.window_manager.invoke_confirm(
            self, event, title="Delete Take", message=f"Delete '{self.take}' and its keys?", confirm_text="Delete"
        )
        return result

    def change(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Remove it."""
        action, _ = takes.require_take(self.take)
        director().settle(head)
        played = takes.shown_take(head) == action
        name, kept = takes.delete(action, head)
        left = takes.takes_of(head)
        if played and left:
            try:
                _play(context, left[0].action.name)
            except UserError as error:  # the take is gone, so this needs its undo step
                self.report({"WARNING"}, say(str(error)))
        return f"Deleted '{name}'{_kept(kept)}"


class PTALKER_OT_rebake(BakeOperator, bpy.types.Operator):
    """Bake a take again with the settings it was made with, or with another seed, as a new take"""

    bl_idname = "ptalker.rebake"
    bl_label = "Re-Bake"
    bl_options = {"UNDO"}  # without REGISTER: Adjust Last Operation would bake with Blender standing still

    take: bpy.props.StringProperty(name="Take", description="Name of the take's Action; empty for the one that plays")  # type: ignore[valid-type]
    seed: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Seed", description="Seed of the new take; -1 for that of the old one", default=-1, min=-1
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be takes."""
        if not takes.has_takes(context.scene.ptalker.head):
            cls.poll_message_set("Bake a take first")
            return False
        return True

    def make_order(self, context: bpy.types.Context) -> Order:
        """Read what the take says of itself."""
        head = context.scene.ptalker.head
        playing = takes.shown_take(head)
        action, record = takes.require_take(self.take or (playing.name if playing is not None else ""))
        if left := takes.meshes_of(record, head, context.scene)[1]:
            self.report({"WARNING"}, say(f"Left alone: {', '.join(left)}"))
        return order_of(context, action, record, head, None if self.seed < 0 else self.seed)


def order_of(
    context: bpy.types.Context,
    action: bpy.types.Action,
    record: TakeRecord,
    head: bpy.types.Object,
    seed: int | None,
    manner: bool = True,
) -> Order:
    """What a take was baked from, as an order.

    Args:
        context: of the scene.
        action: the take's first.
        record: as read.
        head: gets the first part.
        seed: another seed; None for its own.
        manner: whether its manner is wanted too; else it is the voice's own.

    Raises:
        UserError: not all that it was made from is known or here.
    """
    scene, source = context.scene, read_provenance(action) or {}
    job = stored_job(action, source, scene, manner)
    fps = effective_fps(scene)
    if not Path(job.audio_path).is_file():
        raise UserError(f"the recording {job.audio_path} is gone", "it to be where it was", "put it back, or Bake anew")
    objects = [head, *takes.meshes_of(record, head, scene)[0].values()]
    mappings = tuple(require_mapping(obj) for obj in objects)
    audio = strips.StripAudio(
        Path(job.audio_path),
        job.audio_start or 0.0,
        job.audio_end,
        record.start,
        source=Path(source.get("audio_source") or ""),
        name=str(source.get("line") or action.name),
        sound=str(source.get("sound") or ""),
    )
    return Order(
        scene=Reference.to(scene),
        objects=tuple(Reference.to(obj) for obj in objects),
        mappings=mappings,
        job=replace(
            job,
            seed=job.seed if seed is None else seed,
            fps=fps,
            tables=tuple(table_text(mapping.table) for mapping in mappings),
        ),
        audio=audio,
        start_frame=record.start,
        add_strip=False,
        head_motion=head_member(action) is not None,
        output=chosen_output(context),
        mark=scene.ptalker.mark,
    )


def stored_job(
    action: bpy.types.Action, source: dict[str, Any], scene: bpy.types.Scene, manner: bool = True
) -> BakeJob:
    """The job in a take's provenance, with its manner or that of the voice.

    Args:
        action: the take's first; only for messages.
        source: its provenance, or that of one of its lines.
        scene: where performances are read again.
        manner: whether its manner is wanted; else it is the voice's.

    Raises:
        UserError: it was not baked from a recording, or a performance in the scene whose manner it has is gone
            or was changed.
    """
    out = {"performance", "mix_performance"} | (set() if manner else {"style", "style_range", "mix"})
    wanted = (field.name for field in fields(BakeJob) if field.name not in out)
    known = {name: source[name] for name in wanted if source.get(name) is not None}
    if "lines" in source:
        raise UserError(f"'{action.name}' is a take of lines", "one recording", "use Re-Bake Lines")
    if "audio_path" not in known:
        raise UserError(f"'{action.name}' was not baked from a recording", "a take of a recording", "choose another")
    for name in ("tables", "style_range"):
        if name in known:
            known[name] = tuple(known[name])
    own_file, sound = Path(source.get("audio_source") or ""), str(source.get("sound") or "")
    job = BakeJob(**{**known, "audio_path": str(found_again(Path(known["audio_path"]), sound, own_file))})
    return replace(job, **sent_again(source, scene)) if manner else job


CLASSES = (
    PTALKER_OT_show_whole_take,
    PTALKER_OT_play_take,
    PTALKER_OT_compare_takes,
    PTALKER_OT_rename_take,
    PTALKER_OT_delete_take,
    PTALKER_OT_rebake,
)
