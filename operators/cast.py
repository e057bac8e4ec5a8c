"""The cast of a scene: filling it, and who would speak what."""

from __future__ import annotations

import bpy

from ..lines_properties import AS_PANEL
from ..ptalker_blender.scene import lines, strips
from ..ptalker_blender.scene.compat.sequencer import sequencer_scene
from ..ptalker_blender.scene.lines import Casting, Choice, Line, Member
from ..ptalker_blender.scene.preflight import ERROR, INFO, Finding
from ..ptalker_blender.scene.timing import effective_fps
from ..translations import say
from .lines_into import take_of_lines


class PTALKER_OT_fill_cast(bpy.types.Operator):
    """Add the characters that strip names tell (ANNA_012), or one for each channel, and heads of the same names"""

    bl_idname = "ptalker.fill_cast"
    bl_label = "Fill Cast"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be strips."""
        if not strips.has_sound(sequencer_scene(context)):
            cls.poll_message_set("Add sound strips in the sequencer first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add those that are not there yet."""
        cast = context.scene.ptalker_lines.cast
        there = {row.name.casefold() for row in cast}
        found = [one for one in lines.guess_cast(sequencer_scene(context)) if one.name.casefold() not in there]
        for member in found:
            row = cast.add()
            row.name, row.channel = member.name, member.channel
            row.head = lines.head_named(context.scene.objects, member.name)
        without = [row.name for row in cast if row.head is None]
        self.report(
            {"INFO"}, say(f"{len(found)} characters added" + (f"; no head: {', '.join(without)}" if without else ""))
        )
        return {"FINISHED"}


class PTALKER_OT_add_character(bpy.types.Operator):
    """Add a character to the cast"""

    bl_idname = "ptalker.add_character"
    bl_label = "Add Character"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add one with the chosen head, if it has none yet."""
        settings, head = context.scene.ptalker_lines, context.scene.ptalker.head
        free = head is not None and head not in {row.head for row in settings.cast}
        row = settings.cast.add()
        row.name = head.name if free else "Character"
        row.head = head if free else None
        settings.active = len(settings.cast) - 1
        return {"FINISHED"}


class PTALKER_OT_remove_character(bpy.types.Operator):
    """Take the chosen character out of the cast"""

    bl_idname = "ptalker.remove_character"
    bl_label = "Remove Character"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """One must be chosen."""
        if not context.scene.ptalker_lines.cast:
            cls.poll_message_set("The cast is empty")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove it."""
        settings = context.scene.ptalker_lines
        settings.cast.remove(min(settings.active, len(settings.cast) - 1))
        settings.active = max(0, min(settings.active, len(settings.cast) - 1))
        return {"FINISHED"}


def casting_of(context: bpy.types.Context) -> Casting:
    """Who would speak what; cheap enough for a panel."""
    settings = context.scene.ptalker_lines
    cast = [Member(row.name, row.prefix, row.channel) for row in settings.cast]
    heads = [row.head for row in settings.cast] if cast else [context.scene.ptalker.head]
    here = [head if is_here(head, context) else None for head in heads]
    found = lines.lines_of(sequencer_scene(context), cast, Choice(settings.choice, settings.channel))
    objects = context.scene.objects
    return lines.cast_lines(found, cast, here, lambda member: lines.why_no_head(objects, member.name))


def lines_findings(context: bpy.types.Context) -> tuple[Finding, ...]:
    """What would be baked, and what is in the way."""
    casting = casting_of(context)
    told = ", ".join(f"{head.name} {len(own)}" for head, own in casting.spoken)
    summary = Finding(INFO, f"Would be baked: {told}" if casting.count else "No lines")
    problem = rate_problem(context)
    errors = [problem[0].upper() + problem[1:]] if problem else []
    if context.scene.ptalker_lines.into:
        without = [head for head, _ in casting.spoken if take_of_lines(head) is None]
        errors += [f"No take of many lines plays on '{head.name}' to perform its lines in" for head in without]
    return (*(Finding(ERROR, text) for text in errors), summary, *casting.findings)


def style_of(context: bpy.types.Context, line: Line) -> str:
    """Style of a line's character; without a cast the panel's."""
    cast = context.scene.ptalker_lines.cast
    return str(cast[line.member].style) if cast and line.member is not None else AS_PANEL


def is_here(head: bpy.types.Object | None, context: bpy.types.Context) -> bool:
    """Whether a head is in the scene; one that was deleted stays in the file by our setting alone."""
    return head is not None and context.scene in head.users_scene


def rate_problem(context: bpy.types.Context) -> str:
    """Why frames of the sequencer are not those of the scene; empty if they are."""
    scene, own = sequencer_scene(context), effective_fps(context.scene)
    if effective_fps(scene) == own:
        return ""
    return f"scene '{scene.name}' of the sequencer plays at {effective_fps(scene):g} fps, this one at {own:g}"


CLASSES = (PTALKER_OT_fill_cast, PTALKER_OT_add_character, PTALKER_OT_remove_character)
