"""Bake: the line becomes a take on the head."""

from __future__ import annotations

from dataclasses import dataclass, fields

import bpy

from .. import preferences
from ..ptalker_blender.engine.client import BakeJob, Done, Result
from ..ptalker_blender.engine.provenance import provenance
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.motion.density import REDUCED, interpolation
from ..ptalker_blender.rig.mapping import table_text
from ..ptalker_blender.scene import laying, strips
from ..ptalker_blender.scene.actions import Take, Track, write_tracks
from ..ptalker_blender.scene.compat.sequencer import sequencer_scene
from ..ptalker_blender.scene.mapping import ObjectMapping, require_mapping
from ..ptalker_blender.scene.take_record import record_take
from ..ptalker_blender.scene.take_report import MappingReport, mapping_provenance, mapping_report
from ..ptalker_blender.scene.timing import effective_fps
from ..ptalker_blender.scene.word_markers import mark_again
from ..translations import say
from .audio import dialogue, recording
from .directing import director, is_animated, slider_values
from .jobs import WorkerOperator
from .manner import manner_of
from .output import Output, chosen_output, told
from .references import Reference, still_there


@dataclass(frozen=True)
class Order:
    """What was asked for, without a reference to anything in the file."""

    scene: Reference
    objects: tuple[Reference, ...]  # the head, then the other meshes of its character
    mappings: tuple[ObjectMapping, ...]
    job: BakeJob
    audio: strips.StripAudio
    start_frame: float
    add_strip: bool
    head_motion: bool
    output: Output
    mark: bool  # the words of its dialogue


class BakeOperator(WorkerOperator):
    """Mix-in for an operator that bakes a new take."""

    _order: Order  # made by prepare

    def make_order(self, context: bpy.types.Context) -> Order:
        """What to bake.

        Raises:
            UserError: something the artist must change first.
        """
        raise NotImplementedError

    def prepare(self, context: bpy.types.Context) -> BakeJob:
        """Remember the order."""
        self._order = self.make_order(context)
        return self._order.job

    def title(self) -> str:
        """What is performed; the same line may wait for several heads."""
        return f"{self._order.audio.name} on {self._order.objects[0].name}"

    def commit(self, context: bpy.types.Context, result: Done) -> str:
        """Write the take, and the sound strip if asked for."""
        if not isinstance(result, Result):
            raise TypeError("a bake gets a motion")
        order = self._order
        scene, objects = still_there(order.scene, order.objects)
        if result.lost is None:
            raise ValueError("the worker sent no keys of the mapping")
        source = {
            **provenance(order.job, result.audio_sha256, result.weights_sha256),
            **mapping_provenance(order.mappings, result.lost),
            "blender": bpy.app.version_string,
            "start_frame": order.start_frame,
            "line": order.audio.name,
            # A packed sound, or one that Blender decodes, is read through a temporary file.
            "sound": order.audio.sound,
            "audio_source": str(order.audio.source),
        }
        tracks = [Track(obj, curves) for obj, curves in zip(objects, result.tracks, strict=True)]
        turns = result.keys if order.head_motion else ()
        between = interpolation(order.job.keys or REDUCED)
        director().give_way(objects[0])
        planned = order.output.plan(objects)
        take = write_tracks(tracks, order.start_frame, order.audio.name, source, turns, between)
        _keep(take, order, objects, result)
        for sentence in told(laying.lay(take.action, planned, scene)):
            self.report({"INFO"}, say(sentence))
        if order.mark and result.words:
            mark_again(scene, order.audio.name, order.start_frame, result.words)
        if order.add_strip:
            self._add_strip(scene, order)
        for sentence in result.notes:  # of the dialogue
            self.report({"WARNING"}, say(sentence))
        self._tell(take, mapping_report(order.mappings, result.lost), order)
        count = sum(len(curve.frames) for track in (turns, *result.tracks) for curve in track)
        return f"Baked '{take.action.name}', {count} keys"

    def _add_strip(self, scene: bpy.types.Scene, order: Order) -> None:
        """The take is good without its sound, so a strip that cannot be made is a warning."""
        path, frame = order.audio.source, round(order.start_frame)
        try:
            if not strips.is_there(scene, path, frame):
                strips.add_sound_strip(scene, path, frame)
        except UserError as error:
            self.report({"WARNING"}, say(str(error)))

    def _tell(self, take: Take, report: MappingReport, order: Order) -> None:
        """Say what the artist might not expect."""
        for warning in (*report.warnings, *take.notes):
            self.report({"WARNING"}, say(warning))
        for info in report.infos:
            self.report({"INFO"}, say(info))
        if take.kept:
            self.report({"INFO"}, say(f"Kept in the file: Action {', '.join(take.kept)}"))
        if order.audio.note:
            self.report({"INFO"}, say(order.audio.note))


