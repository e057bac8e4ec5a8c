"""The job that looks whether a line can be baked, as `ptalker doctor` does, and its form on the wire.

Standard library only: Blender imports this module.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from .message_fields import Fields, texts_of
from .protocol import Message

CHECK, CHECKED = "check", "checked"


@dataclass(frozen=True)
class CheckJob:
    """The network to load and the device to load it on; the fields are those of ``messages.BakeJob``."""

    weights: str | None = None
    device: str = "auto"


@dataclass(frozen=True)
class CheckDone:
    """Job ``job`` is done: a line can be baked.

    Attributes:
        job: its number.
        python: version of the worker's Python.
        torch: version of the torch that was loaded.
        device: what the network was loaded on.
        devices: what torch can compute on here, best first, graphics cards with their names.
        weights_sha256: hash of the network's file.
        notes: phrases on what is only missing for some jobs.
    """

    job: int
    python: str
    torch: str
    device: str
    devices: tuple[str, ...]
    weights_sha256: str
    notes: tuple[str, ...] = ()


def check_job_message(job: int, work: CheckJob) -> Message:
    """Encode the request for job number ``job``."""
    return Message(CHECK, {"job": job, **asdict(work)})


def decode_check_job(message: Message) -> CheckJob:
    """Read the work from a message of ``CHECK``.

    Raises:
        ProtocolError: a field is missing or of the wrong type.
    """
    f = Fields(message.fields)
    return CheckJob(weights=f.get("weights", str, None), device=f.get("device", str))


def check_done_message(event: CheckDone) -> Message:
    """Encode what came of a job."""
    return Message(CHECKED, {**asdict(event), "devices": list(event.devices), "notes": list(event.notes)})


def decode_check_done(job: int, message: Message) -> CheckDone:
    """Read what came of job number ``job`` from a message of ``CHECKED``.

    Raises:
        ProtocolError: as ``decode_check_job``.
    """
    f = Fields(message.fields)
    return CheckDone(
        job,
        python=f.get("python", str),
        torch=f.get("torch", str),
        device=f.get("device", str),
        devices=tuple(texts_of(f.get("devices", list), "devices")),
        weights_sha256=f.get("weights_sha256", str),
        notes=tuple(texts_of(f.get("notes", list), "notes")),
    )
