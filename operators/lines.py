"""Bake All Lines: every chosen sound strip on the head of who speaks it, as one take for each head."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import bpy

from .. import preferences
from .. import style_properties as styles
from ..lines_properties import AS_PANEL
from ..ptalker_blender.engine.client import BakeJob, Done, LinesJob, LinesJoined, Manner, Result
from ..ptalker_blender.engine.joining import Piece
from ..ptalker_blender.engine.provenance import provenance
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.motion.density import interpolation
from ..ptalker_blender.motion.packed import on_grid
from ..ptalker_blender.rig.mapping import table_text
from ..ptalker_blender.scene import laying, lines, strips
from ..ptalker_blender.scene.actions import Take, Track, write_tracks
from ..ptalker_blender.scene.characters import Cast, cast_of
from ..ptalker_blender.scene.compat.sequencer import sequencer_scene
from ..ptalker_blender.scene.lines import Line
from ..ptalker_blender.scene.mapping import ObjectMapping, require_mapping
from ..ptalker_blender.scene.take_record import record_take
from ..ptalker_blender.scene.take_report import mapping_provenance, mapping_report
from ..ptalker_blender.scene.timing import effective_fps
from ..translations import say
from .bake import chosen_objects
from .cast import casting_of, is_here, rate_problem, style_of
from .directing import director, is_animated, slider_values
from .lines_into import NewLine, require_take_of_lines, write_into
from .manner import manner_of
from .output import Output, chosen_output, told
from .references import Reference, still_there
from .series import SeriesOperator, Task

SILENT_MM = 1.0  # range of the lips' gap; 60 dB below full level give 0.1, a line some 10
SEVERAL = "several"  # style of a take whose lines have more than one


@dataclass(frozen=True)
class Speaker:
    """A head that speaks, without a reference to anything in the file."""

    objects: tuple[Reference, ...]  # the head, then the other meshes of its character
    mappings: tuple[ObjectMapping, ...]
    output: Output


@dataclass(frozen=True)
class Spoken:
    """A line to be performed.

    Attributes:
        name: of its strip.
        speaker: number of who speaks it.
        job: what the worker does.
        start: whole scene frame of its first.
        note: of its sound.
    """

    name: str
    speaker: int
    job: BakeJob
    start: int
    note: str


@dataclass(frozen=True)
class Script:
    """All that was asked for."""

    scene: Reference
    speakers: tuple[Speaker, ...]
    lines: tuple[Spoken, ...]
    density: str
    key_error: float
    head_motion: bool
    seed: int
    asked: int  # lines, those that cannot be read included
    warnings: tuple[str, ...]
    into: bool  # the take that plays


class LinesOperator(SeriesOperator):
    """Mix-in for an operator that performs several lines and writes a take of them for each head."""

    _script: Script  # made by prepare_all

    def commit_all(self, context: bpy.types.Context, results: Sequence[tuple[int, Done]]) -> str:
        """Write a take for each head; one that has gone is told, and the others get theirs."""
        script, written = self._script, []
        said = [(script.lines[at], _performed(result)) for at, result in results if at < len(script.lines)]
        made = {at: result for at, result in results if isinstance(result, LinesJoined)}
        for number, speaker in enumerate(script.speakers):
            own = [(line, result) for line, result in said if line.speaker == number]
            joined = made.get(self._joins.get(number, -1))
            if not own or (joined is None and not script.into):
                continue  # of a head whose lines could not be joined that has been told
            try:
                written.append(self._write(speaker, own, joined))
            except UserError as error:
                self.failed(f"{speaker.objects[0].name}: {error}")
        if not written:
            raise UserError("no take could be written", "one at least", "; ".join(self._failed))
        count = sum(lines for _, lines in written)
        takes = ", ".join(f"'{name}' ({lines})" for name, lines in written)
        return f"Baked {count} of {script.asked} lines: {takes}"

    def follow_up(self, results: Sequence[tuple[int, Done]]) -> Sequence[Task]:
        """Let the worker join the lines of each head and choose their keys, which takes it a while."""
        script, self._joins = self._script, {}
        tasks: list[Task] = []
        if script.into:
            return ()  # its keys go on from those that are in the take then, which only Blender has
        for number, speaker in enumerate(script.speakers):
            own = [(at, _performed(result)) for at, result in results if script.lines[at].speaker == number]
            if not own:
                continue
            pieces = tuple(Piece(script.lines[at].start, result.motion) for at, result in own)
            tables = tuple(table_text(mapping.table) for mapping in speaker.mappings)
            self._joins[number] = len(script.lines) + len(tasks)
            job = LinesJob(pieces, script.seed, script.density, script.key_error, tables)
            tasks.append(Task(f"Lines of {speaker.objects[0].name}", job))
        return tasks

    def _write(self, speaker: Speaker, said: list[tuple[Spoken, Result]], made: LinesJoined | None) -> tuple[str, int]:
        """Write the take of one head: its name, and how many lines are in it."""
        script = self._script
        scene, objects = still_there(script.scene, speaker.objects)
        if made is None:
            playing = require_take_of_lines(objects[0])
            write_into(objects[0], playing, {line.name: _new_line(line, result) for line, result in said})
            self._tell_of_lines(said)
            return playing.name, len(said)
        tracks = [Track(obj, curves) for obj, curves in zip(objects, made.tracks, strict=True)]
        source = _source(script, speaker, said, made)
        start, turns = float(made.joined.start), made.keys if script.head_motion else ()
        between = interpolation(script.density)
        director().give_way(objects[0])
        planned = speaker.output.plan(objects)
        take = write_tracks(tracks, start, f"{objects[0].name} Lines", source, turns, between)
        texts = {obj: table_text(m.table) for obj, m in zip(objects, speaker.mappings, strict=True)}
        record_take(take, texts, made.packed, start, script.density, script.key_error, script.seed)
        if slider_values(objects[0]) or is_animated(objects[0]):
            director().apply(objects[0])
        for sentence in told(laying.lay(take.action, planned, scene)):
            self.report({"INFO"}, say(sentence))
        self._tell(take, speaker, said, made)
        return take.action.name, len(said)

    def _tell(self, take: Take, speaker: Speaker, said: list[tuple[Spoken, Result]], made: LinesJoined) -> None:
        """Say what the artist might not expect."""
        for first, second in made.joined.overlaps:
            names = f"'{said[first][0].name}' and '{said[second][0].name}'"
            self.report({"WARNING"}, say(f"{names} overlap on '{speaker.objects[0].name}': the later one takes over"))
        self._tell_of_lines(said)
        for warning in (*mapping_report(speaker.mappings, made.lost).warnings, *take.notes):
            self.report({"WARNING"}, say(warning))
        if take.kept:
            self.report({"INFO"}, say(f"Kept in the file: Action {', '.join(take.kept)}"))

    def _tell_of_lines(self, said: list[tuple[Spoken, Result]]) -> None:
        """Say what is odd about single lines."""
        for line, result in said:
            if result.opening is not None and result.opening < SILENT_MM:
                self.failed(f"{line.name}: the mouth hardly moves; its sound may be silent")
            for sentence in result.notes:  # of the dialogue
                self.report({"WARNING"}, say(f"{line.name}: {sentence}"))
            if line.note:
                self.report({"INFO"}, say(line.note))


class PTALKER_OT_bake_lines(LinesOperator, bpy.types.Operator):
    """Perform the chosen sound strips on the heads of the cast: one take for each head, with all its lines"""

    bl_idname = "ptalker.bake_lines"
    bl_label = "Bake All Lines"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Strips, and someone to speak them, are needed."""
        if not strips.has_sound(sequencer_scene(context)):
            cls.poll_message_set("Add sound strips in the sequencer first")
            return False
        settings = context.scene.ptalker_lines
        if settings.cast and not any(is_here(row.head, context) for row in settings.cast):
            cls.poll_message_set("Give a character of the cast a head that is in this scene")
            return False
        if not settings.cast and not is_here(context.scene.ptalker.head, context):
            cls.poll_message_set("Choose a head first, or fill the cast")
            return False
        return super().poll(context)

    def prepare_all(self, context: bpy.types.Context) -> tuple[Sequence[Task], Sequence[str]]:
        """Read strips and cast; a line that cannot be read is left out and told."""
        made, failed = _script_of(context)
        self._script = made
        for warning in made.warnings:
            self.report({"WARNING"}, say(warning))
        return [Task(line.name, line.job) for line in made.lines], failed


