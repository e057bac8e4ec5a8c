"""The shipped weights say what they said: a refactoring that changes predictions is noticed.

The numbers are no claim that the motion is good, only that it is the same. After training new weights, write them anew:
    python tests/engine/test_golden.py
"""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ptalker_blender.audio.clip import AudioClip
from ptalker_blender.engine.session import Request, Session
from ptalker_blender.files import atomic_write
from ptalker_blender.motion.controls import ENGINE_FPS, INDEX, N_CONTROLS
from ptalker_blender.motion.motion import Motion
from ptalker_blender.style.performance import Performance
from ptalker_blender.weights_path import WEIGHTS_NAME

REPOSITORY = Path(__file__).resolve().parents[2]
WEIGHTS = REPOSITORY / "weights" / WEIGHTS_NAME
STORED = Path(__file__).with_name("golden.json")
CHANNELS = ("jawOpen", "mouthClose", "mouthPucker", "mouthSmileLeft", "browInnerUp", "headPitch")
FRAMES = (30, 75, 120)  # one in each window of the clip


def syllables(seconds: float = 3.0) -> AudioClip:
    """A voice of harmonics with two moving formants, four syllables a second: no recording, the same anywhere."""
    times = np.arange(round(seconds * 16_000)) / 16_000
    pitch = 120 + 20 * np.sin(2 * np.pi * 0.7 * times)
    phase = 2 * np.pi * np.cumsum(pitch) / 16_000
    formants = 550 + 250 * np.sin(2 * np.pi * 1.3 * times), 1500 + 600 * np.sin(2 * np.pi * 0.9 * times)
    voiced = sum(
        np.sin(k * phase) * sum(np.exp(-(((k * pitch - f) / 150) ** 2)) for f in formants) for k in range(1, 30)
    )
    return AudioClip((0.1 * voiced * np.sin(2 * np.pi * 2 * times) ** 2).astype(np.float32))


def nodding_smile() -> Performance:
    times = np.arange(200) / 50
    values = np.zeros((200, N_CONTROLS), np.float32)
    values[:, INDEX["jawOpen"]] = 0.2 * np.sin(2 * np.pi * 3 * times).clip(0)
    values[:, INDEX["mouthSmileLeft"]] = values[:, INDEX["mouthSmileRight"]] = 0.4
    values[:, INDEX["headPitch"]] = 0.05 * np.sin(2 * np.pi * times)
    return Performance(Motion(values, ENGINE_FPS))


def predictions() -> dict[str, NDArray[np.float32]]:
    """Values [FRAMES, CHANNELS] with the voice's own manner and with a performance's, exaggerated."""
    session, clip = Session(WEIGHTS, "cpu"), syllables()
    requests = {"voice": Request(clip, seed=1), "performance": Request(clip, nodding_smile(), 1.2, seed=1)}
    columns = [INDEX[name] for name in CHANNELS]
    return {name: session.predict(r).values[np.ix_(FRAMES, columns)] for name, r in requests.items()}


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="the shipped weights are not here")
def test_predictions_are_the_stored_ones() -> None:
    stored = json.loads(STORED.read_text(encoding="utf8"))
    assert Session(WEIGHTS, "cpu").weights_sha256 == stored["weights_sha256"], "new weights: write the numbers anew"
    for name, values in predictions().items():
        np.testing.assert_allclose(values, stored[name], atol=2e-3, err_msg=name)
        assert np.ptp(values, axis=0).max() > 0.05  # the signal is heard: the face moves


def main() -> None:
    stored: dict[str, object] = {"weights_sha256": Session(WEIGHTS, "cpu").weights_sha256}
    stored |= {name: np.round(values.astype(np.float64), 5).tolist() for name, values in predictions().items()}
    with atomic_write(STORED) as temporary:
        temporary.write_text(json.dumps(stored) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
