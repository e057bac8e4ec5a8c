"""FLAME tracks of every layout are read alike, and what is none is refused in words."""

import io
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.errors import UserError
from ptalker_blender.rig.flame_layouts import folded, looks_like_flame
from ptalker_blender.rig.flame_pose import rotation_matrices
from ptalker_blender.rig.flame_track import EYE_LEFT, EYE_RIGHT, JAW, NECK, ROOT, FlameTrack
from ptalker_blender.rig.flame_tracks import read_flame_track

T = 7
RNG = np.random.default_rng(3)
EXP, SHAPE = RNG.normal(size=(T, 50)), RNG.normal(size=100)
POSE = RNG.normal(size=(T, 5, 3)) * 0.2


def rows(vectors):
    """Six numbers a joint: the first two rows of the matrices."""
    return rotation_matrices(vectors)[..., :2, :].reshape(len(vectors), -1)


@pytest.fixture
def save(tmp_path):
    def write(**arrays):
        np.savez(tmp_path / "take.npz", **arrays)
        return tmp_path / "take.npz"

    return write


def only(*joints):
    pose = np.zeros((T, 5, 3))
    pose[:, list(joints)] = POSE[:, list(joints)]
    return pose


def flat(*joints):
    return POSE[:, list(joints)].reshape(T, -1)


LAYOUTS = {
    "spectre": ({"exp": EXP, "pose": flat(ROOT, JAW), "shape": np.tile(SHAPE, (T, 1)), "fps": 30}, (ROOT, JAW)),
    "batch of one": ({"exp": EXP[None], "pose": flat(ROOT, JAW)[None], "shape": SHAPE[None], "fps": 30}, (ROOT, JAW)),
    "vhap": (
        {
            "expr": EXP, "rotation": flat(ROOT), "neck_pose": flat(NECK), "jaw_pose": flat(JAW),
            "eyes_pose": flat(EYE_LEFT, EYE_RIGHT), "shape": SHAPE, "fps": np.array([30.0]),
        },
        (ROOT, NECK, JAW, EYE_LEFT, EYE_RIGHT),
    ),
    "smirk": (
        {"expression_params": EXP, "jaw_params": flat(JAW), "pose_params": flat(ROOT), "shape_params": SHAPE[None],
         "fps": 30}, (ROOT, JAW),
    ),
    "metrical": (
        {"exp": EXP, "jaw": rows(POSE[:, JAW]), "neck": rows(POSE[:, NECK]), "shape": SHAPE, "fps": 30,
         "eyes": rows(POSE[:, [EYE_LEFT, EYE_RIGHT]].reshape(-1, 3)).reshape(T, 12)}, (NECK, JAW, EYE_LEFT, EYE_RIGHT),
    ),
    "matrices": ({"exp": EXP, "jaw": rotation_matrices(POSE[:, JAW]), "shape": SHAPE, "fps": 30}, (JAW,)),
    "all joints": ({"flame_expr": EXP, "flame_pose": POSE, "flame_shape": SHAPE, "fps": 30}, range(5)),
    "three joints": ({"exp": EXP, "pose": flat(ROOT, NECK, JAW), "shape": SHAPE, "fps": 30}, (ROOT, NECK, JAW)),
    "six numbers": (
        {"exp": EXP, "pose": rows(POSE[:, [ROOT, JAW]].reshape(-1, 3)).reshape(T, 12), "shape": SHAPE, "fps": 30},
        (ROOT, JAW),
    ),
    "jaw alone in pose": ({"exp": EXP, "pose": flat(JAW), "shape": SHAPE, "fps": 30}, (JAW,)),
    "smpl-x": (
        {"expression": EXP, "jaw_pose": flat(JAW), "leye_pose": flat(EYE_LEFT), "reye_pose": flat(EYE_RIGHT),
         "global_orient": flat(ROOT), "betas": SHAPE, "mocap_frame_rate": 30}, (ROOT, JAW, EYE_LEFT, EYE_RIGHT),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("arrays", "joints"), LAYOUTS.values(), ids=list(LAYOUTS))
def test_layouts_say_the_same(save, arrays, joints):
    track = read_flame_track(save(**arrays))
    np.testing.assert_allclose(track.expression, EXP, rtol=1e-6)
    np.testing.assert_allclose(track.pose, only(*joints), atol=1e-6)
    np.testing.assert_allclose(track.shape, SHAPE, rtol=1e-6)
    assert (track.fps, track.name, track.notes) == (30.0, "take", ())
    assert looks_like_flame(arrays)


def test_artalk_code_as_npz_npy_and_pickle(tmp_path):
    code = np.concatenate([RNG.normal(size=(T, 100)), flat(ROOT, JAW)], axis=1).astype(np.float32)
    np.savez(tmp_path / "a.npz", code)
    np.savez(tmp_path / "b.npz", motion=code)
    np.save(tmp_path / "c.npy", code)
    (tmp_path / "d.pkl").write_bytes(pickle.dumps({"motion": code}, protocol=4))
    for name in ("a.npz", "b.npz", "c.npy", "d.pkl"):
        track = read_flame_track(tmp_path / name)
        np.testing.assert_array_equal(track.expression, code[:, :100])
        np.testing.assert_allclose(track.pose, only(ROOT, JAW), atol=1e-6)
        assert track.fps == 25.0 and "25 frames per second assumed" in track.notes[0]


def test_dictionaries_boxed_in_archives_are_opened(tmp_path):
    content = {"exp": EXP, "pose": flat(ROOT, JAW), "shape": SHAPE, "fps": 30.0}
    np.savez(tmp_path / "a.npz", flame=np.array(content, object))
    np.save(tmp_path / "b.npy", np.array(content, object))
    for name in ("a.npz", "b.npy"):
        np.testing.assert_allclose(read_flame_track(tmp_path / name).pose, only(ROOT, JAW), atol=1e-6)


def test_nothing_in_a_file_is_executed(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "written"), "w"))

    buffer = io.BytesIO()
    np.savez(buffer, exp=EXP, pose=np.array(Evil(), object))
    (tmp_path / "evil.npz").write_bytes(buffer.getvalue())
    with pytest.raises(UserError):
        read_flame_track(tmp_path / "evil.npz")
    assert not (tmp_path / "written").exists()


