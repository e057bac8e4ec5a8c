"""FLAME files of every release and re-save are read alike; FLAME's own motion is computed as published."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from ptalker_blender.errors import UserError
from ptalker_blender.rig.flame_file import N_FACES, N_VERTICES, PARENTS, FlameModel, read_flame, read_template
from ptalker_blender.rig.flame_pose import flame_joints, pose_flame, rotation_matrices

V, S, E = N_VERTICES, 300, 100


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    """Arrays in the shapes of a release, filled with noise; of 400 components only 12."""
    rng = np.random.default_rng(7)
    weights = rng.random((V, 5))
    regressor = np.zeros((5, V))
    for joint in range(5):
        regressor[joint, rng.choice(V, 9, replace=False)] = 1 / 9
    return {
        "v_template": rng.normal(size=(V, 3)) * 0.1,
        "f": rng.integers(0, V, (N_FACES, 3)).astype(np.uint32),
        "shapedirs": rng.normal(size=(V, 3, 12)) * 0.001,
        "posedirs": rng.normal(size=(V, 3, 36)) * 0.001,
        "weights": weights / weights.sum(axis=1, keepdims=True),
        "J_regressor": regressor,
        "kintree_table": np.array([[4294967295, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.uint32),
    }


@pytest.fixture(scope="module")
def whole(arrays) -> dict[str, np.ndarray]:
    """All 400 components, in half precision for speed."""
    return arrays | {"shapedirs": np.random.default_rng(8).normal(size=(V, 3, S + E)).astype(np.float16)}


@pytest.fixture(scope="module")
def flame_path(data_dir) -> Path:
    path = data_dir / "flame" / "flame2023open_partial.npz"
    if not path.is_file():
        pytest.skip("no FLAME arrays in the shared data")
    return path


@pytest.fixture(scope="module")
def flame(flame_path) -> FlameModel:
    return read_flame(flame_path)


def assert_model(model: FlameModel, arrays: dict[str, np.ndarray], identity: int = S) -> None:
    """``model`` is ``arrays`` to float32, with all that follows ``identity`` as expression."""
    for name, expected in [
        ("v_template", arrays["v_template"]), ("faces", arrays["f"]), ("posedirs", arrays["posedirs"]),
        ("weights", arrays["weights"]), ("j_regressor", arrays["J_regressor"]),
        ("shapedirs", arrays["shapedirs"][..., :identity]), ("expression_dirs", arrays["shapedirs"][..., identity:]),
    ]:  # fmt: skip
        found = getattr(model, name)
        assert found.shape == expected.shape, name
        assert np.array_equal(found, expected.astype(found.dtype)), name
        assert found.flags.c_contiguous and found.dtype == (np.int32 if name == "faces" else np.float32)
    assert model.parents == PARENTS


def written(folder: Path, raw: bytes) -> Path:
    path = folder / "generic_model.pkl"
    path.write_bytes(raw)
    return path


def release(year: int, arrays, chumpy, dumps) -> bytes:
    """A pickle with the classes, strings and protocol that the release of ``year`` is known for."""
    texts = {"bs_style": "lbs", "bs_type": "lrotmin"}
    leaf = chumpy("ch.Ch", x=arrays["shapedirs"])
    if year == 2017:  # Python 2, protocol 0; much of it chumpy, the components selected from a larger set
        count = arrays["shapedirs"].shape[2]
        more = chumpy("ch.Ch", x=np.concatenate([arrays["shapedirs"], np.zeros((V, 3, 1))], axis=2))
        chosen = np.arange(V * 3 * (count + 1)).reshape(V, 3, -1)[:, :, :count]
        select = chumpy("reordering.Select", a=more, idxs=chosen.ravel(), preferred_shape=chosen.shape)
        value = arrays | texts | {
            "J_regressor": scipy.sparse.csc_matrix(arrays["J_regressor"]),
            "v_template": chumpy("ch.Ch", x=arrays["v_template"]),
            "weights": chumpy("ch.Ch", x=arrays["weights"]),
            "posedirs": chumpy("ch.Ch", x=arrays["posedirs"]),
            "shapedirs": select,
            "J": chumpy("ch_ops.MatVecMult", a=leaf),
            "pose_training_info": {"gender": "neutral", "reg_weight": 0.5},
        }  # fmt: skip
        return dumps(value, 0)
    if year == 2019:  # Python 2, protocol 2
        value = arrays | texts | {
            "J_regressor": scipy.sparse.csc_matrix(arrays["J_regressor"]),
            "shapedirs": leaf,
            "kintree_table": np.array([[-1, 0, 1, 1, 1], [0, 1, 2, 3, 4]]),
        }  # fmt: skip
        return dumps(value, 2)
    if year == 2020:  # Python 3 with chumpy
        value = arrays | texts | {"J_regressor": scipy.sparse.csc_matrix(arrays["J_regressor"]), "shapedirs": leaf}
        return dumps(value, 2, python2=False)
    return pickle.dumps(arrays | texts, 4)


@pytest.mark.parametrize("year", [2017, 2019, 2020, 2023])
def test_pickles_of_every_release(year, arrays, tmp_path, chumpy, legacy_dumps):
    path = written(tmp_path, release(year, arrays, chumpy, legacy_dumps))
    assert_model(read_flame(path), arrays)
    assert_model(read_flame(path, identity_components=8), arrays, 8)


def test_a_whole_file_has_300_and_100_components(whole, tmp_path):
    model = read_flame(written(tmp_path, pickle.dumps(whole, 4)))
    assert model.shapedirs.shape == (V, 3, 300) and model.expression_dirs.shape == (V, 3, 100)
    assert_model(model, whole)
    assert read_flame(tmp_path / "generic_model.pkl", 350).expression_dirs.shape == (V, 3, 50)


@pytest.mark.parametrize("regressor", [scipy.sparse.csr_matrix, np.array, np.transpose])
def test_npz_resaves_of_a_pickle(regressor, arrays, tmp_path):
    # numpy.savez boxes what is no array: the sparse matrix becomes a pickle within the archive.
    np.savez(tmp_path / "m.npz", **arrays | {"J_regressor": regressor(arrays["J_regressor"]), "bs_type": "lrotmin"})
    assert_model(read_flame(tmp_path / "m.npz"), arrays)
    np.save(tmp_path / "m.npy", np.array(arrays, object))
    assert_model(read_flame(tmp_path / "m.npy"), arrays)


@pytest.mark.parametrize("layout", ["vertices first", "pose first", "pose first, flat", "vertices first, flat"])
def test_any_order_of_axes(layout, arrays, tmp_path):
    p = arrays["posedirs"]
    p = p.transpose(2, 0, 1) if "pose first" in layout else p
    p = p.reshape(36, -1) if layout == "pose first, flat" else p
    p = p.reshape(-1, 36) if layout == "vertices first, flat" else p
    np.savez(tmp_path / "m.npz", **arrays | {"posedirs": p})
    assert_model(read_flame(tmp_path / "m.npz"), arrays)


@pytest.mark.parametrize("count", [0, 50])
def test_expression_components_that_lie_apart(count, arrays, tmp_path):
    face = np.random.default_rng(3).normal(size=(V, 3, count))
    shape = arrays["shapedirs"]
    np.savez_compressed(tmp_path / "m.npz", **arrays | {"shapedirs": shape, "expressiondirs": face})
    model = read_flame(tmp_path / "m.npz")
    assert_model(model, arrays | {"shapedirs": np.concatenate([shape, face], axis=2)}, 12)


def test_a_mesh_alone_is_enough_for_a_template(arrays, tmp_path):
    np.savez(tmp_path / "t.npz", template=arrays["v_template"], faces=arrays["f"].astype(np.int64))
    template = read_template(tmp_path / "t.npz")
    assert np.array_equal(template.v_template, arrays["v_template"].astype(np.float32))
    assert np.array_equal(template.faces, arrays["f"])
    with pytest.raises(UserError, match="has no shapedirs"):
        read_flame(tmp_path / "t.npz")


def other(count: int) -> dict[str, np.ndarray]:
    return {"v_template": np.zeros((count, 3)), "f": np.zeros((9, 3), int)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (other(10475), r"10,475 vertices and so seems to be SMPL-X; expected a FLAME model \(5,023 vertices"),
        (other(778), "778 vertices and so seems to be MANO"),
        (other(6890), "6,890 vertices and so seems to be SMPL"),
        (other(5022), "5,022 vertices;"),
        ({"v_template": np.zeros(3)}, r"v_template of shape \(3,\)"),
        ({"f": np.full((N_FACES, 3), V)}, "name vertices it does not have"),
        ({"f": np.full((N_FACES, 3), 0.5)}, "name vertices it does not have"),
        ({"f": np.zeros((N_FACES, 4), int)}, "faces of shape"),
        ({"shapedirs": np.zeros((V, 2, 9))}, r"shapedirs of shape \(5023, 2, 9\)"),
        ({"shapedirs": "none"}, "shapedirs that is no array"),
        ({"posedirs": np.zeros((V, 3, 27))}, "27 pose correctives instead of 36"),
        ({"weights": np.ones((V, 5))}, "weights whose rows do not sum to 1"),
        ({"weights": np.ones((V, 4)) / 4}, "weights of shape"),
        ({"J_regressor": np.full((5, V), np.nan)}, "J_regressor with values that are no finite"),
        ({"v_template": np.full((V, 3), 1e200)}, "v_template with values that are no finite"),
        ({"kintree_table": np.array([[-1, 0, 0, 1, 1]])}, "hang from"),
    ],
)
def test_near_misses_are_named(change, message, arrays, tmp_path):
    with pytest.raises(UserError, match=message):
        read_flame(written(tmp_path, pickle.dumps(arrays | change)))


def test_a_computation_in_place_of_an_array_is_named(arrays, tmp_path, chumpy, legacy_dumps):
    product = chumpy("ch_ops.multiply", a=chumpy("ch.Ch", x=np.zeros(3)))
    raw = legacy_dumps(arrays | {"weights": product})
    with pytest.raises(UserError, match=r"weights only as a computation \(chumpy.ch_ops.multiply\)"):
        read_flame(written(tmp_path, raw))


def test_what_is_no_model(tmp_path, arrays):
    for raw, message in [
        (b"", "contains"),
        (b"v 0 0 0\n", "contains"),
        (pickle.dumps([1, 2]), "holds a list and no named arrays"),
        (pickle.dumps({"face": np.arange(3)}), r"has no v_template \(it has face\)"),
        (b"PK\x03\x04garbage", "cannot be read"),
        (b"\x93NUMPYgarbage", "is no array"),
    ]:
        with pytest.raises(UserError, match=message):
            read_flame(written(tmp_path, raw))
    with pytest.raises(UserError, match="cannot be read"):
        read_flame(tmp_path / "absent.pkl")


def test_an_archive_is_not_believed(tmp_path):
    def archive(**entries: bytes) -> Path:
        path = tmp_path / "m.npz"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, raw in entries.items():
                file.writestr(f"{name}.npy", raw)
        return path

    def header(shape: str, descr: str = "'<f8'") -> bytes:
        text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
        return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()

    hostile = b"cposix\nsystem\n(S'touch " + str(tmp_path / "canary").encode() + b"'\ntR."
    for raw, message in [
        (header("(10**9, 10**9)"), "is no array"),
        (header("(1000000000, 1000000000)"), "0 bytes for"),
        (header("(0, 4000000000000000000, 4000000000000000000)"), "has the shape"),
        (header("(1,)", "'|O'") + hostile, "posix.system"),
        (header("(2,)", "[('a', '<f4')]") + bytes(8), "bytes for"),
    ]:
        with pytest.raises(UserError, match=message):
            read_flame(archive(v_template=raw))
    assert not (tmp_path / "canary").exists()


@settings(max_examples=150)
@given(st.data())
def test_any_damage_to_an_archive_is_data_or_refused(tmp_path_factory, draw):
    stream = io.BytesIO()
    np.savez(stream, v_template=np.zeros((2, 3)), J_regressor=np.array({"a": None}, object))
    raw = bytearray(stream.getvalue())
    for _ in range(draw.draw(st.integers(1, 4))):
        raw[draw.draw(st.integers(0, len(raw) - 1))] = draw.draw(st.integers(0, 255))
    with pytest.raises(UserError):
        read_flame(written(tmp_path_factory.getbasetemp(), bytes(raw)))


# The real mesh


@pytest.mark.data
def test_development_file(flame):
    assert flame.shapedirs.shape == (V, 3, 60) and flame.expression_dirs.shape == (V, 3, 0)
    assert flame.posedirs.shape == (V, 3, 36) and flame.parents == PARENTS
    extent = flame.v_template.max(0) - flame.v_template.min(0)
    assert np.allclose(extent, [0.2176, 0.3194, 0.2283], atol=0.001)


@pytest.mark.data
def test_no_pose_is_the_template(flame):
    assert np.abs(pose_flame(flame) - flame.v_template).max() <= 1e-6
    assert np.abs(pose_flame(flame, pose=np.zeros((2, 15))) - flame.v_template).max() <= 1e-6


# Vertices on the midline: the inner edge of the lower lip and of the upper lip.
LOWER_LIP, UPPER_LIP = 3504, 3531


@pytest.mark.data
def test_jaw_opens_the_lips_as_published(flame):
    """Gaps of the data's README: 1.5 mm at rest, then 11.6, 21.1 and 30.0; a pair may differ in where it starts."""
    pose = np.zeros((4, 5, 3))
    pose[:, 2, 0] = [0, 0.1, 0.2, 0.3]
    vertices = pose_flame(flame, pose=pose)
    gap = (vertices[:, UPPER_LIP] - vertices[:, LOWER_LIP])[:, 1] * 1000
    assert np.allclose(gap - gap[0], np.array([1.5, 11.6, 21.1, 30.0]) - 1.5, atol=0.1)
    # The model's own correctives of the jaw reach the scalp, by up to 2 mm at 0.3 rad.
    moved = np.abs(vertices[3] - vertices[0]).max(axis=1)
    assert moved[flame.v_template[:, 1] > 0.05].max() < 0.0025


