import csv

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import BLENDSHAPES, CONTROLS, INDEX
from ptalker_blender.motion.files import read_motion
from ptalker_blender.motion.livelink import COLUMNS, read_livelink_csv, write_livelink_csv
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.npz import read_motion_npz, write_motion_npz
from ptalker_blender.motion.timecode import from_timecodes, write_timecodes

RATES = [
    24_000 / 1_001,
    24.0,
    25.0,
    30_000 / 1_001,
    30.0,
    48.0,
    50.0,
    60_000 / 1_001,
    60.0,
    100.0,
    120_000 / 1_001,
    120.0,
]


@pytest.fixture
def motion():
    values = np.random.default_rng(0).random((90, 55)).astype(np.float32)
    values[:, 52:] -= 0.5
    return Motion(values, 30.0)


def refused(path, *words):
    with pytest.raises(UserError) as caught:
        read_motion(path)
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("frames", [3, 90, 4_000])
def test_csv_round_trip(tmp_path, motion, fps, frames):
    written = Motion(np.resize(motion.values, (frames, 55)), fps)
    write_livelink_csv(written, tmp_path / "a.csv")
    read = read_motion(tmp_path / "a.csv")
    np.testing.assert_allclose(read.values, written.values, atol=1e-5)
    assert read.fps == pytest.approx(fps, rel=1e-9)


def test_csv_is_what_the_app_writes(tmp_path, motion):
    write_livelink_csv(motion, tmp_path / "a.csv")
    rows = list(csv.reader((tmp_path / "a.csv").open()))
    assert rows[0] == list(COLUMNS) and len(COLUMNS) == 63
    assert all(len(row) == 63 and row[1] == "61" for row in rows[1:])
    assert [row[0] for row in rows[1:4]] == ["00:00:00:00.000", "00:00:00:02.000", "00:00:00:04.000"]
    assert rows[31][0] == "00:00:01:00.000"
    jaw_left = float(rows[1][rows[0].index("JawLeft")])
    assert jaw_left == pytest.approx(motion.values[0, INDEX["jawLeft"]], abs=1e-7)


@pytest.mark.data
def test_header_is_the_captures(data_dir, tmp_path, motion):
    capture = data_dir / "motion/arkit_captures/livelinkface_rom/alex_rom_3.csv"
    assert capture.open().readline().strip().split(",") == list(COLUMNS)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "rows", "dropped", "fps"),
    [
        ("livelinkface_rom/alex_rom_3.csv", 4_030, 3, 30.0),
        ("livelinkface_rom/alex_rom_4.csv", 3_809, 2, 30.0),
        ("llv/decoded/dao.csv", 180, 7, 60.0),
    ],
)
def test_real_captures(data_dir, name, rows, dropped, fps):
    file = data_dir / "motion/arkit_captures" / name
    motion = read_motion(file)
    assert motion.fps == fps and len(motion.values) == rows + dropped
    assert motion.values[:, :52].min() >= 0 and motion.values[:, :52].max() <= 1
    table = list(csv.DictReader(file.open()))
    for control, column in (("jawLeft", "JawLeft"), ("mouthRight", "MouthRight"), ("headYaw", "HeadYaw")):
        assert motion.values[-1, INDEX[control]] == pytest.approx(float(table[-1][column]), abs=1e-6)


@pytest.mark.data
def test_dropped_frames_lie_between_their_neighbours(data_dir):
    motion = read_motion(data_dir / "motion/arkit_captures/llv/decoded/dao.csv")  # frames 6 to 12 are missing
    expected = np.linspace(motion.values[5], motion.values[13], 9)
    np.testing.assert_allclose(motion.values[5:14], expected, atol=1e-6)


