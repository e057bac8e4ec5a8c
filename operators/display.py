"""What is seen of a running job: the cursor's progress, the status bar, and the panel, redrawn by a timer.

Kept apart from the operator, which Blender frees without a word when the add-on is disabled in the middle of a job.
"""

from __future__ import annotations

import bpy

TICK = 0.05  # seconds between two looks at the worker


class JobDisplay:
    """Begins and ends with a job; in between holds the timer, which lives as long as Blender's window manager."""

    def __init__(self) -> None:
        self._timer: bpy.types.Timer | None = None
        self._workspaces: set[str] = set()

    def begin(self, context: bpy.types.Context) -> None:
        """Start ticking in the window of ``context``."""
        self._timer = context.window_manager.event_timer_add(TICK, window=context.window)
        context.window_manager.progress_begin(0.0, 1.0)

    def show(self, context: bpy.types.Context, stage: str, fraction: float) -> None:
        """Show how far the job is."""
        context.window_manager.progress_update(fraction)
        if context.workspace is not None:
            # A status text stays with its workspace, and the artist may go to another.
            self._workspaces.add(context.workspace.name)
            context.workspace.status_text_set(f"PTalker: {stage} {fraction:.0%}  |  Esc: Cancel")
        _redraw_sidebars(context)

    def end(self) -> None:
        """Take everything away again; may be called twice."""
        if self._timer is None:
            return
        context = bpy.context
        context.window_manager.event_timer_remove(self._timer)
        context.window_manager.progress_end()
        self._timer = None
        for name in self._workspaces:
            workspace = bpy.data.workspaces.get(name)
            if workspace is not None:  # None: removed meanwhile
                workspace.status_text_set(None)
        self._workspaces.clear()
        _redraw_sidebars(context)


def _redraw_sidebars(context: bpy.types.Context) -> None:
    """Only the sidebar: drawing the view again, twenty times a second, would slow a heavy scene down."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()
