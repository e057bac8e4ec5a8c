"""The artist's own mapping of controls onto a head's shape keys: guess, edit, save, load, clear."""

from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy_extras.io_utils import ExportHelper, ImportHelper

from .. import properties
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.rig.mapping import load_table, save_table
from ..ptalker_blender.scene import mapping
from ..translations import say


class _OnHead:
    """Mix-in for an operator on the mapping of the chosen head."""

    bl_options = {"REGISTER", "UNDO"}

    if TYPE_CHECKING:
        # Of Blender's Operator, into which this is mixed.
        def report(self, kind: set[str], message: str) -> None:
            """Tell the artist."""

        @classmethod
        def poll_message_set(cls, message: str) -> None:
            """Say why the operator cannot run now."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A head with shape keys must be chosen."""
        head = context.scene.ptalker.head
        if head is None or head.type != "MESH" or head.data.shape_keys is None:
            cls.poll_message_set("Choose a head with shape keys first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Do it, and say what came of it."""
        try:
            done = self.change(context.scene.ptalker.head)
        except UserError as error:
            self.report({"ERROR"}, say(str(error)))
            return {"CANCELLED"}
        self.report({"INFO"}, say(done))
        return {"FINISHED"}

    def change(self, head: bpy.types.Object) -> str:
        """Change the mapping of the head; one line on what was done.

        Raises:
            UserError: it cannot be; nothing was changed.
        """
        raise NotImplementedError


class PTALKER_OT_guess_mapping(_OnHead, bpy.types.Operator):
    """Guess which shape key is which from their names, and keep the result on the head to be edited"""

    bl_idname = "ptalker.guess_mapping"
    bl_label = "Guess Mapping"

    fill: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Only Fill Gaps", description="Keep the rows that are there, and guess only what has none"
    )

    def change(self, head: bpy.types.Object) -> str:
        """Store the guess."""
        saved = mapping.saved_table(head) if self.fill else None
        guess = mapping.guessed_table(head)
        if not guess.keys:
            raise UserError(
                f"none of the shape keys of '{head.name}' is known", "names that mean something", "add rows by hand"
            )
        mapping.store_table(head, guess if saved is None else saved.merged_over(guess))
        properties.fill_rows(head)
        return f"'{head.name}': {mapping.object_mapping(head).text()}"


class PTALKER_OT_edit_mapping(_OnHead, bpy.types.Operator):
    """List the rows of the mapping, to be changed by hand"""

    bl_idname = "ptalker.edit_mapping"
    bl_label = "Edit Mapping"

    def change(self, head: bpy.types.Object) -> str:
        """Keep what is used now on the head, and list it."""
        if mapping.saved_table(head) is None:
            mapping.store_table(head, mapping.guessed_table(head))
        properties.fill_rows(head)
        return f"{len(head.ptalker_mapping_rows.rows)} rows"


class PTALKER_OT_clear_mapping(_OnHead, bpy.types.Operator):
    """Forget the head's own mapping, so that it is guessed at each bake"""

    bl_idname = "ptalker.clear_mapping"
    bl_label = "Clear Mapping"

    def change(self, head: bpy.types.Object) -> str:
        """Drop the table and its rows."""
        mapping.clear_table(head)
        head.ptalker_mapping_rows.rows.clear()
        return "The mapping is guessed from the names again"


class PTALKER_OT_save_mapping(_OnHead, ExportHelper, bpy.types.Operator):
    """Write the mapping to a file, for other heads with the same names"""

    bl_idname = "ptalker.save_mapping"
    bl_label = "Save Mapping"
    bl_options = {"REGISTER"}
    filename_ext = ".json"

    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})  # type: ignore[valid-type]

    def change(self, head: bpy.types.Object) -> str:
        """Write the head's own table, or the guess."""
        table = mapping.saved_table(head) or mapping.guessed_table(head)
        path = Path(bpy.path.abspath(self.filepath))
        save_table(table, path)
        return f"Wrote {path.name}, {len(table.keys)} keys"


class PTALKER_OT_load_mapping(_OnHead, ImportHelper, bpy.types.Operator):
    """Read a mapping from a file; what it leaves out is guessed from the names"""

    bl_idname = "ptalker.load_mapping"
    bl_label = "Load Mapping"
    filename_ext = ".json"

    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})  # type: ignore[valid-type]

    def change(self, head: bpy.types.Object) -> str:
        """Complete the file's table by the guess and keep it."""
        path = Path(bpy.path.abspath(self.filepath))
        table = load_table(path)
        found = mapping.object_mapping(head, table)
        if table.keys and len(found.absent) == len(table.keys):
            raise UserError(
                f"{path.name} names none of the shape keys of '{head.name}'",
                "a mapping made for this head",
                "choose another file",
            )
        mapping.store_table(head, found.table)
        properties.fill_rows(head)
        absent = f"; not on this head: {', '.join(found.absent[:5])}" if found.absent else ""
        return f"'{head.name}': {mapping.object_mapping(head).text()}{absent}"


class PTALKER_OT_add_mapping_row(_OnHead, bpy.types.Operator):
    """Add a row: a control, the shape key that it moves, and how far"""

    bl_idname = "ptalker.add_mapping_row"
    bl_label = "Add Row"

    control: bpy.props.StringProperty(name="Control", description="What moves the key")  # type: ignore[valid-type]
    key: bpy.props.StringProperty(name="Shape Key", description="What is moved")  # type: ignore[valid-type]

    def change(self, head: bpy.types.Object) -> str:
        """Append a row, empty unless told; an empty one drives nothing yet."""
        mapping.require_editable(head)
        editor = head.ptalker_mapping_rows
        if mapping.saved_table(head) is None:
            mapping.store_table(head, mapping.guessed_table(head))
            properties.fill_rows(head)
        row = editor.rows.add()
        row.factor, row.source, row.key = 1.0, self.control, self.key
        editor.active = len(editor.rows) - 1
        return row.problem() or f"{row.source} moves {row.key}"


class PTALKER_OT_remove_mapping_row(_OnHead, bpy.types.Operator):
    """Remove the chosen row; its control no longer moves that key"""

    bl_idname = "ptalker.remove_mapping_row"
    bl_label = "Remove Row"

    def change(self, head: bpy.types.Object) -> str:
        """Remove the active row and store what is left."""
        mapping.require_editable(head)
        editor = head.ptalker_mapping_rows
        if not 0 <= editor.active < len(editor.rows):
            raise UserError("no row is chosen", "one of the list", "click on a row first")
        name = editor.rows[editor.active].source
        editor.rows.remove(editor.active)
        editor.active = max(0, min(editor.active, len(editor.rows) - 1))
        properties.store_rows(head)
        return f"Removed a row of {name or 'nothing'}"


class PTALKER_OT_find_parts(_OnHead, bpy.types.Operator):
    """List the other meshes of the head's character that have keys for speech: teeth, tongue, brows, lashes"""

    bl_idname = "ptalker.find_parts"
    bl_label = "Find Meshes"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Fill the list; the artist's choices stay."""
        settings = context.scene.ptalker
        properties.find_parts(settings, context.scene)
        self.report({"INFO"}, say(f"Found {len(settings.parts)} other meshes"))
        return {"FINISHED"}


CLASSES = (
    PTALKER_OT_guess_mapping, PTALKER_OT_edit_mapping, PTALKER_OT_clear_mapping, PTALKER_OT_save_mapping,
    PTALKER_OT_load_mapping, PTALKER_OT_add_mapping_row, PTALKER_OT_remove_mapping_row, PTALKER_OT_find_parts,
)  # fmt: skip
