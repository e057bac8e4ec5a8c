"""Re-Bake Lines: a take of lines performed again, as a new take: each line as it was made, or with another seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ..ptalker_blender.engine.client import BakeJob
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.scene import lines, strips, takes
from ..ptalker_blender.scene.actions import read_provenance
from ..ptalker_blender.scene.compat.sequencer import sequencer_scene
from ..ptalker_blender.scene.mapping import require_mapping
from ..ptalker_blender.scene.take_record import head_member
from ..ptalker_blender.scene.timing import effective_fps
from ..translations import say
from .cast import rate_problem
from .lines import LinesOperator, Script, Speaker, Spoken, line_seed
from .output import chosen_output
from .references import Reference
from .series import Task
from .takes import stored_job

_SAME_RATE = 1e-6  # frames a second


class PTALKER_OT_rebake_lines(LinesOperator, bpy.types.Operator):
    """Perform all lines of a take again as they were made, or with another seed, as a new take"""

    bl_idname = "ptalker.rebake_lines"
    bl_label = "Re-Bake Lines"
    bl_options = {"UNDO"}  # without REGISTER: Adjust Last Operation would bake with Blender standing still

    take: bpy.props.StringProperty(name="Take", description="Name of the take's Action; empty for the one that plays")  # type: ignore[valid-type]
    seed: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Seed", description="Seed of the new take; -1 for those of the old one", default=-1, min=-1
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be takes."""
        if not takes.has_takes(context.scene.ptalker.head):
            cls.poll_message_set("Bake a take of lines first")
            return False
        return True

    def prepare_all(self, context: bpy.types.Context) -> tuple[Sequence[Task], Sequence[str]]:
        """Read what the take says of its lines; one whose recording is gone is left out and told."""
        playing = takes.shown_take(context.scene.ptalker.head)
        name = self.take or (playing.name if playing is not None else "")
        self._script, failed = _script_again(context, name, self.seed)
        for warning in self._script.warnings:
            self.report({"WARNING"}, say(warning))
        self._joins = {}
        return [Task(line.name, line.job) for line in self._script.lines], failed


def recorded(line: dict[str, Any], action: bpy.types.Action, scene: bpy.types.Scene, manner: bool = True) -> BakeJob:
    """The job of one line of a take.

    Raises:
        UserError: as ``takes.stored_job``, or its recording is gone.
    """
    job = stored_job(action, line, scene, manner)
    if not Path(job.audio_path).is_file():
        raise UserError(f"the recording {job.audio_path} is gone", "it to be where it was", "put it back")
    return job


def _where_it_lies(context: bpy.types.Context, job: BakeJob, name: str) -> tuple[BakeJob, int]:
    """A line for the scene's rate, and the frame it begins at, of its strip: at another rate that plays another part.

    Raises:
        UserError: the strip is gone, or cannot be read.
    """
    fps = effective_fps(context.scene)
    strip = strips.find_strip(sequencer_scene(context), name)
    audio, start = lines.on_whole_frame(strips.read_strip(strip), fps)
    part = replace(job, audio_path=str(audio.path), audio_start=audio.start_s or None, audio_end=audio.end_s, fps=fps)
    return replace(part, speed=audio.speed, keep_pitch=audio.keep_pitch), start


def _script_again(context: bpy.types.Context, name: str, seed: int) -> tuple[Script, list[str]]:
    """What a take was made from.

    Raises:
        UserError: it is no take of lines, the sequencer plays at another rate than the scene, or none of the lines can
            be performed.
    """
    scene, head = context.scene, context.scene.ptalker.head
    action, record = takes.require_take(name)
    source = read_provenance(action) or {}
    if "lines" not in source:
        raise UserError(f"'{name}' is no take of lines", "one that Bake All Lines made", "press Re-Bake")
    moved = abs(float(source["fps"]) - effective_fps(scene)) > _SAME_RATE
    if moved and (problem := rate_problem(context)):
        raise UserError(problem, "the same rate in both", "match them in Output Properties")
    others, left = takes.meshes_of(record, head, scene)
    objects = [head, *others.values()]
    mappings = tuple(require_mapping(obj) for obj in objects)
    speaker = Speaker(tuple(Reference.to(obj) for obj in objects), mappings, chosen_output(context))
    spoken, failed = [], []
    for line in source["lines"]:
        called = str(line["line"])
        try:
            job, start = recorded(line, action, scene), int(line["start_frame"])
            if moved:
                job, start = _where_it_lies(context, job, called)
        except UserError as error:
            failed.append(f"{called}: {error}")
            continue
        job = job if seed < 0 else replace(job, seed=line_seed(seed, called))
        spoken.append(Spoken(called, 0, job, start, ""))
    if not spoken:
        raise UserError("none of the lines can be performed", "one at least", "; ".join(failed))
    return Script(
        Reference.to(scene),
        (speaker,),
        tuple(spoken),
        record.density,
        record.error_mm,
        head_member(action) is not None,
        int(source["seed"]) if seed < 0 else seed,
        len(source["lines"]),
        (f"Left alone: {', '.join(left)}",) if left else (),
        False,
    ), failed


CLASSES = (PTALKER_OT_rebake_lines,)
