"""FLAME: add a head from the user's own model file, import and export its parameters, move its joints."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import bpy
from mathutils import Vector

from .. import preferences
from ..ptalker_blender.errors import UserError
from ..translations import say

Outcome = set[str]
_NAME_MODEL = "choose it as FLAME File in the file dialog's sidebar or in the add-on preferences"
_LAYOUTS = (
    ("vhap", "Everything", "Expression, all joints and identity, in the layout of VHAP and GaussianAvatars"),
    ("diffposetalk", "exp, pose, shape", "The layout of DECA, EMOCA, SPECTRE and DiffPoseTalk: no neck, no eyes"),
    ("artalk", "Motion of 106", "The layout of ARTalk: no neck, no eyes"),
)


def _told(execute: Callable[[Any, bpy.types.Context], Outcome]) -> Callable[[Any, bpy.types.Context], Outcome]:
    """Report what the artist can mend, and cancel."""

    @wraps(execute)
    def run(self: Any, context: bpy.types.Context) -> Outcome:
        try:
            return execute(self, context)
        except UserError as error:
            self.report({"ERROR"}, say(str(error)))
            return {"CANCELLED"}

    return run


class _ForFlameHead:
    """Wants a FLAME head as the active object."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs the mesh or the armature of a FLAME head."""
        from ..ptalker_blender.scene.flame_head import find_flame_head

        try:
            find_flame_head(context.object)
        except UserError as error:
            cls.poll_message_set(say(f"{error.found}: {error.advice}"))  # type: ignore[attr-defined]
            return False
        return True


class _WithFile:
    """Asks for a file."""

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> Outcome:
        """Open the file browser."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}


class PTALKER_OT_add_flame_head(_WithFile, bpy.types.Operator):
    """Add a head from your own FLAME file (.pkl or .npz), with joints, at the 3D cursor"""

    bl_idname = "ptalker.add_flame_head"
    bl_label = "Add FLAME Head"
    bl_options = {"REGISTER", "UNDO"}

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})  # type: ignore[valid-type]
    filter_glob: bpy.props.StringProperty(default="*.pkl;*.npz", options={"HIDDEN"})  # type: ignore[valid-type]
    identity: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Identity", description="Number of identity components as shape keys", default=10, min=0, max=300
    )
    expression: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Expression", description="Number of expression components as shape keys", default=50, min=0, max=100
    )
    correctives: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Pose Correctives",
        description="36 driven shape keys that mend the skin where joints bend it. Off is faster and a little coarser",
        default=True,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Objects can be added in object mode only."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Go to Object Mode first")
            return False
        return True

    @_told
    def execute(self, context: bpy.types.Context) -> Outcome:
        """Read the file, build the head and select it."""
        from ..ptalker_blender.rig.flame_file import read_flame
        from ..ptalker_blender.scene.flame_head import EXPRESSION, add_flame_head, components

        model = read_flame(bpy.path.abspath(self.filepath))
        name = f"FLAME {Path(self.filepath).stem}"
        head = add_flame_head(model, name, context.collection, self.identity, self.expression, self.correctives)
        head.armature.location += Vector(context.scene.cursor.location)
        for other in context.selected_objects:
            other.select_set(False)
        head.armature.select_set(True)
        context.view_layer.objects.active = head.armature
        found = len(components(head.mesh, EXPRESSION))
        if found < self.expression:
            self.report({"WARNING"}, say(f"The file has {found} expression components, not {self.expression}"))
        return {"FINISHED"}


class PTALKER_OT_update_flame_joints(_ForFlameHead, bpy.types.Operator):
    """Move the joints to where FLAME has them in the identity the sliders show now. Do this after changing shape_... keys or sculpting the Basis"""  # noqa: E501  (Blender shows it as one line)

    bl_idname = "ptalker.update_flame_joints"
    bl_label = "Update FLAME Joints"
    bl_options = {"REGISTER", "UNDO"}

    @_told
    def execute(self, context: bpy.types.Context) -> Outcome:
        """Move the bones."""
        from ..ptalker_blender.scene.flame_head import find_flame_head, update_joints

        way = update_joints(find_flame_head(context.object))
        self.report({"INFO"}, say(f"Joints moved by up to {1000 * way:.1f} mm"))
        return {"FINISHED"}


class PTALKER_OT_import_flame_track(_WithFile, _ForFlameHead, bpy.types.Operator):
    """Play FLAME parameters (npz of a tracker, DiffPoseTalk or ARTalk) on the FLAME head, as new Actions"""

    bl_idname = "ptalker.import_flame_track"
    bl_label = "Import FLAME Track"
    bl_options = {"REGISTER", "UNDO"}

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})  # type: ignore[valid-type]
    filter_glob: bpy.props.StringProperty(default="*.npz;*.npy;*.pkl", options={"HIDDEN"})  # type: ignore[valid-type]
    fps: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Frame Rate", description="Rate of the track. 0: the file's, or 25", min=0.0, max=1000.0
    )
    identity: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Set Identity", description="Give the head the track's identity too, and move its joints", default=True
    )

    @_told
    def execute(self, context: bpy.types.Context) -> Outcome:
        """Read the track and write the Actions from the scene's first frame on."""
        from ..ptalker_blender.rig.flame_tracks import read_flame_track
        from ..ptalker_blender.scene.flame_actions import write_flame_take
        from ..ptalker_blender.scene.flame_head import find_flame_head
        from ..ptalker_blender.scene.timing import effective_fps

        track = read_flame_track(bpy.path.abspath(self.filepath), self.fps or None)
        scene, source = context.scene, {"flame_track": Path(self.filepath).name, "fps": track.fps}
        take = write_flame_take(
            find_flame_head(context.object), track, scene.frame_start, effective_fps(scene), track.name, source,
            self.identity,
        )  # fmt: skip
        for note in take.notes:
            self.report({"WARNING"}, say(f"{track.name}: {note}"))
        if take.kept:
            self.report({"INFO"}, say(f"Kept in the file: Action {', '.join(take.kept)}"))
        self.report({"INFO"}, say(f"Imported {track.seconds:.2f} s of '{track.name}'"))
        return {"FINISHED"}


