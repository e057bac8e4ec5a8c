"""PTalker for Blender: registers properties, preferences, operators and panels; nothing else.

No heavy module is imported here: the network lives in a worker process (see ptalker_blender/engine).
"""

import bpy

from . import (
    audio_properties,
    face_properties,
    keymaps,
    lines_properties,
    operators,
    panels,
    preferences,
    properties,
    style_properties,
    take_properties,
    translations,
)

_CLASSES = (
    *properties.CLASSES,
    *face_properties.CLASSES,
    *take_properties.CLASSES,
    *style_properties.CLASSES,
    *lines_properties.CLASSES,
    *preferences.CLASSES,
    *operators.CLASSES,
    *panels.CLASSES,
)


def register() -> None:
    """Register every class and the settings that scenes carry."""
    translations.register()
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    properties.attach()
    face_properties.attach()
    audio_properties.attach()
    take_properties.attach()
    style_properties.attach()
    lines_properties.attach()
    operators.start_up()
    panels.attach()
    keymaps.attach()


def unregister() -> None:
    """Undo ``register`` in reverse, and end the worker process."""
    keymaps.detach()
    panels.detach()
    operators.shut_down()
    lines_properties.detach()
    style_properties.detach()
    take_properties.detach()
    audio_properties.detach()
    face_properties.detach()
    properties.detach()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
    translations.unregister()