@pytest.mark.data
def test_root_turns_everything_about_its_joint(flame):
    """A rigid motion: the correctives do not answer to the root."""
    pose = np.zeros((5, 3))
    pose[0] = [0.3, -0.7, 0.2]
    rest, joints = flame.v_template.astype(np.float64), flame_joints(flame)
    expected = (rest - joints[0]) @ Rotation.from_rotvec(pose[0]).as_matrix().T + joints[0]
    assert np.abs(pose_flame(flame, pose=pose) - expected).max() < 1e-6


@pytest.mark.data
@pytest.mark.parametrize(("joint", "first"), [(3, 3931), (4, 4477)])
def test_an_eye_turns_about_its_joint_and_nothing_else_turns(flame, joint, first):
    pose = np.zeros((5, 3))
    pose[joint] = [0.1, 0.4, 0]
    rest, about = flame.v_template.astype(np.float64), flame_joints(flame)[joint]
    eye = slice(first, first + 546)
    assert np.allclose(flame.weights[eye, joint], 1, atol=1e-5)
    matrix = Rotation.from_rotvec(pose[joint]).as_matrix()
    posed = pose_flame(flame, pose=pose).astype(np.float64)
    features = (matrix - np.eye(3)).ravel()
    corrective = flame.posedirs[eye][..., 9 * (joint - 1) : 9 * joint] @ features
    assert np.abs(posed[eye] - ((rest[eye] + corrective - about) @ matrix.T + about)).max() < 1e-6
    still = np.ones(V, bool)
    still[eye] = False
    assert np.median(np.abs(posed - rest)[still].max(axis=1)) < 1e-6


