"""One score of everything, its pooling, and the command over folders and sets."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ptalker_blender.audio.clip import AudioClip
from ptalker_blender.cli import main
from ptalker_blender.training.evaluation.vertices import pool_scores, score_pair
from ptalker_blender.training.evaluation.vertices_regions import Regions
from tests.training.recorded.released import rest as released_rest
from tests.training.recorded.released import write_sequence, write_templates

NONE = np.zeros(0, np.int32)
UP = np.array([0.0, 1.0, 0.0])
# Vertices: 0 upper lip, 1 lower lip, 2 forehead, 3 elsewhere.
REGIONS = Regions(
    np.array([0, 1], np.int32), np.array([2], np.int32), NONE, np.array([0], np.int32), np.array([1], np.int32), UP
)
REST = np.array([[0, 0, 0], [0, 0, 0], [0, 1, 0], [0, 2, 0]], float)


def talking(frames: int = 50, size: float = 0.01, late: int = 0) -> np.ndarray:
    """A lower lip that opens by ``size`` and shuts twice, [T, 4, 3]."""
    at = np.arange(frames) - late
    vertices = np.tile(REST, (frames, 1, 1))
    vertices[:, 1, 1] -= size * (1 - np.isin(at, [15, 16, 17, 30, 31, 32]))
    return vertices


def test_the_truth_scores_itself_perfect() -> None:
    truth = talking()
    score = score_pair(truth, truth, REGIONS, 25.0, rest=REST)
    zero = (score.lve, score.lve_squared, score.fve, score.fdd, score.fdd_signed, score.ldd, score.ldtw)
    assert zero == (0,) * 7 and score.jitter == score.jitter_truth
    assert score.closures is not None and (score.closures.met, score.closures.false) == (2, 0)
    assert score.beats is None and score.scs is None and (score.frames, score.clips) == (50, 1)


def test_figures_by_hand() -> None:
    truth = np.tile(REST, (4, 1, 1))
    predicted = truth.copy()
    predicted[[1, 3], 1, 1] -= 2.0  # distances 0 2 0 2: LVE squared 2, LVE 1; over four vertices a quarter
    score = score_pair(predicted, truth, REGIONS, 25.0, rest=REST)
    assert (score.lve_squared, score.lve, score.fve_squared, score.fve) == (2.0, 1.0, 0.5, 0.25)
    # Squares 0 4 0 4 spread by 2, distances by 1, of one lip vertex in two.
    assert (score.ldd, score.ldd_distance, score.fdd) == (1.0, 0.5, 0.0)
    # Third difference of 0 2 0 2 is 8, of one lip vertex in two.
    assert (score.jitter, score.jitter_truth) == (4.0, 0.0)


def test_a_delay_costs_lve_and_not_ldtw() -> None:
    score = score_pair(talking(late=1), talking(), REGIONS, 25.0, rest=REST)
    assert score.lve > 0.0005 and score.ldtw == pytest.approx(0, abs=1e-15)
    assert score.closures is not None and score.closures.f1 == 1.0  # 40 ms late is within the ruler's tolerance


def test_without_a_neutral_mesh_nothing_is_made_up() -> None:
    score = score_pair(talking(), talking(), REGIONS, 25.0)
    assert (score.fdd, score.ldd, score.closures) == (None, None, None)
    bare = replace(REGIONS, upper=NONE, inner_upper=NONE, inner_lower=NONE)
    score = score_pair(talking(), talking(), bare, 25.0, rest=REST)
    assert (score.fdd, score.closures, score.ldd) == (None, None, 0.0)


def test_pooling_is_by_frames_or_by_sequences_as_released() -> None:
    long, short = talking(40), talking(10)
    a = score_pair(long + 3.0, long, REGIONS, 25.0, rest=REST)
    b = score_pair(short, short, REGIONS, 25.0)
    both = pool_scores([a, b])
    assert both.lve == pytest.approx(0.8 * a.lve) and both.ldtw == pytest.approx(0.5 * a.ldtw)
    assert both.fdd == a.fdd  # b has none and is not counted as 0
    assert (both.frames, both.clips, both.closures) == (50, 2, a.closures)
    with pytest.raises(ValueError, match="frames per second"):
        pool_scores([a, replace(b, fps=30.0)])


def test_fdd_does_not_cancel_over_sequences() -> None:
    calm, lively = talking(), talking()
    lively[::2, 2, 1] += 0.5
    scores = [score_pair(p, t, REGIONS, 25.0, rest=REST) for p, t in ((calm, lively), (lively, calm))]
    pooled = pool_scores(scores)
    assert pooled.fdd_signed == pytest.approx(0) and pooled.fdd == pytest.approx(abs(scores[0].fdd_signed or 0))
    assert pooled.fdd > 0.01


def test_style_cosine_is_of_offsets() -> None:
    score = score_pair(talking(size=0.02), talking(), REGIONS, 25.0, rest=REST, encode=lambda m: m.mean(axis=0))
    assert score.scs == pytest.approx(1.0)  # the same direction, twice as far


def test_beats_come_with_sound() -> None:
    audio = AudioClip(np.random.default_rng(0).normal(scale=0.1, size=32_000).astype(np.float32))
    score = score_pair(talking(), talking(), REGIONS, 25.0, audio=audio)
    assert score.beats is not None and score.beats == score.beats_truth


@pytest.fixture
def biwi(tmp_path: Path) -> Path:
    """Two Test-A sequences, their predictions 2 units aside in x, and regions."""
    write_templates(tmp_path, ["F2"], 23370)
    (tmp_path / "predicted").mkdir()
    for name in ("F2_e37", "F2_e38"):
        aside = write_sequence(tmp_path, name, 8, 23370, 0.32)[:7].copy()
        aside[:, ::3] += 2.0
        np.save(tmp_path / "predicted" / f"{name}_condition_F2.npy", aside)
    (tmp_path / "lve.txt").write_text("3, 100, 101, 102")
    regions = {"lips": "lve.txt", "upper": [7, 8], "inner_upper": [100], "inner_lower": [102]}
    (tmp_path / "regions.json").write_text(json.dumps(regions))
    return tmp_path


def test_a_released_set_against_released_predictions(biwi: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["evaluate", "vertices", "--truth", f"biwi:{biwi}", "--predicted", str(biwi / "predicted")]
    arguments += ["--regions", str(biwi / "regions.json")]
    assert main([*arguments, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    everything = report["all"]
    assert (everything["clips"], everything["frames"], everything["fps"]) == (2, 14, 25.0)
    assert everything["lve_squared"] == pytest.approx(4, rel=1e-5) and everything["lve"] == pytest.approx(2, rel=1e-5)
    assert everything["unit"] == {"lengths": "file", "squares": "file"}
    assert set(report["sequences"]) == {"F2_e37_condition_F2", "F2_e38_condition_F2"}
    assert "3, is the count" in report["notes"][0]
    assert main([*arguments, "--unit", "mm"]) == 0
    table = capsys.readouterr().out
    assert "LVE squared             4 file units^2" in table and "per frame cubed at 25 frames a second" in table
    assert "LVE                     2 mm" in table


def test_folders_of_flame_meshes_need_no_regions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth, predicted = tmp_path / "truth", tmp_path / "predicted"
    truth.mkdir()
    predicted.mkdir()
    still = np.tile(released_rest(5023), (30, 1, 1)).astype(np.float32)
    np.savez(truth / "ann_01.npz", vertices=still, fps=30)
    np.savez(predicted / "ann_01.npz", vertices=still + np.array([0.0, 0.003, 0.004], np.float32), fps=30)
    np.savez(tmp_path / "t.npz", ann=released_rest(5023))
    soundfile.write(truth / "ann_01.wav", 0.1 * np.random.default_rng(0).standard_normal(16_000), 16_000)
    arguments = ["evaluate", "vertices", "--truth", str(truth), "--predicted", str(predicted), "--json"]
    assert main([*arguments, "--templates", str(tmp_path / "t.npz")]) == 0
    report = json.loads(capsys.readouterr().out)["all"]
    assert report["lve"] == pytest.approx(5.0, rel=1e-4) and report["lve_squared"] == pytest.approx(2.5e-5, rel=1e-4)
    assert report["fve"] == pytest.approx(5.0, rel=1e-4) and report["fdd"] == pytest.approx(0, abs=1e-10)
    assert report["unit"]["lengths"] == "mm" and report["beats"]["beats"] == 0
    assert main(arguments) == 0
    without = json.loads(capsys.readouterr().out)["all"]
    assert without["fdd"] is None and without["closures"] is None and without["lve"] == report["lve"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--split", "val"], "no vertex clips in 'val'"),
        (["--fps", "25"], "--fps with --truth"),
        (["--data", "x"], "--data with vertices"),
        (["--unit", "mm", "--regions", "gone.json"], "gone.json cannot be read"),
        (["--truth", "nowhere"], "no folder nowhere"),
        (["--predicted", "nowhere"], "no folder nowhere"),
    ],
)
def test_bad_arguments_are_one_line(
    biwi: Path, capsys: pytest.CaptureFixture[str], change: list[str], message: str
) -> None:
    arguments = ["evaluate", "vertices", "--truth", f"biwi:{biwi}", "--predicted", str(biwi / "predicted")]
    assert main([*arguments, "--regions", str(biwi / "regions.json"), *change]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error


def test_predictions_that_do_not_fit(biwi: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["evaluate", "vertices", "--truth", f"biwi:{biwi}", "--predicted", str(biwi / "predicted")]
    arguments += ["--regions", str(biwi / "regions.json")]
    prediction = biwi / "predicted" / "F2_e37_condition_F2.npy"
    stored = np.load(prediction)
    for wrong, message in ((stored[:4], "has 4 frames, its truth 8"), (stored[:, :300], "has 100 vertices")):
        np.save(prediction, wrong)
        assert main(arguments) == 2
        assert message in capsys.readouterr().err
    prediction.unlink()
    assert main(arguments) == 2
    assert "no prediction of F2_e37" in capsys.readouterr().err


def test_options_of_vertices_are_refused_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "opening", "--truth", "x"]) == 2
    assert "--truth with opening" in capsys.readouterr().err
