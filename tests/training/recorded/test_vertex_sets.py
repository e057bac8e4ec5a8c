"""VOCASET and BIWI in their released layouts, real sizes, a second or two of numbers."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.training.recorded.read import read_recorded
from ptalker_blender.training.recorded.vertex_sets import BIWI, VOCASET, read_templates
from tests.training.recorded.released import binary_ply, rest, write_sequence, write_templates

TRAIN, VAL, TEST = "FaceTalk_170728_03272_TA", "FaceTalk_170811_03275_TA", "FaceTalk_170809_00138_TA"


@pytest.fixture
def voca(tmp_path: Path) -> Path:
    write_templates(tmp_path, [TRAIN, VAL, TEST], 5023)
    for name in (f"{TRAIN}_sentence01", f"{VAL}_sentence20", f"{VAL}_sentence21", f"{TEST}_sentence40"):
        write_sequence(tmp_path, name, 61, 5023, 1.02)
    return tmp_path


def test_vocaset_is_halved_to_30_frames_and_split_as_released(voca: Path) -> None:
    found = read_recorded("vocaset", voca)
    assert {clip.name: clip.split for clip in found.clips} == {
        f"{TRAIN}_sentence01": "train", f"{VAL}_sentence21": "val", f"{TEST}_sentence40": "test_b",
    }  # fmt: skip
    clip = found.of("train")[0]
    assert (clip.performer, clip.sentence, clip.fps) == (TRAIN, "sentence01", 30.0)
    assert clip.motion.shape == (31, 15069) and found.performers == (TRAIN,)
    stored = np.load(voca / "vertices_npy" / f"{clip.name}.npy")
    template = rest(5023).astype(np.float32).ravel()
    np.testing.assert_allclose(clip.motion[:], stored[::2] - template, atol=1e-9)
    assert clip.motion[:].dtype == np.float32
    assert any("1 in no split" in note for note in found.notes)


def test_biwi_test_a_has_seen_performers_and_test_b_others(tmp_path: Path) -> None:
    write_templates(tmp_path, ["F2", "F1"], 23370)
    for name in ("F2_e01", "F2_e33", "F2_e37", "F1_e01", "F1_e40", "F2_01"):
        write_sequence(tmp_path, name, 5, 23370, 0.21)
    found = read_recorded("biwi", tmp_path)
    assert {clip.name: clip.split for clip in found.clips} == {
        "F2_e01": "train", "F2_e33": "val", "F2_e37": "test_a", "F1_e40": "test_b",
    }  # fmt: skip
    assert found.clips[0].motion.shape == (5, 70110) and found.clips[0].fps == 25.0
    assert any("1 in no split of the papers, 1 of another name" in note for note in found.notes)


def test_splits_count_what_the_papers_count() -> None:
    def size(layout, split):
        return sum(len(group.performers) * len(group.sentences) for group in layout.groups if group.split == split)

    # Mimic's supplement: BIWI 192 / 24 / Test-A 24 / Test-B 32; VOCASET 8, 2 and 2 performers.
    assert [size(BIWI, split) for split in ("train", "val", "test_a", "test_b")] == [192, 24, 24, 32]
    assert [size(VOCASET, split) for split in ("train", "val", "test_b")] == [320, 40, 40]
    performers = [name for group in VOCASET.groups for name in group.performers]
    assert len(performers) == len(set(performers)) == 12


@pytest.mark.parametrize("part", [slice(3, 9), slice(None, None, 2), slice(-4, None), slice(30, 40), slice(9, 3)])
def test_frames_on_disk_are_sliced_like_an_array(voca: Path, part: slice) -> None:
    motion = read_recorded("vocaset", voca).clips[0].motion
    np.testing.assert_array_equal(motion[part], np.asarray(motion)[part])


def test_motion_and_sound_end_together(voca: Path) -> None:
    write_sequence(voca, f"{TRAIN}_sentence02", 70, 5023, 1.0)  # 35 frames at 30, sound for 30
    for clip in read_recorded("vocaset", voca).clips:
        assert clip.audio is not None and abs(clip.audio.seconds - clip.seconds) <= 0.5 / 30
    second = next(clip for clip in read_recorded("vocaset", voca).clips if clip.sentence == "sentence02")
    assert len(second.motion) == 30 and second.audio is not None and len(second.audio.samples) == 16_000


def test_a_sequence_already_at_30_frames_is_refused(voca: Path) -> None:
    write_sequence(voca, f"{TRAIN}_sentence02", 60, 5023, 2.0)
    with pytest.raises(UserError, match=r"lasts 1\.00 s at 60 frames a second, and its sound 2\.00 s"):
        read_recorded("vocaset", voca)


def test_triangles_come_from_the_mesh_with_as_many_vertices(voca: Path) -> None:
    faces = np.array([[0, 1, 2], [2, 1, 5022]])
    (voca / "templates").mkdir()
    (voca / "templates" / "a_other.ply").write_bytes(binary_ply(12, faces[:1]))
    (voca / "templates" / "b_mesh.ply").write_bytes(binary_ply(5023, faces))
    found = read_recorded("vocaset", voca)
    assert found.faces is not None
    np.testing.assert_array_equal(found.faces, faces)
    with pytest.raises(UserError, match="12 vertices"):
        read_recorded("vocaset", voca, mesh=voca / "templates" / "a_other.ply")


def test_no_sound_no_clip(voca: Path) -> None:
    (voca / "wav" / f"{TRAIN}_sentence01.wav").unlink()
    found = read_recorded("vocaset", voca)
    assert not found.of("train") and any("1 no sound" in note for note in found.notes)


def test_what_is_wrong_is_told(voca: Path, tmp_path: Path) -> None:
    path = voca / "vertices_npy" / f"{TRAIN}_sentence01.npy"
    stored = np.load(path)
    stored[4, 7] = np.nan
    np.save(path, stored)
    with pytest.raises(UserError, match="NaN or infinite"):
        read_recorded("vocaset", voca).of("train")[0].motion[:]
    np.save(path, stored[:, :300])
    with pytest.raises(UserError, match=r"holds float64 of shape \(61, 300\)"):
        read_recorded("vocaset", voca)
    np.save(path, np.array([{}], object))
    with pytest.raises(UserError, match="cannot be read"):
        read_recorded("vocaset", voca)
    with pytest.raises(UserError, match="no sequences"):
        read_recorded("biwi", tmp_path / "wav")


def test_templates_of_a_python_2_pickle_and_of_npz_are_the_same(tmp_path: Path) -> None:
    write_templates(tmp_path, ["F1"], 23370)
    from_pickle = read_templates(tmp_path, 23370)
    (tmp_path / "templates.pkl").unlink()
    np.savez(tmp_path / "templates.npz", F1=rest(23370).ravel())
    np.testing.assert_array_equal(from_pickle["F1"], read_templates(tmp_path)["F1"])
    with pytest.raises(UserError, match=r"has \(23370, 3\) for F1"):
        write_templates(tmp_path, ["F1"], 23370)
        read_templates(tmp_path, 5023)


def test_a_pickle_that_would_run_something_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    (tmp_path / "templates.pkl").write_bytes(pickle.dumps({"F1": Evil()}))
    with pytest.raises(UserError, match=r"nothing in it is executed"):
        read_templates(tmp_path)
    assert not (tmp_path / "ran").exists()
