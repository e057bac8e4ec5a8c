"""Which device the network runs on. torch is imported only when asked."""

from __future__ import annotations

from ..errors import UserError


def available_devices() -> tuple[str, ...]:
    """List the usable devices, best first; always ends in ``cpu``."""
    import torch

    found = []
    if torch.cuda.is_available():
        found += ["cuda"] if torch.cuda.device_count() == 1 else [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def choose_device(requested: str = "auto") -> str:
    """Choose the device: the best one for ``auto``, else the requested one if it is there.

    Args:
        requested: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    Raises:
        UserError: no such device here.
    """
    devices = available_devices()
    if requested == "auto":
        return devices[0]
    # "cuda" stands for the first card, and "cuda:0" for the only one.
    spellings = {*devices, *(name.partition(":")[0] for name in devices), *(f"{d}:0" for d in devices if d == "cuda")}
    if requested not in spellings:
        raise UserError(f"device {requested!r}", f"auto or one of {', '.join(devices)}", "choose one this machine has")
    return requested
