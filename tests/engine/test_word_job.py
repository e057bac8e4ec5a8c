"""Words of a dialogue: over the wire, and found by a real worker in the bundled line, whose exact times are known."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ptalker_blender.engine.client import Failure, Spoken, WordsFound, WordsJob, WorkerClient
from ptalker_blender.engine.messages import decode_event, decode_job, event_message, job_message
from ptalker_blender.engine.protocol import Message, ProtocolError
from tests.worker_talk import outcome, sent

LINE = Path(__file__).resolve().parents[2] / "assets" / "demo" / "line.wav"
JOB = WordsJob(str(LINE), "Maybe you moved the blue boat, and found five more in the bay.")


def test_job_and_answer_survive_the_wire() -> None:
    job = replace(JOB, audio_start=0.5, audio_end=None, speed=1.25, keep_pitch=True, weights="w")
    assert decode_job(sent(job_message(7, job))) == (7, job)
    found = WordsFound(7, (Spoken("bay", 0.25, 1.0),), (Spoken("b", 0.25, 0.5), Spoken("ey", 0.5, 1.0)), ("A word.",))
    assert decode_event(sent(event_message(found))) == found


@pytest.mark.parametrize("item", ["bay", ["bay", 1.0], ["bay", "1", 2.0], [1, 1.0, 2.0], ["bay", True, 2.0]])
def test_words_that_are_none_do_not_pass(item: object) -> None:
    message = Message("words_found", {"job": 1, "words": [item], "phones": [], "notes": []})
    with pytest.raises(ProtocolError, match="names with two times"):
        decode_event(message)


def test_a_job_without_text_does_not_pass() -> None:
    fields = {key: value for key, value in job_message(1, JOB).fields.items() if key != "text"}
    with pytest.raises(ProtocolError, match="'text'"):
        decode_job(Message("words", fields))


@pytest.fixture(scope="module")
def client() -> Iterator[WorkerClient]:
    pytest.importorskip("pocketsphinx")
    running = WorkerClient(python=sys.executable)
    running.start()
    yield running
    running.stop()


def truth() -> list[tuple[str, float]]:
    words = json.loads(LINE.with_suffix(".phone.json").read_text(encoding="utf-8"))["w"]
    return [(word["t"].lower().strip(".,"), word["b"]) for word in words if word["t"] != "(pause)"]


@pytest.mark.parametrize(("start", "speed"), [(0.0, 1.0), (0.1, 1.0), (0.0, 1.1)])
def test_words_are_found_where_they_are_said(client: WorkerClient, start: float, speed: float) -> None:
    """Trimmed and played faster: times are those of the line as it is heard."""
    found = outcome(client, replace(JOB, audio_start=start or None, speed=speed, keep_pitch=speed != 1.0))
    assert isinstance(found, WordsFound), found
    assert [word.text for word in found.words] == [name for name, _ in truth()]
    off = [abs(word.start - (at - start) / speed) for word, (_, at) in zip(found.words, truth(), strict=True)]
    assert max(off) < 0.09 and sum(off) / len(off) < 0.03
    assert all(word.start < word.end for word in found.words)
    assert "sil" not in {phone.text for phone in found.phones}
    assert found.phones[0].text == "m" and found.phones[0].start == pytest.approx(found.words[0].start, abs=0.02)


def test_other_words_are_not_found(client: WorkerClient) -> None:
    found = outcome(client, replace(JOB, text="zebras jump over purple mountains while nobody believes them"))
    assert isinstance(found, WordsFound)
    assert found.words == found.phones == () and "ignored" in found.notes[0]


def test_without_a_text_p_b_and_m_are_heard(client: WorkerClient) -> None:
    """The bundled line has seven, by its exact times; the network's ear finds most of them, where they are."""
    if not (Path(__file__).resolve().parents[2] / "weights" / "ptalker.safetensors").is_file():
        pytest.skip("there are no weights")
    found = outcome(client, replace(JOB, text=""))
    assert isinstance(found, WordsFound), found
    phones = json.loads(LINE.with_suffix(".phone.json").read_text(encoding="utf-8"))["w"]
    said = [(p["b"], p["b"] + p["d"]) for word in phones for p in word["w"] if p["t"] in ("p", "b", "m")]
    assert found.words == () and {phone.text for phone in found.phones} <= {"p", "b", "m"}
    assert all(a.end <= b.start for a, b in zip(found.phones, found.phones[1:], strict=False))
    met = [any(h.start < b + 0.04 and h.end > a - 0.04 for h in found.phones) for a, b in said]
    assert len(said) == 7 and sum(met) >= 5 and len(found.phones) <= 8


def test_a_missing_file_is_one_line(client: WorkerClient) -> None:
    failed = outcome(client, replace(JOB, audio_path="nowhere.wav"))
    assert isinstance(failed, Failure) and failed.user_error and "nowhere.wav" in failed.message
