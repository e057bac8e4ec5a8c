"""Styles of the artist's own: save the current performance as one, share it as a file; and a take in another manner."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from .. import preferences
from .. import style_properties as styles
from ..ptalker_blender.engine.client import Done, RestyleJob, Result, SaveStyleJob, StyleSaved
from ..ptalker_blender.engine.provenance import restyle_provenance
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.motion.density import REDUCED, interpolation
from ..ptalker_blender.rig.mapping import table_text
from ..ptalker_blender.scene import laying
from ..ptalker_blender.scene.actions import Track, read_provenance, write_tracks
from ..ptalker_blender.scene.mapping import ObjectMapping, require_mapping
from ..ptalker_blender.scene.nla import split_take
from ..ptalker_blender.scene.performances import moves_keys, read_action
from ..ptalker_blender.scene.take_record import record_take
from ..ptalker_blender.scene.take_report import mapping_provenance, mapping_report
from ..ptalker_blender.scene.timing import effective_fps
from ..translations import say
from .bake import chosen_objects
from .directing import director, load_sliders
from .jobs import WorkerOperator
from .manner import manner_of, manner_problem, whole_range
from .output import Output, chosen_output, told
from .references import Reference, still_there

_SUFFIX = ".npz"


class _Saves(WorkerOperator):
    """Mix-in for an operator that writes the chosen performance as a style."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """One performance must be chosen, no voice and no mix."""
        settings = context.scene.ptalker
        if settings.style == styles.VOICE:
            cls.poll_message_set("Choose a performance as the style first; the voice's manner is of its recording")
            return False
        if settings.mix != styles.NO_MIX:
            cls.poll_message_set("Set Mix With to None first; a mix of two cannot be saved")
            return False
        problem = manner_problem(context)
        if problem:
            cls.poll_message_set(say(f"{problem[0].upper()}{problem[1:]}"))
            return False
        return True

    def job(self, context: bpy.types.Context, path: Path, description: str, *, portrait: bool = False) -> SaveStyleJob:
        """The job that writes it."""
        manner, chosen = manner_of(context), preferences.get(context)
        weights = bpy.path.abspath(chosen.weights) or None
        text = description.strip() or f"From {Path(manner.style).stem}"
        return SaveStyleJob(manner, str(path), text, weights, chosen.device, portrait)


class PTALKER_OT_save_style(_Saves, bpy.types.Operator):
    """Save the chosen performance in your own library, where it can be chosen by its name from then on"""

    bl_idname = "ptalker.save_style"
    bl_label = "Save As Style"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """It needs a name; a script without a window gives one as an argument."""
        if context.area is not None and not context.scene.ptalker_style.name:
            cls.poll_message_set("Type a name for the style first")
            return False
        return super().poll(context)

    name: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Name", description="Letters, digits, - and _. Empty uses the name in the panel", options={"SKIP_SAVE"}
    )
    description: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Description", description="What it is like. Empty uses that in the panel", options={"SKIP_SAVE"}
    )
    overwrite: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Overwrite", description="Replace a style of your own that has this name", options={"SKIP_SAVE"}
    )

    def prepare(self, context: bpy.types.Context) -> SaveStyleJob:
        """Check the name and read the performance."""
        settings = context.scene.ptalker_style
        path = _new_style(self.name or settings.name, overwrite=self.overwrite)
        job = self.job(context, path, self.description or settings.description, portrait=True)
        make_folder(path.parent)
        return job

    def title(self) -> str:
        """What is saved."""
        return "Save Style"

    def commit(self, context: bpy.types.Context, result: Done) -> str:
        """List it."""
        if not isinstance(result, StyleSaved):
            raise TypeError("a saved style gets its path")
        styles.forget_styles()
        return f"Saved style '{Path(result.path).stem}', {result.seconds:.1f} s of performance"


class PTALKER_OT_export_style(_Saves, bpy.types.Operator):
    """Write the chosen performance as a style file (npz) to give to others"""

    bl_idname = "ptalker.export_style"
    bl_label = "Export Style"
    bl_options = {"REGISTER"}

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})  # type: ignore[valid-type]
    filter_glob: bpy.props.StringProperty(default="*.npz", options={"HIDDEN"})  # type: ignore[valid-type]
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open the file browser."""
        if not self.filepath:
            settings = context.scene.ptalker
            self.filepath = f"{settings.style if settings.style in styles.style_names() else 'style'}{_SUFFIX}"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def prepare(self, context: bpy.types.Context) -> SaveStyleJob:
        """Check the path and read the performance."""
        path = Path(bpy.path.ensure_ext(bpy.path.abspath(self.filepath), _SUFFIX))
        _require_name(path.stem)
        if not path.parent.is_dir():
            raise UserError(f"no folder '{path.parent}'", "an existing folder", "create it first")
        return self.job(context, path, _description(context))

    def commit(self, context: bpy.types.Context, result: Done) -> str:
        """Say where it is."""
        if not isinstance(result, StyleSaved):
            raise TypeError("an exported style gets its path")
        return f"Wrote {Path(result.path).name}"