class PTALKER_OT_bake(BakeOperator, bpy.types.Operator):
    """Perform the recording on the head, as a new Action with editable keys"""

    bl_idname = "ptalker.bake"
    bl_label = "Bake"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A head and a recording are needed."""
        settings = context.scene.ptalker
        if settings.head is None:
            cls.poll_message_set("Choose a head first, or add one")
            return False
        if context.scene not in settings.head.users_scene:  # deleted: the setting alone keeps it in the file
            cls.poll_message_set("The chosen head is not in this scene; choose another")
            return False
        if settings.audio_source == "FILE" and not settings.audio_file:
            cls.poll_message_set("Choose a sound file first")
            return False
        if settings.audio_source == "STRIP" and not strips.has_sound(sequencer_scene(context)):
            cls.poll_message_set("Add a sound strip in the sequencer first, or choose a file")
            return False
        return super().poll(context)

    def make_order(self, context: bpy.types.Context) -> Order:
        """Read the settings of the scene."""
        return order_from_panel(context)


def _keep(take: Take, order: Order, objects: list[bpy.types.Object], result: Result) -> None:
    """Keep the take's motion with it, and perform it as the head's sliders direct."""
    job, texts = order.job, {obj: table_text(m.table) for obj, m in zip(objects, order.mappings, strict=True)}
    record_take(take, texts, result.packed, order.start_frame, job.keys or REDUCED, job.key_error, job.seed)
    if slider_values(objects[0]) or is_animated(objects[0]):
        director().apply(objects[0])


def order_from_panel(context: bpy.types.Context) -> Order:
    """What the panel's settings say.

    Raises:
        UserError: something the artist must change first.
    """
    scene = context.scene
    settings, chosen = scene.ptalker, preferences.get(context)
    objects = chosen_objects(context)
    mappings = tuple(require_mapping(obj) for obj in objects)
    fps = effective_fps(scene)
    audio, manner = recording(context), manner_of(context)
    return Order(
        scene=Reference.to(scene),
        objects=tuple(Reference.to(obj) for obj in objects),
        mappings=mappings,
        job=BakeJob(
            audio_path=str(audio.path),
            audio_start=audio.start_s or None,
            audio_end=audio.end_s,
            speed=audio.speed,
            keep_pitch=audio.keep_pitch,
            **{field.name: getattr(manner, field.name) for field in fields(manner)},
            text=dialogue(context) or None,
            weights=bpy.path.abspath(chosen.weights) or None,
            device=chosen.device,
            fps=fps,
            keys=scene.ptalker_take.density,
            key_error=scene.ptalker_take.key_error,
            tables=tuple(table_text(mapping.table) for mapping in mappings),
        ),
        audio=audio,
        start_frame=audio.visible_start_frame,
        add_strip=settings.audio_source == "FILE" and settings.add_strip,
        head_motion=settings.head_motion,
        output=chosen_output(context),
        mark=settings.mark,
    )


def chosen_objects(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The head and the other meshes that are switched on; one deleted from the scene is passed over."""
    settings = context.scene.ptalker
    parts = [part.object for part in settings.parts if part.use and part.object is not None]
    there = [obj for obj in parts if obj != settings.head and context.scene in obj.users_scene]
    return [settings.head, *dict.fromkeys(there)]


CLASSES = (PTALKER_OT_bake,)
