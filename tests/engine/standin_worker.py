"""A real worker process around an engine that misbehaves on demand: the device name says how."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ptalker_blender.engine import worker
from ptalker_blender.errors import UserError
from ptalker_blender.motion.motion import Motion


class StandIn:
    """Motion whose first control is the seed and whose second counts how often this engine was used."""

    def __init__(self, weights: Path | None, device: str) -> None:
        if device == "refused":
            raise UserError("device 'refused'", "another", "choose one")
        self.device, self.uses, self.weights_sha256 = device, 0, f"{weights}"

    def predict(
        self,
        request: object,
        progress: Callable[[str, float], None] | None = None,
        note: Callable[[str], None] | None = None,
        words: Callable[[tuple[object, ...]], None] | None = None,
    ) -> Motion:
        assert progress is not None
        self.uses += 1
        if self.device == "crash":
            os.write(2, b"last words\n")
            os.kill(os.getpid(), 9)
        if self.device == "fault":
            raise ZeroDivisionError("a fault of ours")
        if self.device == "torch?":
            raise RuntimeError("torch is loaded" if "torch" in sys.modules else "no torch yet")
        if self.device == "chatty":
            print("a library prints to standard output")
            os.system("echo a child process too; cat")
        if self.device == "slow":
            while True:  # until the job is cancelled or the input ends
                time.sleep(0.01)
                progress("Performing", 0.5)
        if self.device == "greedy":
            np.empty(1 << 60, np.uint8)
        if self.device == "deaf":
            time.sleep(3600)
        values = np.zeros((round(request.audio.seconds * 50), 55), np.float32)
        values[:, 0], values[:, 1] = request.seed, self.uses
        return Motion(values)


if __name__ == "__main__":
    status = worker.main(StandIn)
    sys.stderr.flush()
    os._exit(status)
