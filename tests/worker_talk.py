"""What tests of the worker share: a message's journey, and the answer to a job."""

from __future__ import annotations

import io
import time
from typing import Any

from ptalker_blender.engine.client import Progress, WorkerClient
from ptalker_blender.engine.protocol import Message, read_message, write_message


def sent(message: Message) -> Message:
    """The message as it arrives."""
    stream = io.BytesIO()
    write_message(stream, message)
    stream.seek(0)
    arrived = read_message(stream)
    assert arrived is not None
    return arrived


def outcome(client: WorkerClient, job: Any, seconds: float = 300.0) -> Any:
    """The event that ends a job."""
    number, deadline = client.submit(job), time.monotonic() + seconds
    while time.monotonic() < deadline:
        for event in client.wait(0.5):
            if not isinstance(event, Progress):
                assert event.job == number
                return event
    raise AssertionError("the job did not end")
