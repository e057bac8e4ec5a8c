"""Preferences of the add-on: where and on what the network runs."""

import bpy


class PTALKER_AP_preferences(bpy.types.AddonPreferences):
    """Where and on what the network runs"""

    bl_idname = __package__

    python: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Python",
        description=(
            "Python 3.11 or newer with torch, in which the network runs; Find Python looks for one. "
            "Empty uses the PTALKER_PYTHON environment variable, else Blender's own Python"
        ),
        subtype="FILE_PATH",
    )
    device: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Device",
        description="What the network computes on",
        items=(
            ("auto", "Automatic", "A graphics card if there is one that works, else the processor"),
            ("cpu", "Processor", "Always the processor"),
            ("cuda", "CUDA", "An NVIDIA graphics card"),
            ("mps", "Metal", "An Apple graphics processor"),
        ),
    )
    weights: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Weights",
        description="Network to use instead of the one that comes with the add-on (.safetensors)",
        subtype="FILE_PATH",
    )

    flame: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="FLAME Model",
        description=(
            "Your FLAME file (.pkl or .npz), for performances in FLAME parameters or vertices. "
            "Empty uses the PTALKER_FLAME environment variable"
        ),
        subtype="FILE_PATH",
    )

    library: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Style Library",
        description="Folder for styles of your own. Empty uses one in Blender's user folder of extensions",
        subtype="DIR_PATH",
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Show the settings and where they lead."""
        from .panels.runtime import draw_preferences  # here: what it draws reads the preferences

        draw_preferences(self.layout, context, self)


def get(context: bpy.types.Context) -> PTALKER_AP_preferences:
    """Return the add-on's preferences."""
    found: PTALKER_AP_preferences = context.preferences.addons[__package__].preferences
    return found


CLASSES = (PTALKER_AP_preferences,)
