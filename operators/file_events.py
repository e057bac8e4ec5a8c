"""What happens to the file while a job runs: undo, redo and opening another one end it, and the panel says so.

A job was asked for in the file as it was; to write its result into another state would surprise whoever went back.
"""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from .directing import director
from .worker import desk


def _undone(*_args: object) -> None:
    director().forget()
    desk().cancel_all("something was undone or redone")


def _loading(*_args: object) -> None:
    director().forget()
    desk().file_opens()


def _loaded(*_args: object) -> None:
    desk().file_opened()


def _handlers() -> tuple[tuple[list[object], object], ...]:
    lists = bpy.app.handlers
    return (
        (lists.undo_post, _undone),
        (lists.redo_post, _undone),
        (lists.load_pre, _loading),
        (lists.load_post, _loaded),
    )


def listen() -> None:
    """Hear of them from now on."""
    for handlers, handler in _handlers():
        handlers.append(persistent(handler))


def ignore() -> None:
    """Hear of them no more."""
    for handlers, handler in _handlers():
        handlers.remove(handler)
