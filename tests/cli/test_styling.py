"""The verbs about manner: ``restyle``, ``styles --save``, and mixes on the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ptalker_blender.cli import main
from ptalker_blender.commands import bench
from ptalker_blender.engine.session import Session
from ptalker_blender.motion.controls import INDEX
from ptalker_blender.motion.livelink import read_livelink_csv, write_livelink_csv
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.npz import read_motion_npz, write_motion_npz
from ptalker_blender.style.library import load_style, save_style
from ptalker_blender.style.mix import mix_two
from ptalker_blender.style.performance import Performance, load_performance
from tests.tiny_network import tiny_weights

FRAMES, FPS = 75, 30_000 / 1001
JAW, HEAD = INDEX["jawOpen"], INDEX["headYaw"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    return str(tiny_weights(path, identities=("calm", "lively")))


def moving(seed: int, frames: int, fps: float) -> Motion:
    rng, times = np.random.default_rng(seed), np.arange(frames)[:, None] / fps
    waves = np.sin(2 * np.pi * (rng.uniform(0.5, 3, 55) * times + rng.uniform(0, 1, 55)))
    return Motion((0.25 + 0.2 * waves).astype(np.float32), fps)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with take.npz at 29.97, the library's styles calm and lively, and an artist's own manner.csv."""
    monkeypatch.setenv("PTALKER_WEIGHTS", str(tmp_path / "installed"))
    monkeypatch.chdir(tmp_path)
    styles = tmp_path / "installed" / "styles"
    styles.mkdir(parents=True)
    for seed, name in enumerate(("calm", "lively")):
        save_style(Performance(moving(seed, 200, 50.0)), f"rather {name}", styles / f"{name}.npz")
    write_motion_npz(moving(5, FRAMES, FPS), tmp_path / "take.npz")
    write_livelink_csv(moving(6, 120, 60.0), tmp_path / "manner.csv")
    return tmp_path


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    try:
        status = main(list(arguments))
    except SystemExit as stop:  # argparse
        status = stop.code
    captured = capsys.readouterr()
    assert (status, captured.out) == (2, "")
    assert captured.err.startswith("ptalker: ") and captured.err.count("\n") == 1
    return captured.err


def restyled(weights: str, *extra: str, style: str = "calm") -> Motion:
    command = ["restyle", "take.npz", "-o", "out.npz", "--style", style, "--weights", weights, "--device", "cpu"]
    assert main([*command, *extra]) == 0
    return read_motion_npz("out.npz")


def test_restyle_keeps_rate_and_frames_of_the_motion(here: Path, weights: str) -> None:
    source, made = read_motion_npz("take.npz"), restyled(weights)
    assert made.values.shape == source.values.shape and made.fps == pytest.approx(FPS)
    assert np.abs(made.values[:, JAW] - source.values[:, JAW]).max() > 0.01
    # To 50 frames a second and back: the curves are the same but for what lies between frames.
    np.testing.assert_allclose(made.values[:, HEAD], source.values[:, HEAD], atol=0.02)
    assert {path.name for path in here.iterdir()} == {"installed", "take.npz", "manner.csv", "out.npz"}


def test_restyle_to_another_rate_and_format(here: Path, weights: str) -> None:
    command = ["restyle", "take.npz", "-o", "out.csv", "--style", "manner.csv", "--weights", weights]
    assert main([*command, "--fps", "24", "--range", "0.5:2"]) == 0
    made = read_livelink_csv("out.csv")
    assert len(made.values) == 36 and made.fps == pytest.approx(24.0, rel=1e-3)


def test_restyle_hears_each_option(here: Path, weights: str) -> None:
    plain = restyled(weights).values
    np.testing.assert_array_equal(plain, restyled(weights).values)
    for extra in (["--strength", "2"], ["--mix", "manner.csv"], ["--style-range", "0:2"], ["--upper-face", "style"]):
        assert np.abs(restyled(weights, *extra).values - plain).max() > 1e-3, extra
    free = ["--upper-face", "style", "--seed"]
    assert not np.array_equal(restyled(weights, *free, "1").values, restyled(weights, *free, "2").values)
    np.testing.assert_array_equal(restyled(weights, "--mix", "lively", "--mix-share", "0").values, plain)
    alone = restyled(weights, style="lively").values
    np.testing.assert_array_equal(restyled(weights, "--mix", "lively", "--mix-share", "1").values, alone)


@pytest.mark.data
def test_restyle_a_real_capture(data_dir: Path, here: Path, weights: str) -> None:
    captures = sorted((data_dir / "motion" / "arkit_captures" / "livelinkface_rom").glob("*.csv"))
    if not captures:
        pytest.skip("no Live Link Face captures in the shared data")
    command = ["restyle", str(captures[0]), "-o", "out.csv", "--style", "calm", "--weights", weights]
    assert main([*command, "--range", "2:6"]) == 0
    source, made = read_livelink_csv(captures[0]), read_livelink_csv("out.csv")
    first = round(2 * source.fps)
    assert len(made.values) == round(4 * source.fps) and made.fps == pytest.approx(source.fps, rel=1e-3)
    cut = source.values[first : first + len(made.values)]
    blink = INDEX["eyeBlinkLeft"]
    assert np.corrcoef(made.values[:, blink], cut[:, blink])[0, 1] > 0.95  # the performer's own
    # And not his mouth; an untrained network's may stand at the ends of its range, where there is nothing to correlate.
    mouth = [k for name, k in INDEX.items() if name.startswith("mouth")]
    assert np.abs(made.values[:, mouth] - cut[:, mouth]).max() > 0.1