class PTALKER_OT_export_flame_track(_WithFile, _ForFlameHead, bpy.types.Operator):
    """Write the FLAME head's animation in the scene's range as FLAME parameters (npz)"""

    bl_idname = "ptalker.export_flame_track"
    bl_label = "Export FLAME Track"

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", default="take.npz")  # type: ignore[valid-type]
    filter_glob: bpy.props.StringProperty(default="*.npz", options={"HIDDEN"})  # type: ignore[valid-type]
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]
    layout: bpy.props.EnumProperty(name="Layout", items=_LAYOUTS)  # type: ignore[valid-type]

    @_told
    def execute(self, context: bpy.types.Context) -> Outcome:
        """Sample the Actions and write the file."""
        from ..ptalker_blender.rig.flame_export import write_flame_track
        from ..ptalker_blender.scene.flame_actions import read_flame_take
        from ..ptalker_blender.scene.flame_head import find_flame_head
        from ..ptalker_blender.scene.timing import effective_fps

        path, scene = _output(self.filepath, (".npz",)), context.scene
        head = find_flame_head(context.object)
        track = read_flame_take(head, scene.frame_start, scene.frame_end, effective_fps(scene))
        write_flame_track(track, path, self.layout)
        self.report({"INFO"}, say(f"Wrote {track.frames} frames to {path.name} ({_range(scene)})"))
        return {"FINISHED"}


class PTALKER_OT_export_flame_vertices(_WithFile, bpy.types.Operator):
    """Write the vertices of any FLAME mesh in the scene's range, [frames, 5023, 3] in FLAME's axes (npy or npz)"""

    bl_idname = "ptalker.export_flame_vertices"
    bl_label = "Export FLAME Vertices"

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", default="take.npy")  # type: ignore[valid-type]
    filter_glob: bpy.props.StringProperty(default="*.npy;*.npz", options={"HIDDEN"})  # type: ignore[valid-type]
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a mesh, or the armature of a FLAME head."""
        if context.object is None or context.object.type not in ("MESH", "ARMATURE"):
            cls.poll_message_set("Select a mesh with FLAME's connectivity")
            return False
        return True

    @_told
    def execute(self, context: bpy.types.Context) -> Outcome:
        """Play the scene's range and write the file."""
        from ..ptalker_blender.rig.flame_export import VERTEX_SUFFIXES, save_vertices
        from ..ptalker_blender.scene.flame_head import find_flame_head
        from ..ptalker_blender.scene.flame_vertices import animated_vertices, flame_faces
        from ..ptalker_blender.scene.timing import effective_fps

        path, scene, window = _output(self.filepath, VERTEX_SUFFIXES), context.scene, context.window_manager
        obj = context.object if context.object.type == "MESH" else find_flame_head(context.object).mesh
        first, last = scene.frame_start, scene.frame_end
        window.progress_begin(0, 1)
        try:
            frames = animated_vertices(obj, scene, first, last, window.progress_update)
            save_vertices(frames, last - first + 1, path, effective_fps(scene), flame_faces(obj))
        finally:
            window.progress_end()
        self.report({"INFO"}, say(f"Wrote {last - first + 1} frames to {path.name} ({_range(scene)})"))
        return {"FINISHED"}