class PTALKER_OT_import_style(bpy.types.Operator):
    """Take a style file (npz) that was exported into your own library"""

    bl_idname = "ptalker.import_style"
    bl_label = "Import Style"
    bl_options = {"REGISTER"}

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})  # type: ignore[valid-type]
    filter_glob: bpy.props.StringProperty(default="*.npz", options={"HIDDEN"})  # type: ignore[valid-type]
    overwrite: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Overwrite", description="Replace a style of your own that has this name", options={"SKIP_SAVE"}
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open the file browser."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Check the file, copy it, and choose it."""
        from ..ptalker_blender.style.library import import_style

        given = Path(bpy.path.abspath(self.filepath))
        try:
            path = _new_style(given.stem, overwrite=self.overwrite)
            make_folder(path.parent)
            import_style(given, path)
        except UserError as error:
            self.report({"ERROR"}, say(str(error)))
            return {"CANCELLED"}
        styles.forget_styles()
        context.scene.ptalker.style = path.stem
        self.report({"INFO"}, say(f"Imported style '{path.stem}'"))
        return {"FINISHED"}


@dataclass(frozen=True)
class _Restyling:
    """What was asked for, without a reference to anything in the file."""

    scene: Reference
    objects: tuple[Reference, ...]
    mappings: tuple[ObjectMapping, ...]
    job: RestyleJob
    first: int
    line: str
    source: str  # name of the Action
    head_motion: bool
    output: Output


class PTALKER_OT_restyle(WorkerOperator, bpy.types.Operator):
    """Perform the Action on the head's shape keys in the chosen style, as a new take. No recording is needed"""

    bl_idname = "ptalker.restyle"
    bl_label = "Restyle Take"
    bl_options = {"REGISTER", "UNDO"}

    _order: _Restyling  # made by prepare

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A head with an Action on its keys is needed, and a style that is not the voice's."""
        settings = context.scene.ptalker
        if settings.head is None or context.scene not in settings.head.users_scene:
            cls.poll_message_set("Choose a head first, or add one")
            return False
        action = _played(settings.head)
        if action is None or not moves_keys(action):
            cls.poll_message_set("The head plays no Action on its shape keys; bake a take first, or assign one")
            return False
        if settings.style == styles.VOICE:
            cls.poll_message_set("Choose a style of the library or a performance; there is no voice to listen to")
            return False
        problem = manner_problem(context)
        if problem:
            cls.poll_message_set(say(f"{problem[0].upper()}{problem[1:]}"))
            return False
        return True

    def prepare(self, context: bpy.types.Context) -> RestyleJob:
        """Read the Action and the manner."""
        self._order = _restyling(context)
        return self._order.job

    def title(self) -> str:
        """What is restyled."""
        return f"Restyle {self._order.line}"

    def commit(self, context: bpy.types.Context, result: Done) -> str:
        """Write the new take."""
        if not isinstance(result, Result):
            raise TypeError("a restyled take gets a motion")
        order = self._order
        scene, objects = still_there(order.scene, order.objects)
        if result.lost is None:
            raise ValueError("the worker sent no keys of the mapping")
        source: dict[str, Any] = {
            **restyle_provenance(order.job, result.weights_sha256),
            **mapping_provenance(order.mappings, result.lost),
            "blender": bpy.app.version_string,
            "start_frame": float(order.first),
            "line": order.line,
        }
        tracks = [Track(obj, curves) for obj, curves in zip(objects, result.tracks, strict=True)]
        turns, density = result.keys if order.head_motion else (), order.job.keys or REDUCED
        director().give_way(objects[0])
        planned = order.output.plan(objects, _played(objects[0]))  # added to what it is made of it would be doubled
        take = write_tracks(tracks, float(order.first), order.line, source, turns, interpolation(density))
        texts = {obj: table_text(mapping.table) for obj, mapping in zip(objects, order.mappings, strict=True)}
        record_take(take, texts, result.packed, order.first, density, order.job.key_error, order.job.manner.seed)
        load_sliders(objects[0], {})  # what they did to the old take is in the motion that was restyled
        for sentence in told(laying.lay(take.action, planned, scene)):
            self.report({"INFO"}, say(sentence))
        report = mapping_report(order.mappings, result.lost)
        for warning in (*report.warnings, *take.notes, *result.notes):
            self.report({"WARNING"}, say(warning))
        for info in report.infos:
            self.report({"INFO"}, say(info))
        if take.kept:
            self.report({"INFO"}, say(f"Kept in the file: Action {', '.join(take.kept)}"))
        return f"Restyled '{order.source}' as '{take.action.name}'"


