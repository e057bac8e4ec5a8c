import argparse
import json

import numpy as np
import pytest

from ptalker_blender.audio.clip import SAMPLE_RATE, AudioClip
from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import INDEX, N_CONTROLS
from ptalker_blender.motion.motion import Motion
from ptalker_blender.training.corpus.phones import SILENCE, PhoneSegment
from ptalker_blender.training.evaluation import command
from ptalker_blender.training.evaluation.closure_run import evaluate_closures, loudness_closures, predicted_closures
from ptalker_blender.training.evaluation.closures import BILABIALS
from ptalker_blender.training.evaluation.plots import plot_closures
from ptalker_blender.training.evaluation.recordings import LabelledClip, labelled_sets

JAW = INDEX["jawOpen"]


def arguments(*words):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(words)


def opening(motion):
    return 0.02 * motion.values[:, JAW].astype(np.float64)


def oracle(segments_of):
    """A mouth that knows the labels: open on speech, shut on p, b, m and in silence."""

    def predict(audio):
        t = np.arange(round(audio.seconds * 50)) / 50
        values = np.zeros((len(t), N_CONTROLS), np.float32)
        for s in segments_of(audio):
            if s.phone not in BILABIALS and s.phone != SILENCE:
                values[(t >= s.start) & (t < s.end), JAW] = 1.0
        return Motion(values, 50.0)

    return predict


def made_clip():
    phones = [(SILENCE, 0.0, 0.3), ("ah", 0.3, 0.6), ("m", 0.6, 0.7), ("ah", 0.7, 1.2), (SILENCE, 1.2, 1.6)]
    sound = np.random.default_rng(0).uniform(-0.1, 0.1, round(1.6 * SAMPLE_RATE)).astype(np.float32)
    return LabelledClip("made/a.wav", AudioClip(sound), tuple(PhoneSegment(*p) for p in phones))


def test_missing_data_is_told_in_one_line(tmp_path):
    with pytest.raises(UserError, match="no recordings in"):
        command.run(arguments("closures", "--data", str(tmp_path)))


def test_options_of_closures_are_refused_for_opening(data_dir):
    with pytest.raises(UserError, match="--sets with opening"):
        command.run(arguments("opening", "--data", str(data_dir), "--sets", "mfa"))


@pytest.mark.data
def test_json_of_closures_with_a_mouth_that_knows_the_labels(data_dir, monkeypatch, capsys):
    clips = {clip.audio.sha256(): clip for clip in labelled_sets(data_dir)["librivox"]}
    predict = oracle(lambda audio: clips[audio.sha256()].segments)
    system = command.System(predict, opening, 0.0, {"style": "oracle"})
    monkeypatch.setattr(command, "load_system", lambda *_: system)
    assert command.run(arguments("closures", "--data", str(data_dir), "--sets", "librivox", "--json")) == 0
    report = json.loads(capsys.readouterr().out)
    ours, loudness = (report[name]["sets"]["all"] for name in ("ptalker", "fixed-gain loudness"))
    assert (ours["bilabials"], ours["met"], ours["false"]) == (29, 29, 0)  # 5 P, 8 B, 16 M in the five files
    assert loudness["f1"] < 0.6


def test_an_unknown_set_is_refused(data_dir):
    with pytest.raises(UserError, match="no set 'timit'"):
        command.run(arguments("closures", "--data", str(data_dir), "--sets", "timit"))


@pytest.mark.data
def test_the_labelled_sets(data_dir):
    sets = labelled_sets(data_dir)
    assert {name: len(clips) for name, clips in sets.items()} == {
        "librivox": 5, "ljspeech": 32, "praatio": 3, "promo": 2, "mfa": 4,
    }  # fmt: skip
    for clip in (clip for clips in sets.values() for clip in clips):
        assert clip.transcript
        # mary1's TextGrid ends 5 ms before its sound; nowhere do labels outlast the sound by more than a frame.
        assert clip.segments[-1].end <= clip.audio.seconds + 0.02


def test_pooled_row_and_table():
    clip = made_clip()
    sets = {"one": (clip,), "two": (clip, clip)}
    report = evaluate_closures("oracle", sets, predicted_closures(oracle(lambda _: clip.segments), opening, 0.0))
    assert report.by_set()["all"].met == 3
    assert report.by_set()["all"].f1 == 1.0
    assert report.table().count("\n") == 4
    steady_noise = evaluate_closures("loudness", sets, loudness_closures())
    assert steady_noise.by_set()["all"].met == 0


def test_plot_is_a_picture(tmp_path):
    matplotlib_image = pytest.importorskip("matplotlib.image")
    clip = made_clip()
    motion = oracle(lambda _: clip.segments)(clip.audio)
    plot_closures(tmp_path / "a.png", clip, opening(motion), motion.fps, 0.0)
    picture = matplotlib_image.imread(tmp_path / "a.png")
    assert picture.shape[0] > 200
    assert picture[..., :3].std() > 0.05
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
