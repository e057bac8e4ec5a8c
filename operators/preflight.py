"""The pre-flight seen from the panels, and the buttons that mend what it finds."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from .. import preferences
from ..ptalker_blender.engine.client import find_python
from ..ptalker_blender.engine.runtime import NEEDED, runtime_problem
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.scene import fixes, preflight
from ..ptalker_blender.scene.compat.sequencer import sequencer_scene
from ..ptalker_blender.scene.laying import ACTION, ADDED
from ..ptalker_blender.scene.preflight import Finding, Inputs
from ..ptalker_blender.weights_path import weights_file
from ..translations import say
from .worker import extension_packages


def inputs(context: bpy.types.Context) -> Inputs:
    """What a bake in this context would be made of."""
    settings = context.scene.ptalker
    return Inputs(
        scene=context.scene,
        head=settings.head,
        sequencer=sequencer_scene(context),
        source=settings.audio_source,
        strip=settings.strip,
        audio_file=bpy.path.abspath(settings.audio_file),
        parts=tuple(
            part.object
            for part in settings.parts
            if part.use and part.object is not None and context.scene in part.object.users_scene
        ),
        active=context.active_object,
        added=context.scene.ptalker_take.output == ADDED,
        tracks=context.scene.ptalker_take.output != ACTION,
    )


def head_findings(context: bpy.types.Context) -> tuple[Finding, ...]:
    """What is wrong with the head."""
    return preflight.head_findings(inputs(context))


def audio_findings(context: bpy.types.Context) -> tuple[Finding, ...]:
    """What is wrong with the recording."""
    return preflight.audio_findings(inputs(context))


def runtime_findings(context: bpy.types.Context) -> tuple[Finding, ...]:
    """What is wrong with where the network runs."""
    given = bpy.path.abspath(preferences.get(context).weights)
    weights: Path | None
    try:
        weights = weights_file(Path(given) if given else None)
    except UserError:
        weights = None
    return preflight.runtime_findings(worker_problem(context), weights)


def worker_problem(context: bpy.types.Context, needed: Sequence[str] = NEEDED) -> str:
    """What keeps the worker's Python from running, or which of its modules it lacks; empty if nothing is known to."""
    python = find_python(bpy.path.abspath(preferences.get(context).python))
    return runtime_problem(python, (extension_packages(),), needed)


class Fix:
    """Mix-in for an operator that takes one thing out of the way."""

    bl_options = {"REGISTER", "UNDO"}

    if TYPE_CHECKING:
        # Of Blender's Operator, into which this is mixed.
        def report(self, kind: set[str], message: str) -> None:
            """Tell the artist."""

        @classmethod
        def poll_message_set(cls, message: str) -> None:
            """Say why the operator cannot run now."""

    def fix(self, context: bpy.types.Context) -> str:
        """Do it, and say in one line what was done.

        Raises:
            UserError: it cannot be; nothing was changed.
        """
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Do it."""
        try:
            done = self.fix(context)
        except UserError as error:
            self.report({"ERROR"}, say(str(error)))
            return {"CANCELLED"}
        self.report({"INFO"}, say(done))
        return {"FINISHED"}


class _FixMesh(Fix):
    """Mix-in for a fix of one mesh: the one that is named, else the chosen head."""

    name: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Mesh", description="Mesh to mend; empty takes the chosen head", options={"SKIP_SAVE"}
    )
    change: Callable[[bpy.types.Object], str]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Some head must be chosen."""
        if context.scene.ptalker.head is None:
            cls.poll_message_set("Choose a head first")
            return False
        return True

    def fix(self, context: bpy.types.Context) -> str:
        """Mend the mesh."""
        obj = context.scene.objects.get(self.name) if self.name else context.scene.ptalker.head
        if obj is None:
            raise UserError(f"no object '{self.name}' in this scene", "one that is there", "choose a head")
        return type(self).change(obj)


class PTALKER_OT_unmute_keys(_FixMesh, bpy.types.Operator):
    """Turn on the muted shape keys that speech moves"""

    bl_idname = "ptalker.unmute_keys"
    bl_label = "Unmute Face Keys"
    change = staticmethod(fixes.unmute_keys)