def test_restyle_says_how_long_it_took(here: Path, weights: str, capsys: pytest.CaptureFixture[str]) -> None:
    restyled(weights, "--verbose")
    assert "network" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["take.npz", "-o", "x.npz"], "--style"),
        (["take.npz", "-o", "x.npz", "--style", "voice"], "style 'voice' and no audio"),
        (["take.npz", "-o", "x.npz", "--style", "angry"], "calm, lively"),
        (["take.npz", "-o", "x.npz", "--style", "calm", "--mix", "angry"], "style 'angry'"),
        (["take.npz", "-o", "x.npz", "--style", "calm", "--mix-share", "0.5"], "--mix-share without --mix"),
        (["take.npz", "-o", "x.npz", "--style", "calm", "--upper-face", "both"], "--upper-face"),
        (["take.npz", "-o", "x.npz", "--style", "calm", "--text", "hello"], "--text"),
        (["take.npz", "-o", "x.npz", "--style", "calm", "--range", "1:9"], "too short"),
        (["take.npz", "-o", "take.npz", "--style", "calm"], "also an input"),
        (["take.npz", "-o", "manner.csv", "--style", "calm", "--mix", "manner.csv"], "also an input"),
        (["take.npz", "-o", "x.mov", "--style", "calm"], "x.mov"),
        (["take.mov", "-o", "x.npz", "--style", "calm"], "take.mov is a video"),
        (["nowhere.csv", "-o", "x.npz", "--style", "calm"], "nowhere.csv"),
    ],
)
def test_restyle_refuses(
    here: Path, weights: str, capsys: pytest.CaptureFixture[str], arguments: list[str], text: str
) -> None:
    before = {path: path.read_bytes() for path in here.iterdir() if path.is_file()}
    assert text in refusal(capsys, "restyle", *arguments, "--weights", weights)
    assert {path: path.read_bytes() for path in here.iterdir() if path.is_file()} == before


def test_predict_mixes(here: Path, weights: str) -> None:
    soundfile.write("line.wav", bench.speech_like(0.8), bench.SOURCE_RATE)
    results = {}
    for share in (None, "0", "0.5", "1"):
        extra = [] if share is None else ["--mix", "lively", "--mix-share", share]
        command = ["predict", "line.wav", "-o", "out.npz", "--style", "calm", "--weights", weights, *extra]
        assert main(command) == 0
        results[share] = read_motion_npz("out.npz").values
    np.testing.assert_array_equal(results["0"], results[None])
    both = [np.abs(results["0.5"] - results[end]).mean() for end in ("0", "1")]
    assert 0 < max(both) < np.abs(results["0"] - results["1"]).mean()


def test_styles_are_saved_listed_and_used(here: Path, weights: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine").mkdir()
    command = ["styles", "--save", "hero", "--from", "manner.csv", "--library", "mine", "--weights", weights]
    assert main([*command, "--range", "0.5:2"]) == 0
    assert capsys.readouterr().out == "wrote mine/hero.npz: use it as --style mine/hero.npz\n"
    again = ["styles", "--save", "stagey", "--from", "lively", "--library", "mine", "--weights", weights]
    assert main([*again, "--description", "for the back row"]) == 0
    capsys.readouterr()
    assert main(["styles", "--library", "mine"]) == 0
    assert capsys.readouterr().out.splitlines() == ["hero    from manner, 1.5 s", "stagey  for the back row"]

    session, saved = Session(Path(weights), "cpu"), load_style("stagey", Path("mine"))
    assert saved.identity == "lively" and saved.code is not None
    # Another process may sum in another order: equal to the last bit or two.
    wanted = session.style_code(load_style("lively"))[0].numpy()
    np.testing.assert_allclose(saved.code.values, wanted, rtol=1e-5, atol=1e-6)
    made, anew = (restyled(weights, style=name).values for name in ("mine/stagey.npz", "lively"))
    np.testing.assert_allclose(made, anew, atol=1e-5)
    mixed = session.style_code(mix_two(load_performance("mine/hero.npz"), saved, 0.5))
    assert mixed.shape == (1, 16)
    assert [path.name for path in sorted(Path("installed/styles").iterdir())] == ["calm.npz", "lively.npz"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--save", "hero", "--from", "manner.csv"], "--save without --library"),
        (["--save", "hero", "--library", "."], "--save without --from"),
        (["--save", "my hero", "--from", "manner.csv", "--library", "."], "style name 'my hero'"),
        (["--save", "../hero", "--from", "manner.csv", "--library", "."], "style name '../hero'"),
        (["--save", "hero", "--from", "manner.csv", "--library", "nowhere"], "no folder 'nowhere'"),
        (["--save", "hero", "--from", "angry", "--library", "."], "style 'angry'"),
        (["--save", "hero", "--from", "manner.csv", "--library", ".", "--range", "0:0.5"], "at least 1 s"),
        (["--save", "take", "--from", "take.npz", "--library", "."], "also an input"),
        (["--from", "manner.csv"], "--from without --save"),
        (["--range", "1:2"], "--range without --save"),
        (["--library", "nowhere"], "no folder 'nowhere'"),
    ],
)
def test_styles_refuses(
    here: Path, weights: str, capsys: pytest.CaptureFixture[str], arguments: list[str], text: str
) -> None:
    before = sorted(here.iterdir())
    assert text in refusal(capsys, "styles", *arguments, "--weights", weights)
    assert sorted(here.iterdir()) == before
