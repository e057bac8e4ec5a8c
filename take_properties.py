"""What is remembered about takes: how the next one is written, and the sliders with which one is directed."""

from __future__ import annotations

import bpy

from .ptalker_blender.motion.density import KEY_ERROR_MM

_DENSITIES = (
    ("reduced", "Fewest", "Leave out the keys that straight lines replace within the error bound"),
    ("all", "Every Frame", "A key on every frame"),
    ("twos", "On Twos", "A pose on every other frame, held until the next"),
)
_OUTPUTS = (
    ("ACTION", "New Action", "A new Action takes the place of the one that plays, which stays in the file"),
    ("TRACKS", "NLA Tracks", "Tracks for jaw, lips, brows, lids, gaze and head, by themselves"),
    ("ADDED", "Added to Mine", "Such tracks, added to what you have animated on the head yourself"),
)
DIRECTIONS = (  # field of motion.direction.Direction, and what a slider's unit is of its
    ("intensity", 1.0), ("amplitude", 1.0), ("balance", 1.0), ("lag", 0.001), ("smoothing", 0.001),
    ("upper_face", 1.0), ("blink_rate", 1.0), ("closures", 1.0),
)  # fmt: skip
PATH = "ptalker_direction"  # of the sliders, on an Object


def _slider_moved(sliders: PTALKER_PG_direction, _context: object) -> None:
    if not sliders.loading:
        from .operators.directing import director  # operators know the properties, not the other way about

        director().moved(sliders.id_data)


def _is_own(_settings: object, action: bpy.types.Action) -> bool:
    return "ptalker" not in action and "ptalker_piece" not in action


class PTALKER_PG_direction(bpy.types.PropertyGroup):
    """Sliders on a head that direct the take that plays on it"""

    intensity: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Intensity",
        description="Size of the whole performance, blinks and gaze left out",
        default=1.0, min=0.0, max=2.0, update=_slider_moved,
    )  # fmt: skip
    amplitude: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Amplitude",
        description="Size of what jaw, lips and tongue do; closed lips stay closed",
        default=1.0, min=0.0, max=2.0, update=_slider_moved,
    )  # fmt: skip
    balance: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Jaw or Lips",
        description="Who does the speaking: -1 the jaw alone, 1 the lips alone",
        min=-1.0, max=1.0, update=_slider_moved,
    )  # fmt: skip
    lag: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Lag (ms)",
        description="Milliseconds by which the mouth comes after the sound; below 0 it leads",
        min=-500.0, max=500.0, soft_min=-120.0, soft_max=120.0, precision=0, step=100, update=_slider_moved,
    )  # fmt: skip
    smoothing: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Smooth (ms)",
        description="Milliseconds over which the motion is averaged, blinks and gaze left out",
        min=0.0, max=500.0, soft_max=200.0, precision=0, step=100, update=_slider_moved,
    )  # fmt: skip
    upper_face: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Upper Face",
        description="Size of what brows, cheeks and nose do",
        default=1.0, min=0.0, max=2.0, update=_slider_moved,
    )  # fmt: skip
    blink_rate: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Blinks",
        description="How often the eyes blink, of how often they did; the others stay where they are",
        default=1.0, min=0.0, max=3.0, update=_slider_moved,
    )  # fmt: skip
    closures: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Closures",
        description="How far the lips are shut where they nearly meet",
        min=0.0, max=1.0, update=_slider_moved,
    )  # fmt: skip
    loading: bpy.props.BoolProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]


_TURNS = (
    ("NECK", "Neck", "The head alone turns where the mesh says how its neck bends, else the whole mesh"),
    ("OBJECT", "Object", "The whole object turns"),
    ("BONE", "Bone", "A bone of the rig turns, about the axes of its armature, before the bone's own keys"),
)


def _get_turn(turn: PTALKER_PG_turn) -> int:
    from .ptalker_blender.scene.turn_choice import turn_choice

    choice = turn_choice(turn.id_data)
    return next(number for number, item in enumerate(_TURNS) if item[0] == choice)


def _set_turn(turn: PTALKER_PG_turn, number: int) -> None:
    from .ptalker_blender.scene.turn_choice import bone_name, choose_turn

    choose_turn(turn.id_data, _TURNS[number][0], bone_name(turn.id_data))