class PTALKER_OT_show_all_keys(_FixMesh, bpy.types.Operator):
    """Turn off the pin that shows a single shape key"""

    bl_idname = "ptalker.show_all_keys"
    bl_label = "Show All Keys"
    change = staticmethod(fixes.show_all_keys)


class PTALKER_OT_relative_keys(_FixMesh, bpy.types.Operator):
    """Let each shape key add its own shape, as speech needs it"""

    bl_idname = "ptalker.relative_keys"
    bl_label = "Make Keys Relative"
    change = staticmethod(fixes.make_keys_relative)


class PTALKER_OT_leave_tweak_mode(_FixMesh, bpy.types.Operator):
    """Leave the NLA's tweak mode on the shape keys of the head"""

    bl_idname = "ptalker.leave_tweak_mode"
    bl_label = "Leave Tweak Mode"
    change = staticmethod(fixes.leave_tweak_mode)


class PTALKER_OT_play_all_tracks(_FixMesh, bpy.types.Operator):
    """Switch the NLA on for the shape keys of the head and what turns it, and let no track play alone"""

    bl_idname = "ptalker.play_all_tracks"
    bl_label = "Play All Tracks"
    change = staticmethod(fixes.play_all_tracks)


class PTALKER_OT_push_down_action(_FixMesh, bpy.types.Operator):
    """Move the Action on the shape keys to an NLA track, where it goes on playing under a take"""

    bl_idname = "ptalker.push_down_action"
    bl_label = "Push Down to NLA"
    change = staticmethod(fixes.push_down_action)


class PTALKER_OT_assign_slot(_FixMesh, bpy.types.Operator):
    """Let the shape keys play their own slot of the Action that is assigned"""

    bl_idname = "ptalker.assign_slot"
    bl_label = "Assign Own Slot"
    change = staticmethod(fixes.assign_slot)


class PTALKER_OT_choose_head(Fix, bpy.types.Operator):
    """Make a mesh the head that speaks"""

    bl_idname = "ptalker.choose_head"
    bl_label = "Use Active Mesh"

    name: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Mesh", description="Mesh that speaks; empty takes the active object", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A mesh must be active."""
        if context.active_object is None or context.active_object.type != "MESH":
            cls.poll_message_set("Select a mesh first")
            return False
        return True

    def fix(self, context: bpy.types.Context) -> str:
        """Choose the mesh."""
        obj = context.scene.objects.get(self.name) if self.name else context.active_object
        if obj is None or obj.type != "MESH":
            raise UserError(f"no mesh '{self.name}' in this scene", "one that is there", "select it")
        context.scene.ptalker.head = obj
        return f"'{obj.name}' speaks"


class PTALKER_OT_match_rate(Fix, bpy.types.Operator):
    """Let this scene play as fast as the scene of the sequencer"""

    bl_idname = "ptalker.match_rate"
    bl_label = "Match Frame Rates"

    def fix(self, context: bpy.types.Context) -> str:
        """Take the sequencer's rate, on which its strips lie."""
        return fixes.match_rate(context.scene, sequencer_scene(context))


class PTALKER_OT_open_preferences(bpy.types.Operator):
    """Show the preferences of this add-on: which Python, which device, which network"""

    bl_idname = "ptalker.open_preferences"
    bl_label = "Open Preferences"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Show them, unfolded."""
        if bpy.app.background:
            self.report({"ERROR"}, "There is no window to show preferences in")
            return {"CANCELLED"}
        opened: set[str] = bpy.ops.preferences.addon_show(module=preferences.PTALKER_AP_preferences.bl_idname)
        return opened


CLASSES = (
    PTALKER_OT_unmute_keys,
    PTALKER_OT_show_all_keys,
    PTALKER_OT_relative_keys,
    PTALKER_OT_leave_tweak_mode,
    PTALKER_OT_play_all_tracks,
    PTALKER_OT_push_down_action,
    PTALKER_OT_assign_slot,
    PTALKER_OT_choose_head,
    PTALKER_OT_match_rate,
    PTALKER_OT_open_preferences,
)
