"""The recording: choosing a strip, adding a sound by dialog or drop, mending what is not heard."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy_extras.io_utils import ImportHelper
from bpy_extras.view3d_utils import region_2d_to_origin_3d, region_2d_to_vector_3d

from ..ptalker_blender.errors import UserError
from ..ptalker_blender.scene import fixes, strips
from ..ptalker_blender.scene.compat.sequencer import sequencer_scene
from ..ptalker_blender.scene.key_blocks import shape_keys
from ..ptalker_blender.scene.preflight import ERROR, Finding
from ..ptalker_blender.scene.timing import effective_fps
from ..translations import say
from .display import redraw_sidebars
from .preflight import Fix, worker_problem

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff", ".m4a", ".aac", ".wma", ".caf", ".w64", ".au")


class PTALKER_OT_add_sound(ImportHelper, bpy.types.Operator):
    """Add a recording to the sequencer and choose it as what is said"""

    bl_idname = "ptalker.add_sound"
    bl_label = "Add Sound"
    bl_options = {"REGISTER", "UNDO"}

    filepath: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="File", description="Sound file to perform", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    filter_glob: bpy.props.StringProperty(  # type: ignore[valid-type]
        default=";".join(f"*{suffix}" for suffix in SUFFIXES), options={"HIDDEN"}
    )
    head: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Head", description="Mesh that says it; empty leaves the choice", options={"SKIP_SAVE"}
    )
    at_playhead: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="At Playhead", description="Start at the current frame, not at the scene's first"
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask for a file, unless one was dropped; then the mesh under the mouse says it."""
        if not self.filepath:
            asked: set[str] = super().invoke(context, event)
            return asked
        under = _mesh_under_mouse(context, event)
        if under is not None and _should_speak(context, under):
            self.head = under.name
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Choose the sound and add its strip; a Blender without sound takes the file alone."""
        settings, path = context.scene.ptalker, Path(bpy.path.abspath(self.filepath))
        if not path.is_file():
            self.report({"ERROR"}, say(f"There is no sound file {path}"))
            return {"CANCELLED"}
        head = context.scene.objects.get(self.head) if self.head else None
        if head is None and settings.head is None and _is_mesh(context.active_object):
            head = context.active_object
        if head is not None:
            settings.head = head
        settings.audio_file = str(path)
        redraw_sidebars()  # a drop comes through another region, which is all that Blender would draw again
        scene = sequencer_scene(context)
        frame = scene.frame_current if self.at_playhead else scene.frame_start
        try:
            strip = strips.add_sound_strip(scene, path, frame)
        except UserError as error:
            settings.audio_source = "FILE"
            self.report({"WARNING"}, say(str(error)))
            return {"FINISHED"}
        settings.audio_source, settings.strip = "STRIP", strip.name
        self.report({"INFO"}, say(f"'{strip.name}' is what is said"))
        return {"FINISHED"}


class PTALKER_FH_sound(bpy.types.FileHandler):
    """Sounds dropped onto a head in the 3D view"""

    bl_idname = "PTALKER_FH_sound"
    bl_label = "Speech for PTalker"
    bl_import_operator = "ptalker.add_sound"
    bl_file_extensions = ";".join(SUFFIXES)

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """Only in the 3D view: the sequencer has a drop of its own."""
        return context.area is not None and context.area.type == "VIEW_3D"


class PTALKER_OT_use_active_strip(Fix, bpy.types.Operator):
    """Choose the sequencer's active or selected sound strip as what is said"""

    bl_idname = "ptalker.use_active_strip"
    bl_label = "Use Active Strip"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A sound strip must be active or selected."""
        if strips.active_sound(sequencer_scene(context)) is None:
            cls.poll_message_set("Select a sound strip in the sequencer first")
            return False
        return True

    def fix(self, context: bpy.types.Context) -> str:
        """Choose it."""
        strip, settings = strips.active_sound(sequencer_scene(context)), context.scene.ptalker
        settings.audio_source, settings.strip = "STRIP", strip.name
        return f"'{strip.name}' is what is said"


class _OfStrip(Fix):
    """Mix-in for a change of one sound strip: the one that is named, else the chosen one."""

    strip: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Strip", description="Sound strip to mend; empty takes the chosen one", options={"SKIP_SAVE"}
    )

    if TYPE_CHECKING:
        filepath: str

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a sound strip."""
        if not strips.has_sound(sequencer_scene(context)):
            cls.poll_message_set("Add a sound strip in the sequencer first")
            return False
        return True

    def found(self, context: bpy.types.Context) -> Any:
        """The strip.

        Raises:
            UserError: as ``strips.find_strip``.
        """
        return strips.find_strip(sequencer_scene(context), self.strip or context.scene.ptalker.strip)


class PTALKER_OT_unmute_strip(_OfStrip, bpy.types.Operator):
    """Let the strip be heard: unmute it, what is around it and its channel, and turn its volume up from 0"""

    bl_idname = "ptalker.unmute_strip"
    bl_label = "Unmute Strip"

    def fix(self, context: bpy.types.Context) -> str:
        """Unmute it."""
        return fixes.unmute_strip(self.found(context))


