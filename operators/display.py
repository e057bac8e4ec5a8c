"""What is seen of the jobs: the status bar and the sidebars, redrawn by a timer in each window that started one.

Kept apart from the operator, which Blender frees without a word when the add-on is disabled in the middle of a job.
The cursor stays the artist's: it could show a number, but they are at work on something else.
"""

from __future__ import annotations

import time

import bpy

TICK = 0.05  # seconds between two looks at the worker
_REDRAW = 0.1  # seconds at least between two drawings of progress: a sidebar takes longer to draw than to look
_SIDEBARS = {"VIEW_3D", "SEQUENCE_EDITOR"}  # where our panels are


class JobDisplay:
    """Ticks in each window while a job that was started there lasts; a timer lives as long as its window."""

    def __init__(self) -> None:
        self._timers: dict[int, bpy.types.Timer] = {}  # by the window's address
        self._windows: dict[int, int] = {}  # of each job
        self._workspaces: set[str] = set()
        self._shown = ""
        self._shown_at = 0.0

    @property
    def active(self) -> bool:
        """Whether anything of a job is seen or ticks."""
        return bool(self._timers or self._workspaces)

    def begin(self, context: bpy.types.Context, job: int) -> None:
        """Tick in the window of ``context`` until ``end`` of the same job."""
        address = context.window.as_pointer()
        if address not in self._timers:
            self._timers[address] = context.window_manager.event_timer_add(TICK, window=context.window)
        self._windows[job] = address

    def show(self, context: bpy.types.Context, text: str) -> None:
        """Show how far the jobs are; costs nothing while that does not change."""
        workspace = context.workspace
        known, now = workspace is None or workspace.name in self._workspaces, time.monotonic()
        if known and (text == self._shown or now - self._shown_at < _REDRAW):
            return
        self._shown, self._shown_at = text, now
        if workspace is not None:
            # A status text stays with its workspace, and the artist may go to another.
            self._workspaces.add(workspace.name)
            workspace.status_text_set(text)
        redraw_sidebars()

    def end(self, job: int) -> None:
        """Take away what only this job needed; may be called twice."""
        address = self._windows.pop(job, None)
        if address is not None and address not in self._windows.values():
            bpy.context.window_manager.event_timer_remove(self._timers.pop(address))
        if not self._windows:
            self._clear_texts()
        redraw_sidebars()

    def close(self) -> None:
        """Take everything away."""
        for job in tuple(self._windows):
            self.end(job)

    def _clear_texts(self) -> None:
        for name in self._workspaces:
            workspace = bpy.data.workspaces.get(name)
            if workspace is not None:  # None: removed meanwhile
                workspace.status_text_set(None)
        self._workspaces.clear()
        self._shown = ""


def redraw_sidebars() -> None:
    """Only the sidebars: drawing the view again, twenty times a second, would slow a heavy scene down."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in _SIDEBARS:
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()
            elif area.type == "PREFERENCES":  # seldom open, and light; ours show the jobs and the search there
                area.tag_redraw()
