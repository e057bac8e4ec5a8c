"""Mark Words: the dialogue, found in its sound, becomes timeline markers."""

from dataclasses import dataclass

import bpy

from ..ptalker_blender.engine.client import Done, WordsFound, WordsJob
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.scene import word_markers
from ..translations import say
from .audio import dialogue, recording
from .jobs import WorkerOperator
from .references import Reference


@dataclass(frozen=True)
class Order:
    """What was asked for, without a reference to anything in the file."""

    scene: Reference
    line: str
    start_frame: float


class PTALKER_OT_mark_words(WorkerOperator, bpy.types.Operator):
    """Set a timeline marker where each word of the dialogue begins"""

    bl_idname = "ptalker.mark_words"
    bl_label = "Mark Words"
    bl_options = {"UNDO"}  # without REGISTER: Adjust Last Operation would listen with Blender standing still

    phones: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Phones", description="Set a marker for each phone too"
    )

    _order: Order  # made by prepare

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Wants a dialogue."""
        if not dialogue(context):
            cls.poll_message_set("Write the dialogue first")
            return False
        return super().poll(context)

    def prepare(self, context: bpy.types.Context) -> WordsJob:
        """Read the settings of the scene."""
        audio = recording(context)
        self._order = Order(Reference.to(context.scene), audio.name, audio.visible_start_frame)
        return WordsJob(
            str(audio.path), dialogue(context), audio.start_s or None, audio.end_s, audio.speed, audio.keep_pitch
        )

    def title(self) -> str:
        """Whose words."""
        return f"Words of {self._order.line}"

    def commit(self, context: bpy.types.Context, result: Done) -> str:
        """Set the markers."""
        if not isinstance(result, WordsFound):
            raise TypeError("words were asked for")
        if not result.words:
            raise UserError(
                result.notes[0] if result.notes else "no words were found",
                "what is said, in English",
                "correct the dialogue",
            )
        for note in result.notes:
            self.report({"WARNING"}, say(note))
        order, phones = self._order, result.phones if self.phones else ()
        scene = order.scene.find(bpy.data.scenes)
        count = word_markers.mark_words(scene, order.line, order.start_frame, result.words, phones)
        return f"Set {count} markers"


class PTALKER_OT_clear_words(bpy.types.Operator):
    """Remove the markers of words and phones, except those that were moved or renamed"""

    bl_idname = "ptalker.clear_words"
    bl_label = "Clear Word Markers"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Some must have been set."""
        if not word_markers.has_words(context.scene):
            cls.poll_message_set("No words are marked")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove them."""
        self.report({"INFO"}, say(f"Removed {word_markers.clear_words(context.scene)} markers"))
        return {"FINISHED"}


CLASSES = (PTALKER_OT_mark_words, PTALKER_OT_clear_words)
