"""The part of ``check_extension`` about characters whose shape keys have other names; runs in the same process."""

from __future__ import annotations

import json
from pathlib import Path

FACE = ("Jaw_Open", "Mouth_Funnel", "Mouth_Pucker", "Mouth_Lower_Down_L", "Mouth_Lower_Down_R", "Eye_Blink_L", "Gob")


def require(condition: object, message: str) -> None:
    """Raise with ``message`` unless ``condition`` holds."""
    if not condition:
        raise RuntimeError(message)


def add_mesh(name: str, keys: tuple[str, ...], parent: object = None) -> object:
    """A quad with shape keys, key k lifting a corner."""
    import bpy

    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], [], [(0, 1, 2, 3)])
    obj = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(obj)
    obj.parent = parent
    obj.shape_key_add(name="Basis", from_mix=False)
    for number, key in enumerate(keys, 1):
        block = obj.shape_key_add(name=key, from_mix=False)
        block.value = 0.0
        block.data[0].co.z = number
    return obj


def curves(module: str, obj: object) -> dict[str, float]:
    """Largest value of each F-curve on the object's keys, by data path."""
    import importlib

    keys = obj.data.shape_keys
    action = keys.animation_data.action if keys.animation_data else None
    found = importlib.import_module(f"{module}.ptalker_blender.scene.compat.actions").fcurves(action, keys)
    return {fcurve.data_path: max(point.co[1] for point in fcurve.keyframe_points) for fcurve in found}


def path(key: str) -> str:
    return f'key_blocks["{key}"].value'


def check_mapping(module: str, audio: Path, folder: Path) -> None:
    """Bake a character of two meshes with foreign names; edit, save, load and clear its table; undo; refuse."""
    import bpy

    settings = bpy.context.scene.ptalker
    kept = settings.head.name  # undo makes every object anew
    face = add_mesh("Hero", FACE)
    teeth = add_mesh("Hero Teeth", ("jawOpen",), face)
    settings.audio_source, settings.audio_file = "FILE", str(audio)
    settings.head = face
    require([part.object for part in settings.parts] == [teeth], "the teeth were not found")
    undo = bpy.ops.ed.undo_push.poll()
    if undo:
        bpy.ops.ed.undo_push(message="before")
    require(bpy.ops.ptalker.bake("EXEC_DEFAULT", undo) == {"FINISHED"}, "the bake of a character did not finish")
    jaw = curves(module, face)[path("Jaw_Open")]
    require(jaw > 0.02, "the jaw does not move")
    require(abs(curves(module, teeth)[path("jawOpen")] - jaw) < 1e-5, "the teeth do not follow the jaw")
    source = json.loads(face.data.shape_keys.animation_data.action["ptalker"])
    require(source["lost"]["face"] >= 0 and source["mapping"][0]["mapped"] == 6, f"odd provenance {source}")
    if undo:
        bpy.ops.ed.undo()
        settings = bpy.context.scene.ptalker
        face, teeth = bpy.data.objects["Hero"], bpy.data.objects["Hero Teeth"]
        left = [o.name for o in (face, teeth) if o.data.shape_keys.animation_data and curves(module, o)]
        require(not left, f"undo left the take on {left}")
    edit(module, face, folder)
    settings.parts[0].use = False
    require(bpy.ops.ptalker.find_parts() == {"FINISHED"} and not settings.parts[0].use, "a switched-off mesh came back")
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "the bake with the artist's table did not finish")
    found = curves(module, face)
    require(path("Gob") in found and path("Jaw_Open") not in found, f"the artist's table was not used: {set(found)}")
    refuse(face)
    settings.head = bpy.data.objects[kept]
    for obj in (teeth, face):
        bpy.data.objects.remove(obj)
    print(f"  mapped a character of two meshes{', undone' if undo else ', undo left out'}")


def edit(module: str, face: object, folder: Path) -> None:
    """Change the table by the rows, as the list does; then through a file."""
    import importlib

    import bpy

    mapping = importlib.import_module(f"{module}.ptalker_blender.scene.mapping")
    require(bpy.ops.ptalker.edit_mapping() == {"FINISHED"}, "no editing")
    rows = face.ptalker_mapping_rows
    require(len(rows.rows) == 6, f"{len(rows.rows)} rows")
    rows.active = next(i for i, row in enumerate(rows.rows) if row.key == "Jaw_Open")
    bpy.ops.ptalker.remove_mapping_row()
    bpy.ops.ptalker.add_mapping_row()
    row = rows.rows[rows.active]
    require(row.problem(), "an empty row should say so")
    row.source, row.key, row.factor = "jawOpen", "Gob", 0.5
    table = mapping.saved_table(face)
    require([(r.key, r.gain) for r in table.rows if r.control == "jawOpen"] == [("Gob", 0.5)], f"stored {table.rows}")
    file = folder / "hero.json"
    require(bpy.ops.ptalker.save_mapping(filepath=str(file)) == {"FINISHED"}, "not saved")
    bpy.ops.ptalker.clear_mapping()
    require(mapping.saved_table(face) is None and not len(rows.rows), "not cleared")
    require(bpy.ops.ptalker.guess_mapping() == {"FINISHED"} and len(rows.rows) == 6, "not guessed")
    require(bpy.ops.ptalker.load_mapping(filepath=str(file)) == {"FINISHED"}, "not loaded")
    require(mapping.saved_table(face) == table, "the file changed the table")


def refuse(face: object) -> None:
    """A table that reaches no key stops the bake with one line, and changes nothing."""
    import bpy

    face.ptalker_mapping_rows.rows.clear()
    face["ptalker_mapping"] = '{"format": "ptalker-mapping 1", "rows": [{"control": "jawOpen", "key": "Nope"}]}'
    count = len(bpy.data.actions)
    try:
        bpy.ops.ptalker.bake()
    except RuntimeError as error:
        require("reaches none of its" in str(error), f"unhelpful: {error}")
    else:
        raise RuntimeError("a bake that moves nothing was not refused")
    require(len(bpy.data.actions) == count, "a refused bake left an Action")
