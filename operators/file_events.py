"""What happens to the file while a job runs: undo, redo and opening another one end it, and the panel says so.

A job was asked for in the file as it was; to write its result into another state would surprise whoever went back.
Takes whose sliders are moved are settled before the file is saved or left, and after an undo or redo they catch up.
"""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from .directing import director
from .worker import desk


def _undone(*_args: object) -> None:
    director().catch_up()
    desk().cancel_all("something was undone or redone")


def _saving(*_args: object) -> None:
    director().settle_all()


def _loading(*_args: object) -> None:
    director().settle_all()  # and not forget: a file that cannot be opened leaves this one open
    desk().file_opens()


def _loaded(*_args: object) -> None:
    director().forget()
    desk().file_opened()


def _handlers() -> tuple[tuple[list[object], object], ...]:
    lists = bpy.app.handlers
    return (
        (lists.undo_post, _undone),
        (lists.redo_post, _undone),
        (lists.save_pre, _saving),
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