class PTALKER_OT_relink_sound(_OfStrip, ImportHelper, bpy.types.Operator):
    """Choose the file of a strip whose sound is missing"""

    bl_idname = "ptalker.relink_sound"
    bl_label = "Find Sound File"

    filepath: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="File", description="Sound file of the strip", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    filter_glob: bpy.props.StringProperty(  # type: ignore[valid-type]
        default=";".join(f"*{suffix}" for suffix in SUFFIXES), options={"HIDDEN"}
    )

    def fix(self, context: bpy.types.Context) -> str:
        """Give the strip's sound the file."""
        return fixes.relink_sound(self.found(context), Path(bpy.path.abspath(self.filepath)))


class PTALKER_OT_play_in_sync(Fix, bpy.types.Operator):
    """Play with the sound leading, and let it be heard while scrubbing; again to stop"""

    bl_idname = "ptalker.play_in_sync"
    bl_label = "Play in Sync"

    def fix(self, context: bpy.types.Context) -> str:
        """Set the scene, and the sequencer's where that is another; or stop."""
        if context.screen is not None and context.screen.is_animation_playing:
            bpy.ops.screen.animation_cancel(restore_frame=False)
            return "Stopped"
        done = fixes.play_in_sync(context.scene)
        if sequencer_scene(context) != context.scene:
            fixes.play_in_sync(sequencer_scene(context))
        if not bpy.app.background and context.screen is not None:
            bpy.ops.screen.animation_play(sync=True)
        return done


def chosen_strip(context: bpy.types.Context) -> Any:
    """The sound strip a bake would perform; None if there is none, several to choose from, or one of another kind."""
    try:
        strip = strips.find_strip(sequencer_scene(context), context.scene.ptalker.strip)
    except UserError:
        return None  # the pre-flight says why
    return strip if strip.type == "SOUND" else None  # for other kinds too: they have no dialogue, nor a character


def recording(context: bpy.types.Context) -> strips.StripAudio:
    """What a bake would perform, and where it is heard.

    Raises:
        UserError: no strip or several to choose from, one that cannot be read, or two scenes of different rates.
    """
    settings = context.scene.ptalker
    if settings.audio_source == "FILE":
        return strips.read_file(Path(bpy.path.abspath(settings.audio_file)), context.scene.frame_start)
    scene, fps = sequencer_scene(context), effective_fps(context.scene)
    if effective_fps(scene) != fps:
        raise UserError(
            f"scene '{scene.name}' of the sequencer plays at {effective_fps(scene):g} fps, this one at {fps:g}",
            "the same rate in both",
            "match them (Match Frame Rates), or change one of them in Output Properties",
        )
    return strips.read_strip(strips.find_strip(scene, settings.strip))


def dialogue(context: bpy.types.Context) -> str:
    """What is said, as far as the artist has told: the strip's own words, else those of the settings."""
    settings = context.scene.ptalker
    strip = chosen_strip(context) if settings.audio_source == "STRIP" else None
    own = strip.ptalker_text.strip() if strip is not None else ""
    return own or str(settings.text).strip()


def dialogue_findings(context: bpy.types.Context) -> tuple[Finding, ...]:
    """What keeps the dialogue from being used; nothing is said without one."""
    problem = worker_problem(context, ("pocketsphinx",)) if dialogue(context) else ""
    return (Finding(ERROR, f"{problem}, which dialogue needs", "ptalker.open_preferences"),) if problem else ()


def _mesh_under_mouse(context: bpy.types.Context, event: bpy.types.Event) -> bpy.types.Object | None:
    """The first mesh that the mouse is over in a 3D view."""
    region, view = context.region, context.region_data
    if region is None or view is None:
        return None
    at = event.mouse_region_x, event.mouse_region_y
    origin, ray = region_2d_to_origin_3d(region, view, at), region_2d_to_vector_3d(region, view, at)
    hit, _, _, _, obj, _ = context.scene.ray_cast(context.evaluated_depsgraph_get(), origin, ray)
    return obj.original if hit and _is_mesh(obj) else None


def _should_speak(context: bpy.types.Context, obj: bpy.types.Object) -> bool:
    """Whether a mesh that a sound was dropped on becomes the head: not a part of the head, nor a wall behind it."""
    settings = context.scene.ptalker
    if settings.head is None:
        return True
    return shape_keys(obj) is not None and obj not in {part.object for part in settings.parts}


def _is_mesh(obj: bpy.types.Object | None) -> bool:
    return obj is not None and obj.type == "MESH"


CLASSES = (
    PTALKER_OT_add_sound,
    PTALKER_FH_sound,
    PTALKER_OT_use_active_strip,
    PTALKER_OT_unmute_strip,
    PTALKER_OT_relink_sound,
    PTALKER_OT_play_in_sync,
)