def _script_of(context: bpy.types.Context) -> tuple[Script, list[str]]:
    """What the panel says, and what of it cannot be done.

    Raises:
        UserError: nothing is left to do.
    """
    problem = rate_problem(context)
    if problem:
        raise UserError(problem, "the same rate in both", "match them in Output Properties")
    casting, settings = casting_of(context), context.scene.ptalker
    speakers: list[Speaker] = []
    spoken: list[Spoken] = []
    failed: list[str] = []
    manners: dict[str, Manner] = {}
    cast = _cast(context, [head for head, _ in casting.spoken])
    for head, own in casting.spoken:
        objects = _objects_of(context, head, cast)
        try:
            if context.scene.ptalker_lines.into:
                require_take_of_lines(head)
            mappings = tuple(require_mapping(obj) for obj in objects)
        except UserError as error:
            failed.append(f"{head.name}: {error}")
            continue
        speakers.append(Speaker(tuple(Reference.to(obj) for obj in objects), mappings, chosen_output(context, head)))
        for line in own:
            try:
                spoken.append(_spoken(context, line, len(speakers) - 1, manners))
            except UserError as error:
                failed.append(f"{line.strip}: {error}")
    if not spoken:
        if failed:
            raise UserError(f"none of {casting.count} lines can be performed", "one at least", "; ".join(failed))
        why = "; ".join(one.text for one in casting.findings) or "no sound strip is chosen"
        raise UserError(f"no lines ({why})", "strips with someone to speak them", "look at Many Lines")
    spoken.sort(key=lambda line: line.start)
    take = context.scene.ptalker_take
    return Script(
        Reference.to(context.scene),
        tuple(speakers),
        tuple(spoken),
        take.density,
        take.key_error,
        settings.head_motion,
        settings.seed,
        casting.count,
        tuple(f"'{obj.name}' could be of several heads of the cast, so it is of none" for obj in cast.unclear),
        context.scene.ptalker_lines.into,
    ), failed


