"""What a sound strip remembers: the words that are said in it."""

import bpy

from .ptalker_blender.scene.compat.sequencer import sound_strip_type


def attach() -> None:
    """Give every sound strip its dialogue, which is saved and copied with it."""
    sound_strip_type().ptalker_text = bpy.props.StringProperty(
        name="Dialogue",
        description="What is said in this strip, English. Empty uses the dialogue of the scene's settings",
    )


def detach() -> None:
    """Take it away again; saved files keep the words."""
    del sound_strip_type().ptalker_text


CLASSES = ()