@pytest.mark.data
def test_joints_hang_from_their_parents(flame):
    """A turn of the neck carries jaw and eyes; a later turn of the jaw starts where the neck left it."""
    pose = np.zeros((5, 3))
    pose[1], pose[2] = [0, 0.5, 0], [0.2, 0, 0]
    joints = flame_joints(flame)
    neck, jaw = Rotation.from_rotvec(pose[1]).as_matrix(), Rotation.from_rotvec(pose[2]).as_matrix()
    chin = np.argmax(flame.weights[:, 2])
    features = np.concatenate([(neck - np.eye(3)).ravel(), (jaw - np.eye(3)).ravel(), np.zeros(18)])
    rest = flame.v_template[chin] + flame.posedirs[chin] @ features
    in_jaw = jaw @ (rest - joints[2]) + joints[2]
    rigid = neck @ (in_jaw - joints[1]) + joints[1]
    without = neck @ (rest - joints[1]) + joints[1]
    w = flame.weights[chin].astype(np.float64)
    assert np.abs(pose_flame(flame, pose=pose)[chin] - (w[2] * rigid + w[1] * without + w[0] * rest)).max() < 1e-6


@pytest.mark.data
def test_identity_moves_vertices_and_joints_linearly(flame):
    betas = np.random.default_rng(1).normal(size=(3, 10))
    shaped = pose_flame(flame, betas)
    assert np.allclose(shaped[1], flame.v_template + flame.shapedirs[..., :10] @ betas[1], atol=1e-6)
    joints = flame_joints(flame, betas)
    assert np.allclose(joints, flame.j_regressor @ shaped, atol=1e-5)
    assert flame_joints(flame, betas[0]).shape == (5, 3)


