"""Performances as numbers: over the wire, through the worker with the real Session, and into provenance."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ptalker_blender.audio.load import load_audio
from ptalker_blender.engine.client import (
    BakeJob,
    Done,
    Failure,
    Job,
    Manner,
    Progress,
    RestyleJob,
    Result,
    SaveStyleJob,
    SentMesh,
    SentMotion,
    StyleSaved,
    WorkerClient,
)
from ptalker_blender.engine.messages import decode_job, job_message
from ptalker_blender.engine.protocol import Message, ProtocolError, read_message, write_message
from ptalker_blender.engine.provenance import provenance, restyle_provenance
from ptalker_blender.engine.session import Request, Session
from ptalker_blender.motion.controls import INDEX
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.resample import resample_motion
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.mapping import guess_table, table_text
from ptalker_blender.rig.vertex_motion import vertex_frames, vertex_rig
from ptalker_blender.style.library import load_style
from ptalker_blender.style.mix import mix_two
from ptalker_blender.style.performance import Performance, load_performance
from tests.flame_models import real_flame
from tests.tiny_network import tiny_weights


def sent(seed: int = 0, fps: float = 24.0, frames: int = 60) -> SentMotion:
    values = np.random.default_rng(seed).random((frames, 55)).astype(np.float32) * 0.3
    return SentMotion(f"Action {seed}", fps, values, {"kind": "ACTION", "first": 1})


def restyle(weights: str | None = None, manner: Manner | None = None) -> RestyleJob:
    return RestyleJob(sent(), manner or Manner(performance=sent(1)), "source", weights, "cpu", None, None, 0.2, ())


def over_the_wire(job: Job) -> Job:
    stream = io.BytesIO()
    write_message(stream, job_message(3, job))
    stream.seek(0)
    message = read_message(stream)
    assert message is not None
    number, found = decode_job(message)
    assert number == 3
    return found


def plain(thing: object) -> object:
    """Dataclasses as dictionaries, arrays as bytes with their shape."""
    if isinstance(thing, np.ndarray):
        return thing.dtype.str, thing.shape, thing.tobytes()
    if hasattr(thing, "__dataclass_fields__"):
        return type(thing).__name__, {part.name: plain(getattr(thing, part.name)) for part in fields(thing)}  # type: ignore[arg-type]
    return thing


MESH = SentMesh(
    "Cache", 25.0, np.zeros((2, 5023, 3), np.float32), np.zeros((0, 3), np.float32), np.array([[0, 1, 2]], np.int32)
)


@pytest.mark.parametrize(
    "job",
    [
        BakeJob("a.wav", performance=sent(), mix_performance=MESH, mix_share=0.2),
        BakeJob("a.wav", mix="stern"),
        BakeJob("a.wav", style="a.npy", style_fps=29.97, mix="b.npy", mix_fps=60.0),
        replace(restyle(), tables=("{}",), keys="reduced", fps=30.0),
        restyle(manner=Manner("stage", (1.0, 2.0), mix="wry", strength=0.5, seed=4, style_fps=50.0, mix_fps=12.5)),
        SaveStyleJob(Manner(performance=MESH), "/x/y.npz", "Mine", None, "auto"),
    ],
)
def test_the_wire_carries_everything(job: Job) -> None:
    assert plain(over_the_wire(job)) == plain(job)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("source.values", np.zeros((2, 54), np.float32)),
        ("source.values", np.full((2, 55), np.inf, np.float32)),
        ("source.values", np.zeros((2, 55), np.float64)),
        ("source.values", None),
        ("performance.values", None),
    ],
)
def test_what_does_not_fit_is_refused(name: str, array: np.ndarray | None) -> None:
    message = job_message(1, restyle())
    arrays = {key: value for key, value in message.arrays.items() if key != name}
    if array is not None:
        arrays[name] = array
    with pytest.raises(ProtocolError):
        decode_job(Message(message.kind, message.fields, arrays))


def test_triangles_must_be_of_the_mesh() -> None:
    wrong = replace(MESH, faces=np.array([[0, 1, 5023]], np.int32))
    with pytest.raises(ProtocolError, match="triangles"):
        over_the_wire(SaveStyleJob(Manner(performance=wrong), "a.npz", "", None, "cpu"))


def test_provenance_is_json_and_tells_performances_apart() -> None:
    job = BakeJob("a.wav", performance=sent(), tables=("{}",))
    source = provenance(job, "a", "w")
    assert json.loads(json.dumps(source)) == source
    assert source["performance"]["source"] == {"kind": "ACTION", "first": 1}
    assert source["performance"]["frames"] == 60
    assert source["mix_performance"] is None
    other = provenance(replace(job, performance=sent(1)), "a", "w")
    assert other["performance"]["sha256"] != source["performance"]["sha256"]
    made = restyle_provenance(restyle(), "w")
    assert json.loads(json.dumps(made)) == made
    assert made["restyled"]["name"] == "Action 0"


class Site:
    """A worker with a tiny network, and the same network in-process."""

    def __init__(self, folder: Path) -> None:
        self.weights = str(tiny_weights(folder / "tiny.safetensors"))
        self.session = Session(Path(self.weights), "cpu")
        self.client = WorkerClient(python=sys.executable)
        self.client.start()

    def finish(self, job: Job) -> Done | Failure:
        number = self.client.submit(job)
        for _ in range(600):
            for event in self.client.wait(0.5):
                if not isinstance(event, Progress):
                    assert getattr(event, "job", None) == number, event
                    return event  # type: ignore[return-value]
        raise AssertionError("the worker did not answer")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    yield made
    made.client.stop()


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("audio") / "line.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 24_000), 16_000)
    return str(path)


def performance(one: SentMotion) -> Performance:
    return Performance(Motion(one.values, one.fps), one.name)


def test_a_bake_takes_performances_and_mixes_them(site: Site, wav: str) -> None:
    job = BakeJob(wav, performance=sent(), mix_performance=sent(1, 30.0), mix_share=0.3, weights=site.weights,
                  device="cpu")  # fmt: skip
    found = site.finish(job)
    assert isinstance(found, Result), found
    style = mix_two(performance(sent()), performance(sent(1, 30.0)), 0.3)
    expected = site.session.predict(Request(load_audio(wav), style))
    np.testing.assert_allclose(found.motion.values, expected.values, atol=1e-6)


def test_a_performance_mixes_with_the_library_too(site: Site, wav: str) -> None:
    found = site.finish(BakeJob(wav, performance=sent(), mix="stern", weights=site.weights, device="cpu"))
    assert isinstance(found, Result), found
    expected = site.session.predict(Request(load_audio(wav), mix_two(performance(sent()), load_style("stern"), 0.5)))
    np.testing.assert_allclose(found.motion.values, expected.values, atol=1e-6)


def test_restyle_is_that_of_the_session_frame_by_frame(site: Site) -> None:
    manner = Manner(performance=sent(1), strength=1.5, seed=3)
    names = ["jawOpen", "mouthClose", "mouthSmileLeft"]
    table = table_text(guess_table(names, dict.fromkeys(names, (0.0, 1.0))).table)
    found = site.finish(replace(restyle(site.weights, manner), keys="reduced", tables=(table,)))
    assert isinstance(found, Result), found
    source = sent()
    made = site.session.restyle(Motion(source.values, 24.0), performance(sent(1)), strength=1.5, seed=3)
    expected = resample_motion(made, 24.0, len(source.values))
    assert found.motion.fps == 24.0
    np.testing.assert_allclose(found.motion.values, expected.values, atol=1e-4)  # on a take's grid
    assert {curve.name for curve in found.tracks[0]} <= set(names)
    assert found.weights_sha256 == site.session.weights_sha256
    assert found.audio_sha256 == ""


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (restyle(manner=Manner("voice")), "no voice to draw it from"),
        (restyle(manner=Manner(performance=sent(frames=5))), "at least 1 s"),
        (replace(restyle(), upper_face="both"), "upper face"),
        (SaveStyleJob(Manner("voice"), "a.npz", "", None, "cpu"), "cannot be saved"),
        (SaveStyleJob(Manner("stage", mix="wry"), "a.npz", "", None, "cpu"), "mix of two cannot be saved"),
        (SaveStyleJob(Manner("stage"), "not a name.npz", "", None, "cpu"), "letters, digits"),
    ],
)
def test_refusals_in_words(site: Site, job: RestyleJob | SaveStyleJob, words: str) -> None:
    found = site.finish(replace(job, weights=site.weights))
    assert isinstance(found, Failure)
    assert found.user_error
    assert words in found.message


def test_a_style_is_saved_with_its_code(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    job = SaveStyleJob(Manner(performance=sent()), str(path), "Two\nlines", site.weights, "cpu", portrait=True)
    found = site.finish(job)
    assert isinstance(found, StyleSaved), found
    assert (found.path, found.seconds) == (str(path), pytest.approx(2.5))
    saved = load_performance(path)
    np.testing.assert_array_equal(saved.motion.values, sent().values)
    assert saved.code is not None
    assert saved.code.weights_sha256 == site.session.weights_sha256
    with np.load(path) as archive:
        assert str(archive["description"]) == "Two lines"
    assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_a_flame_mesh_is_solved_in_the_worker(site: Site, data_dir: Path, tmp_path: Path) -> None:
    template, spoken = real_flame(data_dir), Motion(load_style("stage").motion.values[50:110], 50.0)
    shown = np.concatenate(list(vertex_frames(vertex_rig(load_head(), template), spoken)))
    mesh = SentMesh("Cache", 50.0, shown, template.v_template, template.faces)
    found = site.finish(SaveStyleJob(Manner(performance=mesh), str(tmp_path / "m.npz"), "M", site.weights, "cpu"))
    assert isinstance(found, StyleSaved), found
    solved = load_performance(tmp_path / "m.npz").motion
    jaw = INDEX["jawOpen"]
    np.testing.assert_allclose(solved.values[:, jaw], spoken.values[:, jaw], atol=0.01)
