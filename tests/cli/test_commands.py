"""Each verb: what it writes, and the one line and status with which it refuses bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ptalker_blender import cli
from ptalker_blender.cli import main
from ptalker_blender.commands import bake as bake_command
from ptalker_blender.commands import baking, bench, development, options, predict
from ptalker_blender.engine.client import worker_environment
from ptalker_blender.motion.livelink import read_livelink_csv
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.npz import read_motion_npz, write_motion_npz
from ptalker_blender.style.library import save_style
from ptalker_blender.style.performance import Performance
from tests.tiny_network import tiny_weights

SECONDS = 0.8


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A real checkpoint with random weights: what it says is nonsense, how it is said is the real path."""
    return str(tiny_weights(tmp_path_factory.mktemp("weights") / "tiny.safetensors"))


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("audio") / "line.wav"
    soundfile.write(path, bench.speech_like(SECONDS), bench.SOURCE_RATE)
    return str(path)


def subprocess_cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ptalker_blender.cli", *arguments]
    return subprocess.run(command, env=worker_environment(), capture_output=True, text=True, timeout=120)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line with which the arguments are refused."""
    try:
        status = main(list(arguments))
    except SystemExit as stop:  # argparse
        status = stop.code
    captured = capsys.readouterr()
    assert status == 2
    assert captured.out == ""
    assert captured.err.startswith("ptalker: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_predict_npz_at_the_engines_rate(wav: str, weights: str, tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    assert main(["predict", wav, "-o", str(out), "--weights", weights]) == 0
    with np.load(out) as fields:
        assert fields["controls"].shape == (40, 55)
        assert fields["controls"].dtype == np.float32
        assert len(fields["names"]) == 55
        assert float(fields["fps"]) == 50.0
    assert list(tmp_path.iterdir()) == [out]


def test_predict_is_reproducible_and_hears_the_seed(wav: str, weights: str, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        arguments = ["predict", wav, "-o", str(tmp_path / f"{name}.npz"), "--weights", weights, "--seed", str(seed)]
        assert main(arguments) == 0
    a, b, c = (read_motion_npz(tmp_path / f"{name}.npz").values for name in "abc")
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)  # blinks, gaze and head drift


def test_predict_csv_at_a_broadcast_rate(wav: str, weights: str, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert main(["predict", wav, "-o", str(out), "--weights", weights, "--fps", "29.97"]) == 0
    assert len(read_livelink_csv(out).values) == round(SECONDS * 30_000 / 1001)


def test_predict_takes_a_style_file_and_a_range(wav: str, weights: str, tmp_path: Path) -> None:
    performance = tmp_path / "manner.npz"
    values = np.random.default_rng(0).uniform(0, 0.5, (200, 55)).astype(np.float32)
    write_motion_npz(Motion(values), performance)
    results = []
    for i, extra in enumerate(([], ["--style-range", "0.5:3"], ["--strength", "0"])):
        out = tmp_path / f"{i}.npz"
        command = ["predict", wav, "-o", str(out), "--weights", weights, "--style", str(performance), *extra]
        assert main(command) == 0
        results.append(read_motion_npz(out).values)
    assert not np.array_equal(results[0], results[1])
    assert not np.array_equal(results[0], results[2])


def test_vertices_want_an_npz(capsys: pytest.CaptureFixture[str], wav: str, weights: str, tmp_path: Path) -> None:
    out = str(tmp_path / "out.csv")
    assert "--vertices" in refusal(capsys, "predict", wav, "-o", out, "--weights", weights, "--vertices", "flame.npz")


@pytest.mark.data
def test_predict_vertices_of_a_flame_file(data_dir: Path, wav: str, weights: str, tmp_path: Path) -> None:
    source = data_dir / "flame" / "flame2023open_partial.npz"
    if not source.is_file():
        pytest.skip("no FLAME arrays in the shared data")
    with np.load(source) as arrays:
        np.savez(tmp_path / "bare.npz", template=arrays["v_template"], faces=arrays["faces"])
    out = tmp_path / "out.npz"
    call = [
        "predict",
        wav,
        "-o",
        str(out),
        "--weights",
        weights,
        "--fps",
        "30",
        "--vertices",
        str(tmp_path / "bare.npz"),
    ]
    assert main(call) == 0
    with np.load(out) as saved, np.load(tmp_path / "bare.npz") as bare:
        assert saved["fps"] == 30 and saved["vertices"].shape == (len(saved["controls"]), 5023, 3)
        assert 0 < np.abs(saved["vertices"] - bare["template"]).max() < 0.1


def test_predict_a_range_of_the_audio(wav: str, weights: str, tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    assert main(["predict", wav, "-o", str(out), "--weights", weights, "--audio-range", "0.2:0.6"]) == 0
    assert len(read_motion_npz(out).values) == 20


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        (["--text", ""], "the transcript is empty"),
        (["--text", " "], "the transcript is empty"),
        (["--text", "nowhere.txt"], "no file nowhere.txt"),
        (["--text", "scripts/Nowhere.TXT"], "no file scripts/Nowhere.TXT"),
        (["--vertices", "flame.npz"], "flame.npz cannot be read"),
        (["--strength", "nan"], "'nan' is not a strength"),
        (["--strength", "4"], "'4' is not a strength"),
        (["--fps", "0"], "'0' is not a rate"),
        (["--fps", "inf"], "'inf' is not a rate"),
        (["--seed", "-1"], "'-1' is not a whole number"),
        (["--seed", "1.5"], "'1.5' is not a whole number"),
        (["--style-range", "3:1", "--style", "x"], "'3:1' is not a range"),
        (["--style-range", "a:b"], "'a:b' is not a range"),
        (["--style-range", "1:2"], "a style range without a style"),
        (["--mix", "calm"], "a style to mix in without a style"),
        (["--mix-share", "0.5"], "--mix-share without --mix"),
        (["--mix-share", "2", "--mix", "x"], "'2' is not a share"),
        (["--mix-share", "nan", "--mix", "x"], "'nan' is not a share"),
        (["--style", "no such style"], "no such style"),
        (["--style", ""], "style ''"),
        (["--style", "nowhere.csv"], "nowhere.csv"),
        (["--device", "abacus"], "abacus"),
        (["--sed", "1"], "--sed"),
        (["--weights", "nowhere.safetensors"], "nowhere.safetensors"),
        (["--audio-range", "0:99"], "line.wav"),
    ],
)
def test_predict_refuses(
    capsys: pytest.CaptureFixture[str], wav: str, weights: str, tmp_path: Path, extra: list[str], text: str
) -> None:
    out = tmp_path / "out.npz"
    out.write_bytes(b"precious")
    chosen = [] if "--weights" in extra else ["--weights", weights]
    assert text in refusal(capsys, "predict", wav, "-o", str(out), *chosen, *extra)
    assert out.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("verb", "audio", "output", "text"),
    [
        ("predict", "nowhere.wav", "x.npz", "nowhere.wav"),
        ("predict", None, "x.txt", "x.txt"),
        ("predict", None, "no/such/folder/x.npz", "folder"),
        ("predict", None, "folder.npz", "is a folder"),
        ("bake", "nowhere.wav", "x.blend", "nowhere.wav"),
        ("bake", None, "x.npz", ".blend"),
    ],
)
def test_paths_are_checked(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    wav: str,
    tmp_path: Path,
    verb: str,
    audio: str | None,
    output: str,
    text: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.npz").mkdir()
    assert text in refusal(capsys, verb, audio or wav, "-o", output)


def test_an_input_is_not_replaced(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, wav: str, tmp_path: Path
) -> None:
    """A head or a performance of the artist would be gone."""
    monkeypatch.chdir(tmp_path)
    for verb, option, name in (("bake", "--head", "head.blend"), ("predict", "--style", "manner.npz")):
        Path(name).write_bytes(b"precious")
        Path(f"link_{name}").hardlink_to(name)
        for output in (name, f"link_{name}", f"./{name}"):
            assert "also an input" in refusal(capsys, verb, wav, "-o", output, option, name)
        assert Path(name).read_bytes() == b"precious"


def test_a_folder_that_cannot_be_written_in_is_refused_before_any_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, wav: str, tmp_path: Path
) -> None:
    def refuse(dir: Path) -> None:
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setattr(options.tempfile, "TemporaryFile", refuse)  # root may write anywhere
    monkeypatch.setattr(predict, "perform", None)
    line = refusal(capsys, "predict", wav, "-o", str(tmp_path / "x.npz"))
    assert "cannot be written in (Permission denied)" in line


def test_a_full_disk_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, wav: str, weights: str, tmp_path: Path
) -> None:
    def full(motion: Motion, fps: float, output: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(predict, "_write", full)
    assert "the disk is full" in refusal(capsys, "predict", wav, "-o", str(tmp_path / "x.npz"), "--weights", weights)


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        (["--head", "nowhere.obj"], "nowhere.obj"),
        (["--object", "Head"], "--object"),
        (["--start-frame", "1.5"], "--start-frame"),
        (["--keys", "few"], "--keys"),
        (["--text", "/"], "transcript '/' cannot be read"),
    ],
)
def test_bake_refuses(
    capsys: pytest.CaptureFixture[str], wav: str, tmp_path: Path, extra: list[str], text: str
) -> None:
    assert text in refusal(capsys, "bake", wav, "-o", str(tmp_path / "x.blend"), *extra)


def test_bake_without_bpy_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, wav: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(baking, "blender_is_here", lambda: False)
    assert bake_command.require_blender is baking.require_blender
    assert "pip install 'ptalker[blender]'" in refusal(capsys, "bake", wav, "-o", str(tmp_path / "x.blend"))


@pytest.mark.parametrize(
    "arguments",
    [[], ["restyle", "x"], ["batch"], ["predict"], ["bench", "--seconds", "0"], ["bench", "--threads", "0"]],
)
def test_unknown_and_incomplete_calls_are_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert "--help" in refusal(capsys, *arguments)


@pytest.mark.parametrize("verb", ["corpus", "train", "evaluate"])
def test_development_verbs_without_the_training_package(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setattr(development, "_TRAINING", "ptalker_blender.not_in_the_zip")
    assert "not part of the add-on" in refusal(capsys, verb)


def test_a_failed_write_keeps_the_old_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, wav: str, weights: str, tmp_path: Path
) -> None:
    out = tmp_path / "out.npz"
    out.write_bytes(b"precious")
    monkeypatch.setattr(predict, "_write", _half_written)
    assert main(["predict", wav, "-o", str(out), "--weights", weights]) == 1
    assert "RuntimeError: disk on fire" in capsys.readouterr().err
    assert out.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [out]


def _half_written(motion: Motion, fps: float, output: Path) -> None:
    from ptalker_blender.files import atomic_write

    with atomic_write(output) as temporary:
        temporary.write_bytes(b"half of")
        raise RuntimeError("disk on fire")


def test_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(argv: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", interrupt)
    assert main(["styles"]) == 130


def test_styles_one_line_each_name_first(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PTALKER_WEIGHTS", str(tmp_path))
    (tmp_path / "styles").mkdir()
    motion = Motion(np.zeros((100, 55), np.float32))
    save_style(Performance(motion, "calm"), "slow and even", tmp_path / "styles" / "calm.npz")
    save_style(Performance(motion, "lively"), "quick, wide", tmp_path / "styles" / "lively.npz")
    assert main(["styles"]) == 0
    assert capsys.readouterr().out.splitlines() == ["calm    slow and even", "lively  quick, wide"]


def test_doctor_names_what_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PTALKER_WEIGHTS", str(tmp_path))
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    names = [line.split("  ")[0].strip() for line in lines]
    assert {"python", "platform", "torch", "devices", "weights", "styles", "bpy", "ffmpeg", "espeak-ng"} <= set(names)
    assert any(line.startswith("missing: weights: no weights") for line in lines)


def test_bench_json(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, weights: str) -> None:
    monkeypatch.setattr(bench, "blender_is_here", lambda: False)
    assert main(["bench", "--json", "--seconds", "1", "--weights", weights]) == 0
    figures = json.loads(capfd.readouterr().out)
    assert figures["audio_seconds"] == pytest.approx(1.0, abs=1e-3)
    assert figures["bake_seconds"] is None
    assert figures["network_rtf"] == pytest.approx(figures["network_seconds"] / figures["audio_seconds"])
    for key in ("load_seconds", "network_seconds", "decode_seconds", "peak_rss_mb", "threads"):
        assert figures[key] > 0


def test_the_bench_signal_is_the_same_everywhere() -> None:
    signal = bench.speech_like(1.5, 16_000)
    assert signal.shape == (24_000,)
    assert signal.dtype == np.float32
    np.testing.assert_array_equal(signal, bench.speech_like(1.5, 16_000))
    assert 0.02 < np.sqrt(np.mean(signal**2)) < 0.5
    assert np.abs(signal).max() <= 1.0


@pytest.mark.parametrize(
    ("text", "rate"),
    [("24", 24.0), ("23.976", 24_000 / 1001), ("29.97", 30_000 / 1001), ("59.94", 60_000 / 1001), ("12.5", 12.5)],
)
def test_frame_rates(text: str, rate: float) -> None:
    assert options.frame_rate(text) == pytest.approx(rate, rel=1e-12)


def test_help_is_quick_to_import() -> None:
    code = (
        "import sys, ptalker_blender.cli as c\n"
        "try: c.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('torch', 'scipy', 'numpy', 'bpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=worker_environment(), capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "predict" in done.stdout


def test_as_a_program(tmp_path: Path) -> None:
    done = subprocess_cli("predict", str(tmp_path / "nowhere.wav"), "-o", str(tmp_path / "x.npz"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ptalker: no file ")
    assert done.stderr.count("\n") == 1


@pytest.mark.bpy
def test_bake_writes_a_scene_that_opens(wav: str, weights: str, tmp_path: Path) -> None:
    pytest.importorskip("bpy")
    out, manners = tmp_path / "out.blend", tmp_path.parent / f"{tmp_path.name}_manners"
    manners.mkdir()
    for name, jaw in (("low", 0.1), ("wide", 0.6)):
        write_motion_npz(Motion(np.full((60, 55), jaw, np.float32)), manners / f"{name}.npz")
    mix = ["--style", str(manners / "low.npz"), "--mix", str(manners / "wide.npz"), "--mix-share", "0.25"]
    rate = ["--fps", "23.976", "--start-frame", "10"]
    done = subprocess_cli("bake", wav, "-o", str(out), "--weights", weights, *rate, *mix)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"wrote {out}: frames 10 to 28 at 23.976 fps")
    assert done.stdout.count("\n") == 1
    assert list(tmp_path.iterdir()) == [out]  # neither a backup nor a temporary file
    look = (
        "import bpy, json, os, sys\n"
        f"bpy.ops.wm.open_mainfile(filepath={str(out)!r})\n"
        "s = bpy.context.scene\n"
        "keys = [k for k in bpy.data.shape_keys if k.animation_data]\n"
        "action = keys[0].animation_data.action\n"
        "source = json.loads(action['ptalker'])\n"
        "strips = s.sequence_editor.strips\n"
        "print(json.dumps([s.frame_start, s.frame_end, s.render.fps, round(s.render.fps_base, 4),\n"
        "  [source[k] for k in ('seed', 'mix', 'mix_share')],\n"
        "  int(strips[0].left_handle if hasattr(strips[0], 'left_handle')\n"
        "  else strips[0].frame_final_start), os.path.isfile(bpy.path.abspath(strips[0].sound.filepath)),\n"
        "  strips[0].sound.filepath[:2]]), flush=True)\n"
        "os._exit(0)"
    )
    seen = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, timeout=120)
    assert json.loads(seen.stdout.splitlines()[-1]) == [
        10, 28, 24, 1.001, [0, str(manners / "wide.npz"), 0.25], 10, True, "//",
    ]  # fmt: skip