def test_notes_say_what_was_assumed_and_left_out(save):
    path = save(exp=EXP, jaw=flat(JAW), shape=RNG.normal(size=(T, 10)), eyelids=np.ones((T, 2)), transl=np.ones((T, 3)))
    notes = " ".join(read_flame_track(path).notes)
    for words in ("25 frames per second", "identity varies", "eyelids", "translation"):
        assert words in notes
    assert "assumed" not in " ".join(read_flame_track(path, fps=50).notes)
    assert read_flame_track(path, fps=50).fps == 50
    still = read_flame_track(save(exp=EXP, jaw=flat(JAW), transl=np.zeros((T, 3)), eyelids=np.ones((T, 2)), fps=25))
    assert still.notes == ("left out: eyelids",)


def test_jaw_without_expression(save):
    track = read_flame_track(save(jaw=flat(JAW), fps=25))
    assert track.expression.shape == (T, 0) and "no expression" in track.notes[0]


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"exp": EXP, "pose": np.zeros((T, 5))}, "5 numbers a frame in pose"),
        ({"exp": EXP, "pose": np.zeros((T, 12))}, "no rows of rotation"),
        ({"exp": EXP, "jaw": np.zeros((T, 6))}, "no rows of rotation"),
        ({"exp": EXP, "jaw": np.full((T, 9), 0.5)}, "no r"),
        ({"exp": EXP, "jaw": np.zeros((T, 4))}, "4 numbers a frame in jaw"),
        ({"exp": EXP, "eyes": np.zeros((T, 3))}, "eyes"),
        ({"exp": np.zeros((T, 101)), "jaw": flat(JAW)}, "101 expression"),
        ({"motion": np.zeros((T, 64))}, "64 numbers"),
        ({"exp": EXP, "pose": flat(ROOT, JAW)[:4]}, "4 and 7 frames"),
        ({"exp": EXP, "pose": flat(ROOT, JAW), "jaw": flat(JAW)}, "twice"),
        ({"exp": EXP, "expr": EXP, "jaw": flat(JAW)}, "mean the same"),
        ({"exp": EXP, "jaw": np.full((T, 3), 12.0)}, "degrees"),
        ({"exp": EXP, "pose": np.tile([0, 90.0, 0, 0.1, 0, 0], (T, 1))}, "degrees"),
        ({"exp": np.full((T, 50), np.nan), "jaw": flat(JAW)}, "finite"),
        ({"exp": np.full((T, 50), 1e60), "jaw": flat(JAW)}, "finite"),
        ({"exp": np.array(["a"]), "jaw": flat(JAW)}, "no array of numbers"),
        ({"exp": np.zeros((0, 50)), "jaw": flat(JAW)}, "shape"),
        ({"exp": EXP, "jaw": flat(JAW), "fps": 0}, "rate"),
        ({"exp": EXP, "jaw": flat(JAW), "shape": np.zeros(301)}, "shape"),
        ({"verts": EXP}, "it has verts"),
    ],
)
def test_refused_in_words(save, arrays, words):
    with pytest.raises(UserError, match=words) as caught:
        read_flame_track(save(**arrays))
    assert "take.npz" in caught.value.found and caught.value.expected and caught.value.advice


