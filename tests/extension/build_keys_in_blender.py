"""Build face keys with the operator of the installed extension; run by test_build_keys_extension.py on its own.

usage: python build_keys_in_blender.py EXTENSION.zip FLAME.npz      (the worker runs in $PTALKER_PYTHON)
"""

import os
import sys
import tempfile
import traceback

MODULE = "bl_ext.user_default.ptalker"


def refused(call, words: str) -> None:
    """The operator ends with an error that says ``words``, in one line."""
    try:
        call()
    except RuntimeError as error:
        assert words in str(error) and "Traceback" not in str(error), error
    else:
        raise AssertionError(f"not refused: {words}")


def main(extension: str, model: str) -> None:
    import bpy  # isort: skip  (first: it makes addon_utils importable)
    import addon_utils
    import numpy as np

    addon_utils.enable("bl_pkg")
    bpy.ops.extensions.package_install_files(filepath=extension, repo="user_default", enable_on_install=True)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    ops, scene = bpy.ops.ptalker, bpy.context.scene
    with np.load(model) as arrays:
        points, faces = arrays["v_template"], arrays["faces"]
    place = np.random.default_rng(0).permutation(len(points))
    moved = np.empty_like(points)
    moved[place] = 10 * points

    def add(name, vertices, polygons):
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(vertices.tolist(), [], polygons.tolist())
        obj = bpy.data.objects.new(name, mesh)
        bpy.context.scene.collection.objects.link(obj)  # undo replaces the scene
        bpy.context.view_layer.objects.active = obj
        return obj

    assert not ops.build_keys.poll()  # nothing is chosen
    add("Near", points[:5022], faces[(faces < 5022).all(axis=1)][1:])
    assert not ops.build_keys.poll()
    obj = add("Hero", moved, place[faces])
    obj.rotation_euler, obj.scale = (1.5, 0.0, 0.3), (0.1, 0.1, 0.1)
    scene.ptalker.head = None
    bpy.context.view_layer.update()
    assert ops.build_keys.poll()
    bpy.ops.ed.undo_push(message="before")

    preferences = bpy.context.preferences.addons[MODULE].preferences
    preferences.python = "/nowhere/python"
    refused(ops.build_keys, "cannot be started")
    preferences.python = ""
    assert obj.data.shape_keys is None and not obj.vertex_groups and scene.ptalker.head is None

    assert ops.build_keys("EXEC_DEFAULT", True) == {"FINISHED"}
    hero = bpy.data.objects["Hero"]
    keys = hero.data.shape_keys
    assert len(keys.key_blocks) == 54 and keys.key_blocks[0].name == "Basis"
    assert keys.animation_data.drivers[0].driver.is_simple_expression
    assert bpy.context.scene.ptalker.head == hero and "Head turn" in hero.vertex_groups
    assert not ops.build_keys.poll()  # nothing is lacking
    chin, shape = place[3401], keys.key_blocks["jawOpen"]
    drop = np.array(shape.data[chin].co) - np.array(keys.key_blocks[0].data[chin].co)
    assert -0.6 < drop[1] < -0.2 and abs(drop[0]) < 0.02, drop  # in the mesh's own units, ten to a metre, y up

    bpy.ops.ed.undo()  # one step
    assert bpy.data.objects["Hero"].data.shape_keys is None and not bpy.data.objects["Hero"].vertex_groups
    bpy.ops.ed.redo()
    hero = bpy.data.objects["Hero"]
    assert len(hero.data.shape_keys.key_blocks) == 54

    scrambled = add("Scrambled", np.random.default_rng(0).normal(size=points.shape), faces)
    bpy.context.scene.ptalker.head = scrambled
    refused(ops.build_keys, "not its shape")
    assert scrambled.data.shape_keys is None
    addon_utils.disable(MODULE, default_set=True)
    print("build keys passed")


if __name__ == "__main__":
    status = 1
    with tempfile.TemporaryDirectory() as profile:
        os.environ["BLENDER_USER_RESOURCES"] = profile
        try:
            main(*sys.argv[1:])
            status = 0
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    # Some wheels hang or crash in a normal exit (tests/scene/conftest.py).
    os._exit(status)
