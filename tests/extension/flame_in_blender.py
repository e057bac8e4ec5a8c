"""Use the FLAME operators of the installed extension; run by test_flame_extension.py in a process of its own.

usage: python flame_in_blender.py EXTENSION.zip FLAME.npz FOLDER
"""

import os
import sys
import tempfile
import traceback
from pathlib import Path

MODULE = "bl_ext.user_default.ptalker"


def main(extension: str, model: str, folder: Path) -> None:
    import bpy  # isort: skip  (first: it makes addon_utils importable)
    import addon_utils
    import numpy as np

    addon_utils.enable("bl_pkg")
    bpy.ops.extensions.package_install_files(filepath=extension, repo="user_default", enable_on_install=True)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    ops, scene = bpy.ops.ptalker, bpy.context.scene
    scene.render.fps, scene.frame_start, scene.frame_end = 25, 1, 4
    assert (
        not ops.import_flame_track.poll() and not ops.export_flame_track.poll() and not ops.update_flame_joints.poll()
    )
    scene.cursor.location = (1, 0, 0)
    assert ops.add_flame_head(filepath=model, identity=3, expression=0) == {"FINISHED"}
    armature = bpy.context.object
    (mesh,) = armature.children
    assert armature.type == "ARMATURE" and tuple(armature.location) == (1, 0, 0)
    assert [block.name for block in mesh.data.shape_keys.key_blocks[:5]] == [
        "Basis", "shape_000", "shape_001", "shape_002", "pose_neck_00",
    ]  # fmt: skip

    jaw = np.zeros((4, 3), np.float32)
    jaw[:, 0] = [0, 0.1, 0.2, 0.3]
    np.savez(folder / "line.npz", jaw_pose=jaw, shape=np.array([1.0, 2.0, -1.0]), fps=25)
    assert ops.import_flame_track(filepath=str(folder / "line.npz")) == {"FINISHED"}
    assert abs(mesh.data.shape_keys.key_blocks["shape_001"].value - 2) < 1e-6
    assert ops.export_flame_track(filepath=str(folder / "out.npz")) == {"FINISHED"}
    with np.load(folder / "out.npz") as out:
        assert np.abs(out["jaw_pose"] - jaw).max() < 1e-6 and np.abs(out["shape"] - [1, 2, -1]).max() < 1e-6
    assert ops.export_flame_vertices(filepath=str(folder / "out.npy")) == {"FINISHED"}
    vertices = np.load(folder / "out.npy")
    drop = vertices[0, :, 1] - vertices[3, :, 1]
    assert vertices.shape == (4, 5023, 3) and drop.max() > 0.02  # the chin goes down
    mesh.data.shape_keys.key_blocks["shape_000"].value = 3.0
    bpy.context.view_layer.objects.active = mesh
    assert ops.update_flame_joints() == {"FINISHED"}

    assert ops.solve_flame_track(filepath=str(folder / "solved.npz"), model=model) == {"FINISHED"}
    with np.load(folder / "solved.npz") as solved:  # the mesh's own vertices, keys and bones unseen
        assert np.abs(solved["jaw_pose"] - jaw).max() < 0.02 and solved["fps"] == 25

    scene.frame_start, scene.frame_end = 10, 12  # after the take
    for arguments, words in (
        ({"model": model}, "does not move in frames 10 to 12"),
        ({}, "FLAME File"),
    ):
        try:
            ops.solve_flame_track(filepath=str(folder / "out.npz"), **arguments)
        except RuntimeError as error:
            assert words in str(error) and "--flame" not in str(error), error
        else:
            raise AssertionError(f"solve_flame_track took {arguments}")

    (folder / "bad.npz").write_bytes(b"PK nothing")
    for call, arguments in (
        (ops.import_flame_track, {"filepath": str(folder / "bad.npz")}),
        (ops.solve_flame_track, {"filepath": str(folder / "out.npz")}),
        (ops.add_flame_head, {"filepath": str(folder / "absent.pkl")}),
        (ops.export_flame_track, {"filepath": str(folder / "out.txt")}),
        (ops.export_flame_vertices, {"filepath": str(folder / "none" / "out.npy")}),
    ):
        try:
            call(**arguments)
        except RuntimeError as error:
            assert "expected" in str(error), error
        else:
            raise AssertionError(f"{call} took {arguments}")
    addon_utils.disable(MODULE, default_set=True)
    print("flame passed")


if __name__ == "__main__":
    status = 1
    with tempfile.TemporaryDirectory() as profile:
        os.environ["BLENDER_USER_RESOURCES"] = profile
        try:
            main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
            status = 0
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    # Some wheels hang or crash in a normal exit (tests/scene/conftest.py).
    os._exit(status)
