"""What a scene remembers about a head without keys: which way it looks, and what its other objects are."""

import bpy

_FACES = (
    ("-Y", "-Y", "The head looks along -Y, towards the front view, as characters in Blender usually do"),
    ("+Y", "+Y", "The head looks along +Y, away from the front view"),
    ("+X", "+X", "The head looks along +X"),
    ("-X", "-X", "The head looks along -X"),
)
_ROLES = (
    ("EYES", "Eyes", "Both eyeballs: each turns about its own middle"),
    ("EYE_LEFT", "Left Eye", "The eyeball on the character's left"),
    ("EYE_RIGHT", "Right Eye", "The eyeball on the character's right"),
    ("TEETH", "Teeth", "Upper and lower teeth: the lower ones go with the jaw"),
    ("TEETH_UPPER", "Upper Teeth", "Keep still, and are kept apart from the lips"),
    ("TEETH_LOWER", "Lower Teeth", "Go with the jaw"),
    ("TONGUE", "Tongue", "Goes with the jaw, and comes out"),
    ("FOLLOW", "Goes with Skin", "Brows, lashes, beard: what lies on the skin goes with it"),
    ("STILL", "Keeps Still", "Gets no keys"),
)


def find_face_parts(settings: "PTALKER_PG_face", head: bpy.types.Object, scene: bpy.types.Scene) -> None:
    """List the objects around the head; what the artist chose for one stays."""
    from .ptalker_blender.scene.face_parts import face_parts

    same = settings.head == head  # else the list is of another head
    chosen = {part.object: part.role for part in settings.parts if same and part.touched and part.object is not None}
    settings.head = head
    found = dict(face_parts(head, scene.objects))
    settings.parts.clear()
    for obj, role in {**found, **chosen}.items():
        if obj != head and scene in obj.users_scene:
            add_face_part(settings, obj, chosen.get(obj, role), obj in chosen)
    settings.active_part = max(0, min(settings.active_part, len(settings.parts) - 1))


def add_face_part(settings: "PTALKER_PG_face", obj: bpy.types.Object, role: str, touched: bool) -> None:
    """List an object with a role."""
    part = settings.parts.add()
    part.object, part.role = obj, role
    part.touched = touched  # after the role, whose update sets it


def _role_chosen(part: "PTALKER_PG_face_part", _context: object) -> None:
    part.touched = True


class PTALKER_PG_face_part(bpy.types.PropertyGroup):
    """Another object of a head without keys"""

    object: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Mesh", description="Mesh that belongs to the head", type=bpy.types.Object
    )
    role: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Part", description="What this mesh is, which decides how it moves", items=_ROLES, update=_role_chosen
    )
    touched: bpy.props.BoolProperty(options={"HIDDEN"})  # type: ignore[valid-type]


class PTALKER_PG_face(bpy.types.PropertyGroup):
    """Settings for heads without keys"""

    faces: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Facing", description="Which way the head looks in the scene", items=_FACES
    )
    head: bpy.props.PointerProperty(type=bpy.types.Object, options={"HIDDEN"})  # type: ignore[valid-type]
    parts: bpy.props.CollectionProperty(  # type: ignore[valid-type]
        name="Parts", description="Other meshes of the head", type=PTALKER_PG_face_part
    )
    active_part: bpy.props.IntProperty(name="Active Mesh", description="Mesh chosen in the list")  # type: ignore[valid-type]
    copy_meshes: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Copy Linked Meshes",
        description="Give library overrides a copy of their linked mesh in this file, which can hold keys",
    )


def attach() -> None:
    """Give every scene its settings."""
    bpy.types.Scene.ptalker_face = bpy.props.PointerProperty(type=PTALKER_PG_face)


def detach() -> None:
    """Take the settings away again."""
    del bpy.types.Scene.ptalker_face


CLASSES = (PTALKER_PG_face_part, PTALKER_PG_face)