@pytest.mark.data
def test_eye_columns_agree_with_captured_ones(data_dir, tmp_path):
    file = data_dir / "motion/arkit_captures/livelinkface_rom/alex_rom_4.csv"
    write_livelink_csv(read_motion(file), tmp_path / "a.csv")
    real, ours = (list(csv.DictReader(path.open())) for path in (file, tmp_path / "a.csv"))
    for column in ("LeftEyeYaw", "RightEyeYaw", "LeftEyePitch", "RightEyePitch"):
        a, b = (np.array([float(row[column]) for row in rows[:500]]) for rows in (real, ours))
        assert np.corrcoef(a, b)[0, 1] > 0.99


def rewrite(path, change):
    rows = list(csv.reader(path.open()))
    change(rows)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def test_columns_are_found_by_name(tmp_path, motion):
    path = tmp_path / "a.csv"
    write_livelink_csv(motion, path)
    order = np.random.default_rng(1).permutation(63)
    rewrite(path, lambda rows: rows.__setitem__(slice(None), [[row[i] for i in order] for row in rows]))
    with pytest.raises(AssertionError):  # the shuffle must matter, or this proves nothing
        assert path.read_text().startswith("Timecode")
    np.testing.assert_allclose(read_motion(path).values, motion.values, atol=1e-5)


def test_dropped_and_faceless_rows_are_interpolated(tmp_path, motion):
    path = tmp_path / "a.csv"
    straight = Motion(np.linspace(0, 1, 90, dtype=np.float32)[:, None].repeat(55, 1), 30.0)
    write_livelink_csv(straight, path)

    def damage(rows):
        rows[40] = [rows[40][0], "0"]  # no face in view
        del rows[50:53]

    rewrite(path, damage)
    read = read_motion(path)
    assert read.fps == 30.0
    np.testing.assert_allclose(read.values, straight.values, atol=1e-5)


def test_shapes_are_clipped_and_angles_are_not(tmp_path, motion):
    values = motion.values.copy()
    values[0, 0], values[1, 0], values[0, INDEX["headYaw"]] = 1.05, -0.2, -1.2
    write_livelink_csv(Motion(values, 30.0), tmp_path / "a.csv")
    read = read_motion(tmp_path / "a.csv").values
    assert (read[0, 0], read[1, 0]) == (1.0, 0.0)
    assert read[0, INDEX["headYaw"]] == pytest.approx(-1.2)


@pytest.mark.parametrize("ticks", [24, 25, 30, 60])
def test_other_tick_rates_are_told_by_the_second_turning_over(ticks):
    times = [f"01:00:{k // ticks:02d}:{k % ticks:02d}.000" for k in range(5 * ticks)]
    timing = from_timecodes(times, "a.csv")
    assert timing.fps == ticks and timing.frames[-1] == 5 * ticks - 1


def test_midnight_and_repeats():
    times = ["23:59:59:58.000", "23:59:59:59.000", "23:59:59:59.000", "00:00:00:00.000", "00:00:00:01.000"]
    timing = from_timecodes(times, "a.csv")
    assert timing.fps == 60.0 and timing.rows.tolist() == [0, 1, 3, 4] and timing.frames.tolist() == [0, 1, 2, 3]


def test_timecodes_never_reach_a_full_second():
    for fps in RATES:
        assert all(float(text[9:]) < 60 for text in write_timecodes(500, fps))


def test_csv_refusals(tmp_path, motion):
    path = tmp_path / "a.csv"

    def broken(change, *words):
        write_livelink_csv(motion, path)
        rewrite(path, change)
        refused(path, "a.csv", *words)

    broken(lambda rows: [row.pop(5) for row in rows], "has no column")
    broken(lambda rows: rows[3].__setitem__(9, "x"), "not a number")
    broken(lambda rows: rows[3].__setitem__(9, "nan"), "NaN")
    broken(lambda rows: rows[3].__setitem__(0, "yesterday"), "timecode")
    broken(lambda rows: rows[-1].__setitem__(0, "00:00:30:00.000"), "gap")
    broken(lambda rows: rows[3].__setitem__(0, "00:00:00:00.000"), "back in time")
    broken(lambda rows: rows.__delitem__(slice(1, None)), "no frames")
    broken(lambda rows: rows.__delitem__(slice(2, None)), "1 frame")
    refused(tmp_path / "missing.csv", "no file")
    path.write_bytes(b"\xff\xfe\x00")
    refused(path, "not a text table")
    with pytest.raises(ValueError, match="two frames"):
        write_livelink_csv(Motion(motion.values[:1]), path)


