"""Looking whether a line can be baked in this process: modules that load, a device that is there, a network that fits.

Every module a job may need is really imported, since one that is found may still not load.
"""

from __future__ import annotations

import importlib
import importlib.util
import platform
import sys
from collections.abc import Callable

from ..errors import UserError
from .check_messages import CheckDone, CheckJob
from .endings import is_out_of_memory
from .find_runtime import DIALOGUE
from .runtime import NEEDED

Tell = Callable[[str, float], None]


def do_check(number: int, job: CheckJob, load: Callable[[], str], progress: Tell) -> CheckDone:
    """Look at everything a bake needs, the slowest last.

    Args:
        number: of the job.
        job: what is asked for.
        load: loads the network as the job wants it, and returns its hash.
        progress: called with a stage and a fraction; may raise to cancel.

    Raises:
        UserError: a module is missing or does not load, no such device, or no usable weights.
    """
    for i, name in enumerate(NEEDED):
        progress(f"Loading {name}", i / len(NEEDED))
        _load(name)
    import torch

    from .device import available_devices, choose_device

    progress("Looking for devices", 0.0)
    device = choose_device(job.device)
    devices = tuple(_named(name) for name in available_devices())
    progress("Loading network", 0.0)
    sha256 = load()
    notes = () if importlib.util.find_spec(DIALOGUE) else (f"{DIALOGUE} is missing, which a dialogue needs",)
    return CheckDone(number, platform.python_version(), str(torch.__version__), device, devices, sha256, notes)


def _load(name: str) -> None:
    try:
        importlib.import_module(name)
    except (ImportError, OSError) as error:  # OSError: a library that the module wants is not there
        if is_out_of_memory(error):
            raise
        raise UserError(
            f"{name} does not load in {sys.executable}: {error}",
            "a module that works",
            "choose another Python in the add-on preferences, or install the module there anew",
        ) from error


def _named(device: str) -> str:
    """A device with the name of its card, where it has one."""
    import torch

    if not device.startswith("cuda"):
        return device
    return f"{device} ({torch.cuda.get_device_name(torch.device(device))})"