class PTALKER_OT_solve_flame_track(_WithFile, bpy.types.Operator):
    """Solve the animation of any FLAME mesh (keys of whatever names, a cache) into FLAME parameters (npz), with your own FLAME file"""  # noqa: E501  (Blender shows it as one line)

    bl_idname = "ptalker.solve_flame_track"
    bl_label = "Solve FLAME Track"

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", default="take.npz")  # type: ignore[valid-type]
    filter_glob: bpy.props.StringProperty(default="*.npz", options={"HIDDEN"})  # type: ignore[valid-type]
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]
    model: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="FLAME File",
        description="Your FLAME model (.pkl or .npz). Empty uses that of the preferences, else of PTALKER_FLAME",
        subtype="FILE_PATH",
    )
    layout: bpy.props.EnumProperty(name="Layout", items=_LAYOUTS)  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a mesh."""
        if context.object is None or context.object.type != "MESH":
            cls.poll_message_set("Select a mesh with FLAME's connectivity")
            return False
        return True

    @_told
    def execute(self, context: bpy.types.Context) -> Outcome:
        """Play the scene's range, solve and write the file."""
        named = bpy.path.abspath(self.model or preferences.get(context).flame)
        from ..ptalker_blender.rig.flame_export import write_flame_track
        from ..ptalker_blender.rig.flame_file import read_flame
        from ..ptalker_blender.rig.flame_sequence import flame_from_vertices
        from ..ptalker_blender.rig.flame_source import flame_path
        from ..ptalker_blender.scene.flame_vertices import moving_vertices
        from ..ptalker_blender.scene.timing import effective_fps

        path, scene, obj = _output(self.filepath, (".npz",)), context.scene, context.object
        model = read_flame(flame_path(named, f"'{path.name}'", advice=_NAME_MODEL))
        sequence, rest = moving_vertices(obj, scene, scene.frame_start, scene.frame_end)
        fit = flame_from_vertices(sequence, rest, model, effective_fps(scene))
        write_flame_track(fit.track, path, self.layout)
        if not fit.track.expression.shape[1]:
            text = "This FLAME file has no expression components: only jaw, neck and eyes were solved"
            self.report({"WARNING"}, say(text))
        missed = fit.residual
        self.report(
            {"INFO"},
            say(
                f"Wrote {fit.track.frames} frames to {path.name} ({_range(scene)}). "
                f"Left over: {missed.rms_mm:.2f} mm RMS ({missed.energy_percent:.0f} % of the motion's energy)"
            ),
        )
        return {"FINISHED"}


def _range(scene: bpy.types.Scene) -> str:
    return f"scene range {scene.frame_start} to {scene.frame_end}"


def _output(text: str, suffixes: tuple[str, ...]) -> Path:
    """The file to write.

    Raises:
        UserError: another suffix, or no such folder.
    """
    path = Path(bpy.path.abspath(text))
    if path.suffix.lower() not in suffixes:
        raise UserError(f"output '{path.name}'", f"a name ending in {' or '.join(suffixes)}", "change the name")
    if not path.parent.is_dir():
        raise UserError(f"no folder '{path.parent}'", "an existing folder", "create it first")
    return path


CLASSES = (
    PTALKER_OT_add_flame_head,
    PTALKER_OT_update_flame_joints,
    PTALKER_OT_import_flame_track,
    PTALKER_OT_export_flame_track,
    PTALKER_OT_export_flame_vertices,
    PTALKER_OT_solve_flame_track,
)