def _restyling(context: bpy.types.Context) -> _Restyling:
    scene = context.scene
    settings, chosen, taking = scene.ptalker, preferences.get(context), scene.ptalker_take
    objects = chosen_objects(context)
    mappings = tuple(require_mapping(obj) for obj in objects)
    action = _played(settings.head)
    if action is None:
        raise UserError("the head plays no Action", "an Action on its shape keys", "bake a take first, or assign one")
    first, last = whole_range(action)
    return _Restyling(
        scene=Reference.to(scene),
        objects=tuple(Reference.to(obj) for obj in objects),
        mappings=mappings,
        job=RestyleJob(
            source=read_action(action, scene, first, last, settings.head),
            manner=manner_of(context),
            upper_face=scene.ptalker_style.upper_face,
            weights=bpy.path.abspath(chosen.weights) or None,
            device=chosen.device,
            fps=effective_fps(scene),
            keys=taking.density,
            key_error=taking.key_error,
            tables=tuple(table_text(mapping.table) for mapping in mappings),
        ),
        first=first,
        source=str(action.name),
        line=str((read_provenance(action) or {}).get("line") or action.name),
        head_motion=settings.head_motion,
        output=chosen_output(context),
    )


def _played(head: bpy.types.Object) -> bpy.types.Action | None:
    keys = head.data.shape_keys
    animation = keys.animation_data if keys is not None else None
    action = animation.action if animation is not None else None
    return action or split_take(head)


def _new_style(name: str, *, overwrite: bool) -> Path:
    """Where a style of the artist's own will lie.

    Raises:
        UserError: no name, not one of a style, or one that is taken.
    """
    given = name.strip()
    _require_name(given)
    path = styles.library_folder() / f"{given}{_SUFFIX}"
    taken = given in styles.style_names()
    if taken and not (overwrite and path.is_file() and styles.style_path(given) is not None):
        raise UserError(f"a style '{given}' is there already", "another name", "change the name")
    return path


def _require_name(name: str) -> None:
    from ..ptalker_blender.style.library import is_style_name

    if not is_style_name(name):
        found = f"the style name '{name}'" if name else "no name for the style"
        raise UserError(found, "letters, digits, - and _", "type one")


def make_folder(folder: Path) -> None:
    """Make a folder of the artist's library.

    Raises:
        UserError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"the library folder '{folder}' cannot be made ({error.strerror})", "a folder that can be written in",
            "choose another in the add-on preferences",
        ) from error  # fmt: skip


def _description(context: bpy.types.Context) -> str:
    """That of the chosen style, or the one in the panel."""
    settings = context.scene.ptalker
    known = {item[0]: item[2] for item in styles.style_items() if item[0] in styles.style_names()}
    return str(known.get(settings.style) or context.scene.ptalker_style.description)


CLASSES = (PTALKER_OT_save_style, PTALKER_OT_export_style, PTALKER_OT_import_style, PTALKER_OT_restyle)
