"""Mark a face and build its keys with the operators of the installed extension; run by its test on its own.

usage: python marked_keys_in_blender.py EXTENSION.zip POINTS.json      (the worker runs in $PTALKER_PYTHON)
"""

import os
import sys
import tempfile
import traceback
from pathlib import Path

MODULE = "bl_ext.user_default.ptalker"


def refused(call, words: str) -> None:
    """The operator ends with an error that says ``words``, in one line."""
    try:
        call()
    except RuntimeError as error:
        assert words in str(error) and "Traceback" not in str(error), error
    else:
        raise AssertionError(f"not refused: {words}")


def keyless() -> bool:
    import bpy

    return all(mesh.shape_keys is None for mesh in bpy.data.meshes)


def main(extension: str, points: str, folder: Path) -> None:
    import bpy  # isort: skip  (first: it makes addon_utils importable)
    import addon_utils
    import numpy as np
    from mathutils import Vector

    from ptalker_blender.rig.guide import GUIDE, read_points
    from tests.split_head import add_split

    addon_utils.enable("bl_pkg")
    bpy.ops.extensions.package_install_files(filepath=extension, repo="user_default", enable_on_install=True)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    ops = bpy.ops.ptalker
    assert not ops.mark_face.poll() and not ops.build_marked_keys.poll() and not ops.mirror_marks.poll()
    hero = add_split()
    settings, face = bpy.context.scene.ptalker, bpy.context.scene.ptalker_face
    settings.head = hero["skin"]

    def listed():
        return {part.object: part.role for part in bpy.context.scene.ptalker_face.parts}

    for obj in hero.values():
        obj.location.x = 2.0
    bpy.context.view_layer.update()
    assert ops.mark_face.poll() and not ops.build_marked_keys.poll()
    bpy.ops.ed.undo_push(message="before")

    preferences = bpy.context.preferences.addons[MODULE].preferences
    preferences.python = "/nowhere/python"
    refused(ops.mark_face, "cannot be started")
    preferences.python = ""
    refused(lambda: ops.select_mark(name="chin"), "is not marked")
    refused(ops.mirror_marks, "no marks")

    given = read_points(points).points
    bpy.context.scene.cursor.location = hero["skin"].matrix_world @ Vector(given["chin"])
    assert ops.place_mark("EXEC_DEFAULT", True, name="chin") == {"FINISHED"}
    chin = bpy.context.object
    assert chin.name == "PTalker chin" and abs(chin.matrix_world.translation.x - 2.0) < 0.002
    before = tuple(chin.location)
    assert ops.mark_face("EXEC_DEFAULT", True) == {"FINISHED"}
    found = {obj["ptalker_mark"]: obj for obj in bpy.data.objects if "ptalker_mark" in obj}
    assert set(found) == set(GUIDE) and tuple(found["chin"].location) == before  # what was placed stays
    assert {part.object.name: part.role for part in face.parts} == {
        "Eye.L": "EYE_LEFT", "Eye.R": "EYE_RIGHT", "Lower Teeth": "TEETH_LOWER", "Upper Teeth": "TEETH_UPPER",
        "Tongue": "TONGUE",
    }  # fmt: skip
    face.parts[0].role = "STILL"
    assert ops.find_face_parts() == {"FINISHED"}
    assert listed()[hero["eye_left"]] == "STILL"  # what was chosen stays
    settings.head = hero["tongue"]
    assert ops.find_face_parts() == {"FINISHED"} and hero["eye_left"] not in listed()  # but not for another head
    hero["skin"].select_set(True)
    assert ops.add_face_parts() == {"FINISHED"} and listed()[hero["skin"]] == "FOLLOW"
    settings.head = hero["skin"]
    assert ops.find_face_parts() == {"FINISHED"} and listed()[hero["eye_left"]] == "EYE_LEFT"
    refused(ops.mark_face, "all points are marked")
    bpy.ops.ed.undo()  # one step
    assert sum("ptalker_mark" in obj for obj in bpy.data.objects) == 1
    bpy.ops.ed.redo()
    found = {obj["ptalker_mark"]: obj for obj in bpy.data.objects if "ptalker_mark" in obj}
    assert len(found) == 19

    assert ops.select_mark(name="nose_tip", view=False) == {"FINISHED"}
    assert bpy.context.object == found["nose_tip"]
    for name, marker in found.items():
        marker.location = given[name]
    found["eye_top_left"].location.x += 0.01  # wrong, until mirrored
    assert ops.mirror_marks() == {"FINISHED"}
    bpy.context.view_layer.update()
    right, left = (found[f"eye_top_{side}"].matrix_world.translation.x - 2.0 for side in ("right", "left"))
    assert abs(right + left) < 1e-3 and left > 0.01

    path = str(folder / "marked.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    scene = bpy.context.scene
    settings, face = scene.ptalker, scene.ptalker_face
    assert len(face.parts) == 5 and ops.build_marked_keys.poll() and keyless()
    marker = next(obj for obj in bpy.data.objects if obj.get("ptalker_mark") == "lip_top")
    kept = tuple(marker.location)
    marker.location.z += 0.2
    bpy.context.view_layer.update()
    refused(ops.build_marked_keys, "lip_top")  # far above: no face has its points in that order
    assert keyless()
    marker.location = kept
    bpy.data.objects["Hero"].modifiers.new("Half", "MIRROR")
    refused(ops.build_marked_keys, "modifier 'Half'")
    bpy.data.objects["Hero"].modifiers.clear()
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="marked")
    assert ops.build_marked_keys("EXEC_DEFAULT", True) == {"FINISHED"}

    def counts():
        return {obj.name: len(obj.data.shape_keys.key_blocks) - 1 for obj in bpy.data.objects
                if obj.type == "MESH" and obj.data.shape_keys}  # fmt: skip

    wanted = {"Hero": 52, "Eye.L": 4, "Eye.R": 4, "Lower Teeth": 4, "Tongue": 5}
    assert counts() == wanted, counts()
    parts = [part.object.name for part in bpy.context.scene.ptalker.parts]
    assert parts == ["Eye.L", "Eye.R", "Lower Teeth", "Tongue"], parts
    keys = bpy.data.objects["Hero"].data.shape_keys.key_blocks
    drop = np.array([p.co.z for p in keys["jawOpen"].data]) - np.array([p.co.z for p in keys["Basis"].data])
    assert -0.06 < drop.min() < -0.015, drop.min()
    bpy.ops.ed.undo()  # one step
    assert keyless()
    bpy.ops.ed.redo()
    assert counts() == wanted
    refused(ops.build_marked_keys, "has keys for all controls")
    assert ops.remove_marks() == {"FINISHED"}
    assert not [obj for obj in bpy.data.objects if "ptalker_mark" in obj]
    bake(ops, folder)
    addon_utils.disable(MODULE, default_set=True)
    print("marked keys passed")


def bake(ops, folder: Path) -> None:
    """A take moves all of them at once, where there are weights."""
    import bpy

    audio = os.environ.get("PTALKER_TEST_LINE")
    if not audio:
        return
    settings = bpy.context.scene.ptalker
    settings.audio_source, settings.audio_file = "FILE", audio
    assert ops.bake("EXEC_DEFAULT") == {"FINISHED"}
    moved = {}
    for frame in range(1, 40):
        bpy.context.scene.frame_set(frame)
        for name in ("Hero", "Lower Teeth", "Tongue"):
            value = bpy.data.objects[name].data.shape_keys.key_blocks["jawOpen"].value
            moved.setdefault(name, []).append(value)
    assert max(moved["Hero"]) > 0.05 and moved["Hero"] == moved["Lower Teeth"] == moved["Tongue"]
    print("baked on all parts")


if __name__ == "__main__":
    status = 1
    with tempfile.TemporaryDirectory() as profile:
        os.environ["BLENDER_USER_RESOURCES"] = profile
        try:
            main(sys.argv[1], sys.argv[2], Path(profile))
            status = 0
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    # Some wheels hang or crash in a normal exit (tests/scene/conftest.py).
    os._exit(status)