@pytest.mark.data
def test_frames_are_independent(flame):
    rng = np.random.default_rng(2)
    pose, betas = rng.normal(size=(6, 15)) * 0.3, rng.normal(size=(6, 20))
    batch = pose_flame(flame, betas, None, pose)
    single = np.stack([pose_flame(flame, b, None, p.reshape(5, 3)) for b, p in zip(betas, pose, strict=True)])
    assert batch.shape == (6, V, 3) and np.abs(batch - single).max() < 2e-7
    assert np.abs(pose_flame(flame, betas[0], None, pose)[3] - pose_flame(flame, betas[0], None, pose[3])).max() < 2e-7
    assert pose_flame(flame, betas).shape == (6, V, 3)


@pytest.mark.data
def test_shapes_that_do_not_fit_are_errors(flame):
    for arguments in [
        {"betas": np.zeros(61)},
        {"expression": np.zeros(1)},
        {"pose": np.zeros((5, 4))},
        {"pose": np.zeros((3, 5, 3)), "betas": np.zeros((2, 4))},
    ]:
        with pytest.raises(ValueError):
            pose_flame(flame, **arguments)


def test_expression_adds_to_identity(arrays, tmp_path):
    model = read_flame(written(tmp_path, pickle.dumps(arrays)), identity_components=8)
    betas, face = np.full(2, 0.5), np.array([[0, 0, 1.0], [2, 0, 0]])
    posed = pose_flame(model, betas, face)
    expected = model.v_template + model.shapedirs[..., :2].sum(2) * 0.5 + model.expression_dirs[..., 0] * 2
    assert posed.shape == (2, V, 3) and np.allclose(posed[1], expected, atol=1e-6)


@given(st.lists(st.floats(-7, 7), min_size=3, max_size=3), st.floats(1e-12, 1))
def test_rotation_vectors(vector, scale):
    value = np.array(vector) * scale
    assert np.allclose(rotation_matrices(value), Rotation.from_rotvec(value).as_matrix(), atol=1e-12)


@pytest.mark.parametrize("name", ["x.obj", "Head.PLY"])
def test_a_mesh_file_is_named_as_such(tmp_path, name):
    (tmp_path / name).write_text("v 0 0 0\n")
    for read in (read_flame, read_template):
        with pytest.raises(UserError, match=rf"{name} is a mesh.*expected.*\.npz or \.pkl"):
            read(tmp_path / name)
