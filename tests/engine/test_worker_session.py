"""The worker with the real Session gives exactly what the same Session gives in-process."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import soundfile
import torch

from ptalker_blender.audio.load import load_audio
from ptalker_blender.engine.client import BakeJob, Failure, Progress, Result, WorkerClient
from ptalker_blender.engine.session import Request, Session
from ptalker_blender.model.checkpoint import save_checkpoint
from ptalker_blender.model.config import NetworkConfig
from ptalker_blender.model.network import Network


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


def tiny_weights(path: Path) -> Path:
    """A real checkpoint of a small network with random weights."""
    torch.manual_seed(0)
    save_checkpoint(Network(NetworkConfig(phones=("a", "b"), width=32, layers=1, feed_forward=64)), path)
    return path


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
