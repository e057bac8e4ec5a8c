"""What a scene remembers about its next bake."""

import bpy

from . import style_properties


def _mix_items(_settings: object, _context: object) -> tuple[style_properties.Item, ...]:
    return style_properties.mix_items()


def _style_items(_settings: object, _context: object) -> tuple[style_properties.Item, ...]:
    return style_properties.style_items()


def _is_mesh(_settings: object, obj: bpy.types.Object) -> bool:
    return obj.type == "MESH" and obj.data.shape_keys is not None


def _can_be_head(_settings: object, obj: bpy.types.Object) -> bool:
    return bool(obj.type == "MESH")  # one without shape keys may be given some


def _head_chosen(settings: "PTALKER_PG_settings", context: bpy.types.Context) -> None:
    find_parts(settings, context.scene)


def find_parts(settings: "PTALKER_PG_settings", scene: bpy.types.Scene) -> None:
    """List the other meshes of the head's character; what the artist had switched off stays off."""
    from .ptalker_blender.scene.characters import companions

    off = {part.object for part in settings.parts if not part.use}
    settings.parts.clear()
    for obj in companions(settings.head, scene.objects) if settings.head is not None else ():
        part = settings.parts.add()
        part.object, part.use = obj, obj not in off


def _row_changed(row: "PTALKER_PG_mapping_row", _context: object) -> None:
    if not row.id_data.ptalker_mapping_rows.filling:
        store_rows(row.id_data)


def _sources(_row: object, _context: object, typed: str) -> list[str]:
    from .ptalker_blender.scene.mapping_rows import SOURCES

    return [name for name in SOURCES if typed.lower() in name.lower()]


def fill_rows(obj: bpy.types.Object) -> None:
    """List the rows of an object's own table.

    Raises:
        UserError: the table cannot be read.
    """
    from .ptalker_blender.scene.mapping import saved_table
    from .ptalker_blender.scene.mapping_rows import rows_of

    table, editor = saved_table(obj), obj.ptalker_mapping_rows
    editor.filling = True
    editor.rows.clear()
    for row in rows_of(table) if table is not None else ():
        item = editor.rows.add()
        item.source, item.key, item.factor, item.rest = row.source, row.key, row.factor, row.rest
    editor.active = max(0, min(editor.active, len(editor.rows) - 1))
    editor.filling = False


def store_rows(obj: bpy.types.Object) -> None:
    """Write an object's table from its rows; rows that are not complete wait."""
    from .ptalker_blender.scene.mapping import saved_table, store_table
    from .ptalker_blender.scene.mapping_rows import TableRow, table_of

    rows = [TableRow(row.source, row.key, row.factor, row.rest) for row in obj.ptalker_mapping_rows.rows]
    store_table(obj, table_of(rows, saved_table(obj)))


class PTALKER_PG_mapping_row(bpy.types.PropertyGroup):
    """One row of a mapping: a control moves a shape key"""

    source: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Control",
        description="Control or mouth shape that moves the key; several controls joined by * are multiplied",
        search=_sources,
        update=_row_changed,
    )
    key: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Shape Key", description="Shape key that is moved", update=_row_changed
    )
    factor: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Factor", description="Value of the key when the control is at 1", default=1.0, update=_row_changed
    )
    rest: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Rest", description="Value of the key when the control is at 0", update=_row_changed
    )

    def problem(self) -> str:
        """Say why the row moves nothing yet; empty if it does."""
        from .ptalker_blender.scene.mapping_rows import TableRow, problem

        return problem(TableRow(self.source, self.key, self.factor, self.rest), self.id_data)


class PTALKER_PG_mapping_rows(bpy.types.PropertyGroup):
    """The rows of an object's own mapping"""

    rows: bpy.props.CollectionProperty(type=PTALKER_PG_mapping_row)  # type: ignore[valid-type]
    active: bpy.props.IntProperty(name="Active Row", description="Row chosen in the list")  # type: ignore[valid-type]
    filling: bpy.props.BoolProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]


class PTALKER_PG_part(bpy.types.PropertyGroup):
    """Another mesh of the character"""

    object: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Mesh", description="Mesh that is animated in the same take", type=bpy.types.Object, poll=_is_mesh
    )
    use: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Animate", description="Animate this mesh too", default=True
    )


class PTALKER_PG_settings(bpy.types.PropertyGroup):
    """Settings of the next bake"""

    head: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Head",
        description="Mesh whose shape keys are animated",
        type=bpy.types.Object,
        poll=_can_be_head,
        update=_head_chosen,
    )
    parts: bpy.props.CollectionProperty(  # type: ignore[valid-type]
        name="Also Animate",
        description="Other meshes of the character, animated in the same take",
        type=PTALKER_PG_part,
    )
    active_part: bpy.props.IntProperty(name="Active Mesh", description="Mesh chosen in the list")  # type: ignore[valid-type]
    audio_source: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Audio",
        description="Where the recording comes from",
        items=(
            ("STRIP", "Strip", "A sound strip of the sequencer, with its trims"),
            ("FILE", "File", "A sound file, which starts at the scene's first frame"),
        ),
    )
    strip: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Strip",
        description="Sound strip to perform. Empty takes the only one there is, else the active or selected one",
    )
    audio_file: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="File", description="Sound file to perform", subtype="FILE_PATH"
    )
    add_strip: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Add Sound Strip", description="Put the file in the sequencer, in sync with the take", default=True
    )
    style: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Style", description="Manner in which the line is performed", items=_style_items
    )
    strength: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Strength", description="How much of the style is applied", default=1.0, min=0.0, max=2.0, soft_max=1.5
    )
    mix: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Mix With", description="Second style, of which the manner takes a share", items=_mix_items
    )
    mix_share: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Share", description="How much of the manner is the second style's", default=0.5, min=0.0, max=1.0
    )
    text: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Dialogue",
        description="What is said, English. Lips then close on every p, b and m; words that are not said are ignored",
    )
    mark: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Mark Its Words", description="After a bake with a dialogue, set a marker where each word is said",
        default=True,
    )  # fmt: skip
    seed: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Seed", description="Another number gives other blinks and head moves", min=0
    )
    head_motion: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Head Motion", description="Let the head nod and turn, through an Empty it follows", default=True
    )


def attach() -> None:
    """Give every scene its settings, and every object the rows of its mapping."""
    bpy.types.Scene.ptalker = bpy.props.PointerProperty(type=PTALKER_PG_settings)
    bpy.types.Object.ptalker_mapping_rows = bpy.props.PointerProperty(type=PTALKER_PG_mapping_rows)


def detach() -> None:
    """Take the settings away again."""
    del bpy.types.Object.ptalker_mapping_rows
    del bpy.types.Scene.ptalker


CLASSES = (PTALKER_PG_mapping_row, PTALKER_PG_mapping_rows, PTALKER_PG_part, PTALKER_PG_settings)