def test_refusals_by_suffix(tmp_path):
    for suffix in ("mp4", "mov", "avi", "mkv", "webm"):
        refused(tmp_path / f"take.{suffix}", "video", "Live Link Face")
    refused(tmp_path / "vertices.npy", "no file", "FLAME's vertices")
    refused(tmp_path / "take.fbx", "not a motion file")


@given(
    st.binary(max_size=400),
    st.sampled_from(["csv", "npz", "npy"]),
    st.sampled_from([b"", b"PK\x03\x04", b"Timecode,BlendShapeCount\n", b"\x93NUMPY\x01\x00"]),
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbage_is_only_ever_refused(tmp_path, garbage, suffix, magic):
    path = tmp_path / f"garbage.{suffix}"
    path.write_bytes(magic + garbage)
    refused(path)


def test_npz_round_trip_is_exact_and_repeatable(tmp_path, motion):
    write_motion_npz(motion, tmp_path / "a.npz")
    write_motion_npz(motion, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    read = read_motion(tmp_path / "a.npz")
    np.testing.assert_array_equal(read.values, motion.values)
    assert read.fps == motion.fps and read.values.dtype == np.float32
    with np.load(tmp_path / "a.npz") as archive:
        assert archive["controls"].dtype == np.float32 and archive["names"].tolist() == list(CONTROLS)


def test_npz_names_in_any_order(tmp_path, motion):
    order = np.random.default_rng(2).permutation(55)
    np.savez(tmp_path / "a.npz", controls=motion.values[:, order], names=np.array(CONTROLS)[order], fps=30)
    np.testing.assert_array_equal(read_motion_npz(tmp_path / "a.npz").values, motion.values)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"controls": None}, "has no controls"),
        ({"fps": None}, "has no fps"),
        ({"fps": np.nan}, "NaN"),
        ({"fps": 0.0}, "fps"),
        ({"names": np.array(BLENDSHAPES)}, "lacks headPitch"),
        ({"names": np.array(["jawOpen"] * 55)}, "lacks"),
        ({"controls": np.zeros((5, 54))}, "shape"),
        ({"controls": np.zeros((0, 55))}, "shape"),
        ({"controls": np.full((5, 55), np.inf)}, "infinite"),
        ({"controls": np.array([["a"] * 55])}, "numbers"),
        ({"controls": np.array([[None] * 55], object)}, "cannot be read"),
    ],
)
def test_npz_refusals(tmp_path, motion, fields, word):
    good = {"controls": motion.values, "names": np.array(CONTROLS), "fps": 30.0}
    np.savez(tmp_path / "a.npz", **{k: v for k, v in (good | fields).items() if v is not None})
    refused(tmp_path / "a.npz", "a.npz", word)


def test_a_failed_write_leaves_the_old_file(tmp_path, motion, monkeypatch):
    write_motion_npz(motion, tmp_path / "a.npz")
    before = (tmp_path / "a.npz").read_bytes()

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(OSError, match="disk full"):
        write_motion_npz(motion, tmp_path / "a.npz")
    assert (tmp_path / "a.npz").read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_both_readers_agree(tmp_path, motion):
    write_motion_npz(motion, tmp_path / "a.npz")
    write_livelink_csv(motion, tmp_path / "a.csv")
    a, b = read_motion(tmp_path / "a.npz"), read_livelink_csv(tmp_path / "a.csv")
    np.testing.assert_allclose(a.values, b.values, atol=1e-5)
    assert a.fps == b.fps
