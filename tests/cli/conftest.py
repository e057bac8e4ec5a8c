"""`ptalker` called in this process: a fresh one imports torch and bpy anew, which takes longer than most bakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from ptalker_blender.cli import main


@dataclass(frozen=True)
class Done:
    """How a call ended, and what it and Blender printed: all that `subprocess.CompletedProcess` would tell."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def ptalker(capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """``ptalker(*arguments)``. That a process of its own ends in the same way is test_commands's to show."""

    def run(*arguments: object) -> Done:
        capfd.readouterr()
        status = main([str(argument) for argument in arguments])
        return Done(status, *capfd.readouterr())

    return run