def test_torch_files_and_missing_ones_get_advice(tmp_path):
    (tmp_path / "a.pt").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"numpy\.savez"):
        read_flame_track(tmp_path / "a.pt")
    with pytest.raises(UserError, match="cannot be read"):
        read_flame_track(tmp_path / "absent.npz")


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 40), st.sampled_from(["pose", "jaw", "neck", "rotation", "eyes", "leye_pose"]), st.integers(1, 4))
def test_any_width_is_read_or_refused(tmp_path_factory, width, name, frames):
    """Zeros: a rotation of nothing as vectors, no rotation as rows; so what is accepted is at rest."""
    path = tmp_path_factory.mktemp("widths") / "take.npz"
    np.savez(path, exp=np.zeros((frames, 10)), fps=25, **{name: np.zeros((frames, width))})
    fits = {"pose": (3, 6, 9, 15), "eyes": (6,)}.get(name, (3,))
    if width in fits:
        track = read_flame_track(path)
        assert track.frames == frames and not track.pose.any()
    else:
        with pytest.raises(UserError, match=str(width)):
            read_flame_track(path)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([".npz", ".npy", ".pkl"]), st.booleans())
def test_damaged_files_are_refused(tmp_path_factory, noise, suffix, headed):
    path = tmp_path_factory.mktemp("noise") / f"take{suffix}"
    path.write_bytes((b"PK\x03\x04" if headed else b"") + noise)
    with pytest.raises(UserError):
        read_flame_track(path)


def test_folded_pose_looks_where_the_head_did():
    six = folded(POSE.astype(np.float32))
    whole = rotation_matrices(POSE[:, ROOT]) @ rotation_matrices(POSE[:, NECK])
    np.testing.assert_allclose(rotation_matrices(six[:, :3]), whole, atol=1e-6)
    np.testing.assert_allclose(six[:, 3:], POSE[:, JAW], atol=1e-7)


def test_looks_like_flame_is_not_fooled():
    assert not looks_like_flame(["controls", "names", "fps"])
    assert not looks_like_flame(["vertices", "fps"])
    assert not looks_like_flame(["shape", "fps"])
    assert looks_like_flame(["exp", "pose"])


def test_a_track_checks_its_arrays():
    good = np.zeros((T, 5), np.float32), np.zeros((T, 5, 3), np.float32), np.zeros(3, np.float32)
    assert FlameTrack(*good, 25.0).seconds == pytest.approx(T / 25)
    for broken in (
        (good[0].astype(float), *good[1:], 25.0),
        (good[0], good[1][:3], good[2], 25.0),
        (good[0][:0], good[1][:0], good[2], 25.0),
        (*good, 0.0),
        (*good, math.nan),
    ):
        with pytest.raises(ValueError, match=r"track|pose|frames"):
            FlameTrack(*broken)