def _spoken(context: bpy.types.Context, line: Line, speaker: int, manners: dict[str, Manner]) -> Spoken:
    """One line; with a seed of its own, since the same for all would have a character blink alike in each of them.

    Raises:
        UserError: its sound or its manner cannot be read.
    """
    chosen, scene = preferences.get(context), sequencer_scene(context)
    strip, fps = strips.find_strip(scene, line.strip), effective_fps(context.scene)
    audio, start = lines.on_whole_frame(strips.read_strip(strip), fps)
    manner = _manner(context, style_of(context, line), manners)
    job = BakeJob(
        audio_path=str(audio.path),
        audio_start=audio.start_s or None,
        audio_end=audio.end_s,
        speed=audio.speed,
        keep_pitch=audio.keep_pitch,
        **{field.name: getattr(manner, field.name) for field in fields(manner)},
        text=strip.ptalker_text.strip() or None,
        weights=bpy.path.abspath(chosen.weights) or None,
        device=chosen.device,
        fps=fps,
    )
    return Spoken(line.strip, speaker, replace(job, seed=line_seed(job.seed, line.strip)), start, audio.note)


def line_seed(seed: int, name: str) -> int:
    """Seed of a line of a take with ``seed``: of its own, and the same whatever other lines there are."""
    return (seed + zlib.crc32(name.encode())) & 0x7FFFFFFF


def _manner(context: bpy.types.Context, style: str, known: dict[str, Manner]) -> Manner:
    """A manner of the cast, with the panel's strength; read once, since it may be a mesh's whole performance.

    Raises:
        UserError: as ``manner_of``, or the style is gone.
    """
    if style not in known:
        settings = context.scene.ptalker
        if style == AS_PANEL:
            known[style] = manner_of(context)
        elif not style:
            raise UserError("its style is not in the library any more", "a style", "choose one in the cast")
        else:
            path = None if style == styles.VOICE else styles.style_path(style)
            name = style if path is None else str(path)
            known[style] = Manner(name, strength=settings.strength, seed=settings.seed)
    return known[style]


def _cast(context: bpy.types.Context, speaking: Sequence[bpy.types.Object]) -> Cast:
    """Who of the meshes here is of which head; heads that are silent now keep theirs too."""
    rows = [row.head for row in context.scene.ptalker_lines.cast if is_here(row.head, context)]
    return cast_of(tuple(dict.fromkeys((*speaking, *rows))), context.scene.objects)


def _objects_of(context: bpy.types.Context, head: bpy.types.Object, cast: Cast) -> list[bpy.types.Object]:
    """A head and the other meshes of its character; of the chosen head those that are switched on."""
    own = [head, *cast.parts[head]]
    if head != context.scene.ptalker.head:
        return own
    return [obj for obj in chosen_objects(context) if obj in own]


def _performed(result: Done) -> Result:
    if not isinstance(result, Result):
        raise TypeError("a bake gets a motion")
    return result


def _line_source(line: Spoken, result: Result) -> dict[str, Any]:
    """Provenance of one line."""
    return {
        **provenance(line.job, result.audio_sha256, result.weights_sha256),
        "line": line.name,
        "start_frame": line.start,
        "frames": len(result.motion.values),
    }


def _new_line(line: Spoken, result: Result) -> NewLine:
    return NewLine(Piece(line.start, on_grid(result.motion)), _line_source(line, result))


def _source(script: Script, speaker: Speaker, said: list[tuple[Spoken, Result]], made: LinesJoined) -> dict[str, Any]:
    """Provenance of a take of several lines: each line's own, and what they have in common."""
    own = [_line_source(line, result) for line, result in said]
    manners = {line.job.style for line, _ in said}
    return {
        **mapping_provenance(speaker.mappings, made.lost),
        "lines": own,
        "line": "1 line" if len(own) == 1 else f"{len(own)} lines",
        "style": manners.pop() if len(manners) == 1 else SEVERAL,
        "seed": script.seed,
        "fps": made.joined.motion.fps,
        "start_frame": made.joined.start,
        "blender": bpy.app.version_string,
    }


CLASSES = (PTALKER_OT_bake_lines,)
