"""Why a worker process ended, and how it says so: one without memory can do little more than choose its status."""

from __future__ import annotations

import errno
import signal

EXIT_PROTOCOL = 3  # what came on its input was no request
EXIT_MEMORY = 4  # a job wanted more memory than there is
_WORDS = (
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "failed to map segment",
    "can't start new thread",  # no room for its stack
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a fault means that memory ran out.

    torch raises a RuntimeError of its own for the processor's memory (c10/core/impl/alloc_cpu.cpp) and for a graphics
    card's, and the loader of shared libraries an ImportError; only their words tell.
    """
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError | ImportError | OSError) and any(words in text for words in _WORDS)


def why_ended(code: int) -> str:
    """Say in one line why the worker ended, and what to do.

    Args:
        code: its exit status, negative for a signal as in ``subprocess``.
    """
    if code == EXIT_MEMORY:
        return "Out of memory in the worker; close other programs or bake a shorter range"
    if code == -signal.SIGTERM or code == -9:  # SIGKILL has no name on Windows
        return f"The worker process was killed (signal {-code}), as happens when memory runs out; try again"
    return f"The worker process ended (status {code}); try again"