def _get_bone(turn: PTALKER_PG_turn) -> str:
    from .ptalker_blender.scene.turn_choice import bone_name

    return bone_name(turn.id_data)


def _set_bone(turn: PTALKER_PG_turn, name: str) -> None:
    from .ptalker_blender.scene.turn_choice import choose_turn, turn_choice

    choose_turn(turn.id_data, turn_choice(turn.id_data), name)


class PTALKER_PG_turn(bpy.types.PropertyGroup):
    """What a head's motion turns"""

    how: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Turns", description="What the head motion of the next take turns", items=_TURNS,
        get=_get_turn, set=_set_turn,
    )  # fmt: skip
    bone: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Bone", description="Head bone of the rig that moves the mesh", get=_get_bone, set=_set_bone
    )


def _get_listed(settings: PTALKER_PG_take) -> int:
    from .ptalker_blender.scene.takes import shown_take

    playing = shown_take(settings.id_data.ptalker.head)
    beside = playing.name if playing is not None else ""
    stands = settings.chosen_beside == beside and settings.chosen in bpy.data.actions
    return int(bpy.data.actions.find(settings.chosen if stands else beside))


def _set_listed(settings: PTALKER_PG_take, number: int) -> None:
    from .ptalker_blender.scene.takes import shown_take

    playing = shown_take(settings.id_data.ptalker.head)
    settings.chosen_beside = playing.name if playing is not None else ""
    settings.chosen = bpy.data.actions[number].name if 0 <= number < len(bpy.data.actions) else ""


class PTALKER_PG_take(bpy.types.PropertyGroup):
    """How takes are written and compared"""

    density: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Keys", description="How many keys a take gets", items=_DENSITIES
    )
    key_error: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Error (mm)",
        description="Millimetres that the lips of a head of usual size may be off where keys are left out",
        default=KEY_ERROR_MM, min=0.02, max=5.0, soft_max=1.0, precision=2, step=5,
    )  # fmt: skip
    output: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Take As", description="What a new take becomes when it is baked, baked again or restyled", items=_OUTPUTS
    )
    over: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Add To",
        description="Action of your own on the head's keys, to which takes are added; empty for the one that plays",
        type=bpy.types.Action,
        poll=_is_own,
    )
    # A list is of all the file's Actions, whose numbers change with every new one. So the choice is kept by name, and
    # only as long as the same take plays: after a bake, or when another is made active, that one is chosen.
    listed: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Take", description="Take chosen in the list", get=_get_listed, set=_set_listed
    )
    chosen: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Chosen Take", description="Name of the take chosen in the list", options={"HIDDEN"}
    )
    chosen_beside: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Chosen Beside", description="Name of the take that played when it was chosen", options={"HIDDEN"}
    )
    others: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Takes of Other Heads", description="List takes too that were made for another head in the file"
    )
    range_first: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="First", description="First frame that is performed again"
    )
    range_last: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Last", description="Last frame that is performed again"
    )
    blend: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Blend (s)",
        description="Seconds over which a new stretch and the old keys pass into each other, inside the range",
        default=0.2, min=0.0, max=2.0, precision=2, step=5,
    )  # fmt: skip


def attach() -> None:
    """Give every scene its settings, and every object its sliders and the take it is compared with."""
    bpy.types.Scene.ptalker_take = bpy.props.PointerProperty(type=PTALKER_PG_take)
    bpy.types.Object.ptalker_turn_how = bpy.props.PointerProperty(type=PTALKER_PG_turn)
    bpy.types.Object.ptalker_direction = bpy.props.PointerProperty(type=PTALKER_PG_direction)
    # Not its name: whoever renames or deletes the take, and wherever, it is still that one, or none.
    bpy.types.Object.ptalker_other_take = bpy.props.PointerProperty(
        name="Compare With", description="Take that Compare swaps with", type=bpy.types.Action, options={"HIDDEN"}
    )


def detach() -> None:
    """Take them away again."""
    del bpy.types.Object.ptalker_other_take
    del bpy.types.Object.ptalker_direction
    del bpy.types.Object.ptalker_turn_how
    del bpy.types.Scene.ptalker_take


CLASSES = (PTALKER_PG_direction, PTALKER_PG_turn, PTALKER_PG_take)
