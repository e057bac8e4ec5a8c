"""A transcript from the sound to the motion, in process, in the worker and on the command line, on the bundled line."""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.audio.clip import AudioClip
from ptalker_blender.audio.load import load_audio
from ptalker_blender.cli import main
from ptalker_blender.engine.client import BakeJob, Failure, Progress, Result, WorkerClient, worker_environment
from ptalker_blender.engine.provenance import provenance
from ptalker_blender.engine.session import Request, Session
from ptalker_blender.errors import UserError
from ptalker_blender.motion.npz import read_motion_npz
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.lips import lip_rig
from ptalker_blender.transcript.hear import Heard, Listener

LINE = Path(__file__).resolve().parents[2] / "assets" / "demo" / "line.wav"
TEXT = "Maybe you moved the blue boat, and found five more in the bay."
WRONG = "Nothing whatsoever is stranger than forty silent kangaroos at the station."


@pytest.fixture(scope="module")
def listener() -> Listener:
    pytest.importorskip("pocketsphinx")
    return Listener()


def labelled(phone_names: str) -> list[tuple[float, float]]:
    words = json.loads(LINE.with_suffix(".phone.json").read_text(encoding="utf-8"))["w"]
    return [(p["b"], p["b"] + p["d"]) for word in words for p in word["w"] if p["t"] in phone_names]


def without_pocketsphinx(folder: Path) -> dict[str, str]:
    """A worker's environment whose pocketsphinx cannot be imported."""
    (folder / "pocketsphinx.py").write_text("raise ModuleNotFoundError('none here', name='pocketsphinx')\n")
    return worker_environment([folder])


def test_a_right_text_is_found_where_it_is_said(listener: Listener) -> None:
    heard = listener.hear(load_audio(LINE), TEXT)
    assert not heard.refused and heard.confidence > 0.4
    found = [p.start for p in heard.phones if p.phone in ("p", "b", "m")]
    truth = [start for start, _ in labelled("pbm")]
    assert len(found) == len(truth)
    assert np.abs(np.subtract(found, truth)).max() < 0.05


@pytest.mark.parametrize(
    ("text", "why"),
    [(WRONG, "cannot be found"), ("口を開けて", "no English words"), ("[laughter]", "no English words")],
)
def test_a_wrong_text_is_ignored_with_a_word(listener: Listener, text: str, why: str) -> None:
    heard = listener.hear(load_audio(LINE), text)
    assert heard.phones == ()
    (note,) = heard.notes
    assert note.startswith("the dialogue was ignored: ") and why in note


def test_silence_says_nothing(listener: Listener) -> None:
    assert "silent" in listener.hear(AudioClip(np.zeros(16_000, np.float32)), TEXT).refused


def test_guessed_words_are_named_once_and_the_last_line_leaves_no_trace(listener: Listener) -> None:
    audio = load_audio(LINE)
    before = listener.hear(audio, TEXT)
    odd = listener.hear(audio, TEXT.replace("boat", "boatt"))
    assert odd.guessed == (("boatt", "B OW T"),)
    assert odd.notes == ("pronunciation guessed of boatt (B OW T)",)
    assert [p.phone for p in odd.phones] == [p.phone for p in before.phones]
    assert listener.hear(audio, TEXT) == before
    many = Heard((), 1.0, tuple((f"w{k}", "W") for k in range(7)))
    assert many.notes[0].endswith("w4 (W) and 2 more")


def test_initials_are_spelled_and_known_ones_read(listener: Listener) -> None:
    words, guessed = listener._spell(("the", "XQZ", "said", "FBI", "I"))
    assert not guessed and words[0] == "the" and words[-1] == "i"
    assert len(words) in (7, 9)  # the dictionary may know FBI as a word
    assert [word.strip(".") for word in words[1:4]] == ["x", "q", "z"]


def test_command_line_session_and_provenance_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pocketsphinx")
    text_file = tmp_path / "line.txt"
    text_file.write_text(TEXT, encoding="utf-8")
    calls = {"bare": [], "text": ["--text", TEXT], "file": ["--text", str(text_file)], "wrong": ["--text", WRONG]}
    said, made = {}, {}
    for name, extra in calls.items():
        out = tmp_path / f"{name}.npz"
        assert main(["predict", str(LINE), "-o", str(out), "--device", "cpu", *extra]) == 0
        said[name], made[name] = capsys.readouterr().err, read_motion_npz(out).values
    assert np.array_equal(made["wrong"], made["bare"])
    assert np.array_equal(made["text"], made["file"])
    assert said["text"] == said["bare"] == "" and said["wrong"].startswith("ptalker: the dialogue was ignored")
    rig = lip_rig(load_head())
    gap = {name: rig.gap(values) for name, values in made.items()}
    for start, end in labelled("pbm"):
        shut = gap["text"][int(start * 50) - 1 : int(end * 50) + 2].min()
        assert shut <= rig.rest + 0.02
    assert np.percentile(gap["text"], 95) == pytest.approx(np.percentile(gap["bare"], 95), rel=0.1)
    assert provenance(BakeJob(str(LINE), text=TEXT), "", "")["text"] == TEXT


def test_without_someone_to_tell_a_session_warns() -> None:
    pytest.importorskip("pocketsphinx")
    session, audio = Session(device="cpu"), load_audio(LINE)
    with pytest.warns(UserWarning, match="the dialogue was ignored"):
        session.predict(Request(audio, text=WRONG))
    notes: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        session.predict(Request(audio, text=WRONG), note=notes.append)
    assert len(notes) == 1


def test_a_missing_aligner_is_named_before_the_network_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    stages: list[str] = []
    with pytest.raises(UserError, match="ptalker\\[transcript\\]"):
        Session(device="cpu").predict(Request(load_audio(LINE), text=TEXT), lambda stage, _: stages.append(stage))
    assert stages == []


@pytest.mark.parametrize("absent", [False, True])
def test_the_worker_takes_texts_and_answers_with_notes(tmp_path: Path, absent: bool) -> None:
    pytest.importorskip("pocketsphinx")
    client = WorkerClient(python=sys.executable, env=without_pocketsphinx(tmp_path) if absent else None)
    client.start()
    try:
        client.submit(BakeJob(str(LINE), device="cpu", text=WRONG))
        deadline, ends = time.monotonic() + 90, []
        while not ends and time.monotonic() < deadline:
            ends = [event for event in client.wait(1.0) if not isinstance(event, Progress)]
    finally:
        client.stop()
    (end,) = ends
    if absent:
        assert isinstance(end, Failure) and end.user_error and "ptalker[transcript]" in end.message
    else:
        assert isinstance(end, Result) and end.notes[0].startswith("the dialogue was ignored")
