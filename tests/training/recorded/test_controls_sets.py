"""Sets of controls: Live Link Face folders, FACEGOOD, and the table of performers and splits."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import INDEX, N_BLENDSHAPES, N_CONTROLS
from ptalker_blender.motion.livelink import write_livelink_csv
from ptalker_blender.motion.motion import Motion
from ptalker_blender.training.recorded.index import chosen, read_index
from ptalker_blender.training.recorded.read import read_recorded


def write_take(path: Path, frames: int, seconds_of_sound: float | None, still: str = "tongueOut") -> Motion:
    rng = np.random.default_rng(frames)
    values = rng.uniform(0.1, 0.9, (frames, N_CONTROLS)).astype(np.float32)
    values[:, INDEX[still]] = 0.0
    path.parent.mkdir(parents=True, exist_ok=True)
    motion = Motion(values, 60.0)
    write_livelink_csv(motion, path)
    if seconds_of_sound is not None:
        soundfile.write(path.with_suffix(".wav"), 0.1 * rng.standard_normal(round(48_000 * seconds_of_sound)), 48_000)
    return motion


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    write_take(tmp_path / "ann" / "one.csv", 61, 1.0)
    write_take(tmp_path / "ann" / "two.csv", 60, None)
    write_take(tmp_path / "bob" / "one.csv", 60, 0.5)
    return tmp_path


def test_folders_name_performers_and_sound_is_optional(captures: Path) -> None:
    found = read_recorded("arkit", captures)
    assert [(clip.name, clip.performer, clip.sentence, clip.split) for clip in found.clips] == [
        ("ann/one", "ann", "one", "train"), ("ann/two", "ann", "two", "train"), ("bob/one", "bob", "one", "train"),
    ]  # fmt: skip
    one, two, bob = found.clips
    assert two.audio is None and two.motion.shape == (60, 55)
    assert one.audio is not None and len(one.audio.samples) == 16_000 and one.motion.shape == (60, 55)
    assert bob.audio is not None and len(bob.audio.samples) == 8_000 and bob.motion.shape == (30, 55)
    np.testing.assert_allclose(two.motion[:], write_take(captures / "x" / "y.csv", 60, None).values, atol=1e-6)
    assert found.templates is None and found.faces is None
    assert np.flatnonzero(~found.observed).tolist() == [INDEX["tongueOut"]]
    assert any("1 of 3 takes have no sound" in note for note in found.notes)


def test_the_table_chooses_and_splits(captures: Path) -> None:
    (captures / "index.csv").write_text(
        "name,performer,split,sentence\nann/one,Ann,train,s1\nann/two.csv,Ann,test_a,s2\n", encoding="utf-8"
    )
    found = read_recorded("arkit", captures)
    assert [(c.name, c.performer, c.sentence, c.split) for c in found.clips] == [
        ("ann/one", "Ann", "s1", "train"), ("ann/two", "Ann", "s2", "test_a"),
    ]  # fmt: skip
    assert any("1 takes" in note for note in found.notes) and found.performers == ("Ann",)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("ann/one,A,train\nann/one,A,val", "twice"),
        ("ann/one,A,train\nbob/one,A,test_b", "in train and in test_b"),
        ("ann/one,A,train\nbob/one,B,test_a", "not in train"),
        ("ann/one,A,training", "'training'"),
        ("ann/one,,train", "line 2, has no performer"),
        ("ann/three,A,train", "ann/three, which is not in"),
        ("", "no rows"),
    ],
)
def test_tables_that_cannot_be_used(captures: Path, rows: str, message: str) -> None:
    (captures / "index.csv").write_text(f"name,performer,split\n{rows}\n", encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_recorded("arkit", captures)


def test_the_same_sentence_cannot_train_and_test(tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text("name,performer,split,sentence\na,A,train,s1\nb,A,test_a,s1\n")
    with pytest.raises(UserError, match="says s1 in train and in test_a"):
        read_index(tmp_path / "index.csv")


@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_is_a_table_or_a_user_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("t") / "index.csv"
    path.write_bytes(f"name,performer,split\n{text}".encode())
    try:
        entries = read_index(path)
    except UserError:
        return
    assert entries and all(entry.performer and entry.name for entry in entries)


NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text and "/" not in text and "." not in text and "\\" not in text
)


@given(rows=st.dictionaries(NAMES, st.tuples(NAMES, st.sampled_from(["train", "val"]), NAMES), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, rows: dict[str, tuple[str, ...]]) -> None:
    path = tmp_path_factory.mktemp("t") / "index.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rest = ((name, *row) for name, row in rows.items())
        csv.writer(file).writerows([("name", "performer", "split", "sentence"), *rest])
    found = {entry.name: (entry.performer, entry.split, entry.sentence) for entry in read_index(path)}
    assert found == rows


def test_a_folder_without_a_table_is_all_training(tmp_path: Path) -> None:
    files = [tmp_path / "p" / "a.csv"]
    entries, notes = chosen(tmp_path, files, None)
    assert entries[files[0]].performer == "p" and "all takes are for training" in notes[0]


def test_options_belong_to_kinds(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="mesh for arkit"):
        read_recorded("arkit", tmp_path, mesh=tmp_path / "a.ply")
    with pytest.raises(UserError, match="data set 'hdtf'"):
        read_recorded("hdtf", tmp_path)
    with pytest.raises(UserError, match="no captures"):
        read_recorded("arkit", tmp_path)


@pytest.mark.data
def test_facegood_observes_the_mouth_alone(data_dir: Path) -> None:
    found = read_recorded("facegood", data_dir)
    assert [(clip.name, clip.split) for clip in found.clips] == [
        ("1114_2_01", "train"), ("1114_2_02", "train"), ("1114_2_03", "test_a"), ("1114_2_04", "test_a"),
    ]  # fmt: skip
    assert found.observed[INDEX["jawOpen"]] and found.observed[INDEX["mouthPucker"]]
    unseen = ("headYaw", "headPitch", "headRoll", "browInnerUp", "eyeBlinkLeft", "eyeLookUpLeft", "tongueOut")
    assert not found.observed[[INDEX[name] for name in unseen]].any()
    assert sum(clip.seconds for clip in found.clips) == pytest.approx(446, abs=1)  # as the set's notes count
    same = read_recorded("facegood", data_dir / "motion" / "facegood")
    np.testing.assert_array_equal(same.clips[2].motion[:], found.clips[2].motion[:])


@pytest.mark.data
def test_real_captures(data_dir: Path, tmp_path: Path) -> None:
    captures = data_dir / "motion" / "arkit_captures"
    for folder, name in (("livelinkface_rom", "alex_rom_3.csv"), ("llv/decoded", "dao.csv")):
        target = tmp_path / folder.partition("/")[0]
        target.mkdir()
        shutil.copy(captures / folder / name, target)
    found = read_recorded("arkit", tmp_path)
    assert [clip.performer for clip in found.clips] == ["livelinkface_rom", "llv"]
    assert all(clip.audio is None and clip.motion.shape[1] == N_CONTROLS for clip in found.clips)
    assert found.observed[:N_BLENDSHAPES].sum() >= 50 and found.observed[INDEX["headYaw"]]
