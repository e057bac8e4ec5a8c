"""Add one of the project's heads at the 3D cursor."""

import zlib
from functools import lru_cache

import bpy
from mathutils import Vector

from ..ptalker_blender.errors import UserError
from ..translations import say

Item = tuple[str, str, str, int]


@lru_cache(maxsize=1)
def identity_items() -> tuple[Item, ...]:
    """The heads that ship, for a menu. Cached: Blender needs the strings to stay alive, and asks at every redraw."""
    from ..ptalker_blender.rig.head import DEFAULT_NAME, list_heads

    # Without any the default is offered, so that a click says what is wrong.
    names = list_heads() or (DEFAULT_NAME,)
    return tuple(_item(name, 0 if name == DEFAULT_NAME else _number(name)) for name in names)


def _number(name: str) -> int:
    """Of 24 bits at most: a menu of Blender 4.3 keeps it as a float."""
    return 1 + zlib.crc32(name.encode()) % (2**24 - 1)


def _item(name: str, number: int) -> Item:
    return name, name.replace("_", " ").title(), "A head of the family; all have the same shape keys", number


def _identity_items(_operator: object, _context: object) -> tuple[Item, ...]:
    return identity_items()


class PTALKER_OT_add_head(bpy.types.Operator):
    """Add one of PTalker's heads, with its 52 shape keys, at the 3D cursor"""

    bl_idname = "ptalker.add_head"
    bl_label = "Add Head"
    bl_options = {"REGISTER", "UNDO"}

    identity: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Identity", description="Which member of the family is added", items=_identity_items
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Objects can be added in object mode only."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Go to Object Mode first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Build the head and make it the one to bake on."""
        from ..ptalker_blender.rig.head import DEFAULT_NAME, head_path, load_head
        from ..ptalker_blender.scene.heads import add_head

        name = "Head" if self.identity == DEFAULT_NAME else self.identity.replace("_", " ").title()
        try:
            obj = add_head(load_head(head_path(self.identity)), name, context.collection)
        except UserError as error:
            self.report({"ERROR"}, say(str(error)))
            return {"CANCELLED"}
        obj.location += Vector(context.scene.cursor.location)
        for other in context.selected_objects:
            other.select_set(False)
        obj.select_set(True)
        context.view_layer.objects.active = obj
        context.scene.ptalker.head = obj
        _look_at_selected(context)
        around = _around(obj, context)
        told = f"Added '{obj.name}', {obj.dimensions.z * 100:.0f} cm high, at the 3D cursor"
        self.report({"INFO"}, say(f"{told}; '{around.name}' hides it" if around is not None else told))
        return {"FINISHED"}


def _look_at_selected(context: bpy.types.Context) -> None:
    """In the 3D view it was added from, else in the largest of this window; a quarter of a metre is easily missed."""
    if bpy.app.background or context.window is None:
        return
    views = [area for area in context.window.screen.areas if area.type == "VIEW_3D"]
    if not views:
        return
    area = context.area if context.area in views else max(views, key=lambda one: one.width * one.height)
    if area.spaces.active.region_3d.view_perspective == "CAMERA":
        return  # the artist's framing; it would be left, or the camera be moved
    region = next(region for region in area.regions if region.type == "WINDOW")
    with context.temp_override(area=area, region=region):
        bpy.ops.view3d.view_selected()


def _around(obj: bpy.types.Object, context: bpy.types.Context) -> bpy.types.Object | None:
    """A visible mesh that encloses the new head, as Blender's first cube does."""
    context.view_layer.update()
    low, high = _bounds(obj)
    for other in context.visible_objects:
        if other.type == "MESH" and other != obj and other.display_type in {"SOLID", "TEXTURED"}:
            lowest, highest = _bounds(other)
            if all(a <= b and c >= d for a, b, c, d in zip(lowest, low, highest, high, strict=True)):
                return other
    return None


def _bounds(obj: bpy.types.Object) -> tuple[tuple[float, ...], tuple[float, ...]]:
    corners = [obj.matrix_world @ Vector(corner) for corner in obj.bound_box]
    low, high = (tuple(pick(corner[axis] for corner in corners) for axis in range(3)) for pick in (min, max))
    return low, high


CLASSES = (PTALKER_OT_add_head,)
