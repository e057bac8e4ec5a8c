"""The worker with the real Session gives exactly what the same Session gives in-process."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import soundfile

from ptalker_blender.audio.load import load_audio
from ptalker_blender.engine.client import BakeJob, Failure, Progress, Result, WorkerClient
from ptalker_blender.engine.provenance import provenance
from ptalker_blender.engine.request import resolve_style
from ptalker_blender.engine.session import Request, Session
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.npz import write_motion_npz
from tests.tiny_network import tiny_weights


def finish(client: WorkerClient) -> Result | Failure:
    """The event that ends the job."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for event in client.poll():
            if not isinstance(event, Progress):
                assert isinstance(event, Result | Failure)
                return event
        time.sleep(0.01)
    raise AssertionError("the worker did not answer")


def test_same_motion_and_hashes_as_in_process(tmp_path: Path) -> None:
    weights, wav = tiny_weights(tmp_path / "tiny.safetensors"), tmp_path / "line.wav"
    soundfile.write(wav, np.random.default_rng(0).normal(0, 0.1, 32_000), 16_000)
    job = BakeJob(str(wav), 0.25, 1.75, seed=5, weights=str(weights), device="cpu")
    client = WorkerClient(python=sys.executable)
    client.start()
    try:
        client.submit(job)
        result = finish(client)
        client.submit(BakeJob(str(wav), weights=str(weights), device="cpu", fps=24.0))
        at_24 = finish(client)
        session = Session(weights, "cpu")
        weights.unlink()
        client.submit(job)
        gone = finish(client)
    finally:
        client.stop()
    assert isinstance(result, Result)
    audio = load_audio(wav, 0.25, 1.75)
    expected = session.predict(Request(audio, seed=5))
    np.testing.assert_allclose(result.motion.values, expected.values, atol=1e-6)
    assert result.motion.fps == 50.0
    assert result.audio_sha256 == audio.sha256()
    assert result.weights_sha256 == session.weights_sha256
    assert isinstance(at_24, Result)
    assert (len(at_24.motion.values), at_24.motion.fps) == (48, 24.0)
    assert isinstance(gone, Failure)  # a weights file that has gone is not answered from memory
    assert gone.user_error


def test_a_mix_travels_and_the_provenance_bakes_it_again(tmp_path: Path) -> None:
    weights, wav = tiny_weights(tmp_path / "tiny.safetensors"), tmp_path / "line.wav"
    soundfile.write(wav, np.random.default_rng(0).normal(0, 0.1, 32_000), 16_000)
    names = [str(tmp_path / f"{name}.npz") for name in ("calm", "lively")]
    for seed, name in enumerate(names):
        values = np.random.default_rng(seed).uniform(0, 0.5, (100, 55)).astype(np.float32)
        write_motion_npz(Motion(values), name)
    style, mix = names
    job = BakeJob(str(wav), style=style, mix=mix, mix_share=0.3, weights=str(weights), device="cpu", keys="reduced")
    client = WorkerClient(python=sys.executable)
    client.start()
    try:
        client.submit(job)
        first = finish(client)
        assert isinstance(first, Result)
        # As it is read from an Action: JSON text, and only the fields of a job.
        stored = json.loads(json.dumps(provenance(job, first.audio_sha256, first.weights_sha256)))
        kept = {field.name: stored[field.name] for field in fields(BakeJob)}
        client.submit(BakeJob(**kept | {"tables": tuple(kept["tables"])}))
        again = finish(client)
        client.submit(replace(job, mix=None))
        pure = finish(client)
    finally:
        client.stop()
    assert isinstance(again, Result) and isinstance(pure, Result)
    assert (stored["mix"], stored["mix_share"]) == (mix, 0.3)
    expected = Session(weights, "cpu").predict(Request(load_audio(wav), resolve_style(style, mix=mix, mix_share=0.3)))
    np.testing.assert_allclose(first.motion.values, expected.values, atol=2e-5)  # keys lie on the take's grid
    assert [curve.name for curve in again.keys] == [curve.name for curve in first.keys]
    for before, after in zip(first.keys, again.keys, strict=True):
        np.testing.assert_array_equal(before.frames, after.frames)
        np.testing.assert_array_equal(before.values, after.values)
    assert np.abs(pure.motion.values - first.motion.values).max() > 1e-3
