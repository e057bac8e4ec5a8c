"""Sliders that act on a take while they are moved: a preview at once, few keys when they rest.

A slider's update only notes which head it was; a timer does the rest at Blender's next tick, so that a fast drag costs
one preview per redraw. Without a window timers never fire: there everything is written at once.

There is no undo step of our own: Blender makes one when a slider is let go of, before its keys have come to rest. So
each preview is noted on the take as ours, and after an undo or redo the keys catch up with the sliders.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import bpy
import numpy as np
from bpy.app.handlers import persistent
from numpy.typing import NDArray

from ..ptalker_blender.engine.keys import default_lips
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.motion.direction import LIMITS, Direction, direct, needs_lips
from ..ptalker_blender.motion.motion import Motion
from ..ptalker_blender.scene.sampling import animated_paths, sampled
from ..ptalker_blender.scene.take_record import edited_channels, note_preview, read_record
from ..ptalker_blender.scene.take_writing import KeptTake, preview, require_kept, rewrite
from ..ptalker_blender.scene.takes import active_take, shown_take
from ..take_properties import DIRECTIONS, PATH

REST_S = 0.35  # without a move, after which the keys are chosen again
TICK_S = 0.02


@dataclass
class _Session:
    """A head whose sliders are being moved."""

    action: int  # session_uid of the take's first
    take: KeptTake
    edited: tuple[str, ...]
    moved: float = 0.0
    dirty: bool = True
    shown: dict[str, NDArray[np.float32]] = field(default_factory=dict)


class Director:
    """Directs the takes of heads whose sliders move; for Blender's main thread."""

    def __init__(self) -> None:
        self._sessions: dict[int, _Session] = {}  # by the head's session_uid and never by a pointer: undo moves objects
        self._directed: dict[int, int] = {}  # the take that was directed last on each head, both by session_uid
        self._left: dict[int, tuple[int, tuple[str, ...]]] = {}  # the take directed last, and what of it was left alone
        self.problem = ""  # why the last move did nothing

    def moved(self, head: bpy.types.Object) -> None:
        """Note that a slider of a head was moved."""
        action = active_take(head)
        if action is None:
            self.problem = f"No take plays on '{head.name}'"
            return
        self.problem = ""
        if bpy.app.background:
            self._sessions.pop(head.session_uid, None)
            self._try(head, action)
        elif self.begin(head, action) and not bpy.app.timers.is_registered(self.tick):
            bpy.app.timers.register(self.tick, first_interval=0.0)

    def left(self, head: bpy.types.Object) -> tuple[str, ...]:
        """Channels of the take that plays which the sliders left to the artist, when they last acted."""
        action, (number, edited) = active_take(head), self._left.get(head.session_uid, (0, ()))
        return edited if action is not None and action.session_uid == number else ()

    def begin(self, head: bpy.types.Object, action: bpy.types.Action) -> bool:
        """Note for the next tick that the take on a head is to be directed; whether it can be."""
        session = self._session(head, action)
        if session is not None:
            session.moved, session.dirty = time.monotonic(), True
        return session is not None

    def apply(self, head: bpy.types.Object) -> tuple[str, ...]:
        """Direct the take on a head as its sliders say, with its own density of keys; channels left to the artist.

        Raises:
            UserError: no take of ours plays on it, or it keeps no motion.
        """
        action = active_take(head)
        if action is None:
            raise UserError(f"no take plays on '{head.name}'", "a take", "bake one, or make one active")
        self._sessions.pop(head.session_uid, None)
        return self._write(head, action)

    def settle(self, head: bpy.types.Object) -> None:
        """Choose the keys of the take whose sliders have not come to rest now, whether it still plays or not.

        To be called before another take plays on the head. Why it could not be done is the `problem`.
        """
        session = self._sessions.pop(head.session_uid, None)
        action = _by_uid(bpy.data.actions, session.action) if session is not None else None
        if action is not None:
            self._try(head, action)

    def give_way(self, head: bpy.types.Object) -> None:
        """Settle the take that plays, which a new one is about to replace; Compare swaps the two."""
        self.settle(head)
        before = shown_take(head)
        if before is not None:
            head.ptalker_other_take = before

    def settle_all(self) -> None:
        """Settle every head, before the file is saved or left."""
        for uid in list(self._sessions):
            head = _by_uid(bpy.data.objects, uid)
            if head is not None:
                self.settle(head)
        self._sessions.clear()

    def catch_up(self) -> None:
        """After an undo or redo: let the takes that were directed have the keys that their sliders ask for.

        The step may have been made before the keys of a slider came to rest, or before there was a preview at all.
        """
        self._sessions.clear()
        for uid, take in list(self._directed.items()):
            head = _by_uid(bpy.data.objects, uid)
            action = active_take(head)
            if head is not None and action is not None and action.session_uid == take and _behind(head, action):
                self._try(head, action)

    def forget(self) -> None:
        """Let go of what was being moved: the file is another one."""
        self._sessions.clear()
        self._directed.clear()
        self._left.clear()

    def close(self) -> None:
        """Leave no timer behind."""
        self.forget()
        if bpy.app.timers.is_registered(self.tick):
            bpy.app.timers.unregister(self.tick)

    def show(self, head: bpy.types.Object) -> int:
        """Preview the take on a head; the number of F-curves that changed.

        Raises:
            UserError: as `apply`.
        """
        action = active_take(head)
        session = self._session(head, action) if action is not None else None
        if action is None or session is None:
            raise UserError(self.problem or f"no take plays on '{head.name}'", "a take", "bake one")
        direction = read_direction(head, session.take.record.start, len(session.take.motion.values))
        values = directed(session.take, direction).values
        changed = preview(action, session.take.record, values, session.edited, session.shown)
        noted = note_preview(action, session.take.record, changed, slider_values(head))
        session.take = replace(session.take, record=noted)
        return len(changed)

    def _session(self, head: bpy.types.Object, action: bpy.types.Action) -> _Session | None:
        """What is being moved; begun anew where another take plays now."""
        session = self._sessions.get(head.session_uid)
        try:
            if session is None or session.action != action.session_uid or session.take.record != read_record(action):
                self.settle(head)
                take = require_kept(action)
                session = _Session(action.session_uid, take, edited_channels(action, take.record))
                self._sessions[head.session_uid] = session
                self._directed[head.session_uid] = action.session_uid
                self._left[head.session_uid] = action.session_uid, session.edited
        except UserError as error:
            self.problem = str(error)
            return None
        return session

    def tick(self) -> float | None:
        """Preview what was moved, write what has come to rest; seconds to the next tick, None when all is done."""
        for uid, session in list(self._sessions.items()):
            head = _by_uid(bpy.data.objects, uid)
            action = active_take(head)
            if head is None:
                del self._sessions[uid]
            elif action is None or action.session_uid != session.action:
                self.settle(head)
            elif session.dirty:
                session.dirty = False
                self.show(head)
            elif time.monotonic() - session.moved > REST_S:
                self.settle(head)
        return TICK_S if self._sessions else None

    def _write(self, head: bpy.types.Object, action: bpy.types.Action) -> tuple[str, ...]:
        """Direct a take as the sliders of a head say; channels left to the artist.

        Raises:
            UserError: it keeps no motion, or is linked.
        """
        take = require_kept(action)
        edited = edited_channels(action, take.record)
        direction = read_direction(head, take.record.start, len(take.motion.values))
        rewrite(action, take.record, directed(take, direction).values, edited, slider_values(head))
        self._directed[head.session_uid] = action.session_uid
        self._left[head.session_uid] = action.session_uid, edited
        return edited

    def _try(self, head: bpy.types.Object, action: bpy.types.Action) -> None:
        try:
            self._write(head, action)
        except UserError as error:
            self.problem = str(error)


def _by_uid(kept: Iterable[Any], uid: int) -> Any:
    """The datablock with a session_uid; None if it has gone."""
    return next((one for one in kept if one.session_uid == uid), None)


def _behind(head: bpy.types.Object, action: bpy.types.Action) -> bool:
    """Whether a take's keys are not those that the sliders of its head ask for; animated ones cannot tell."""
    try:
        record = read_record(action)
    except UserError:
        return False  # told when it is directed
    if record is None:
        return False
    now, animated = slider_values(head), animated_paths(head, f"{PATH}.")
    still = (name for name, _ in DIRECTIONS if f"{PATH}.{name}" not in animated)
    return not record.resting or any(now.get(name) != record.direction.get(name) for name in still)


@lru_cache(maxsize=1)
def director() -> Director:
    """Return this Blender's director."""
    return Director()


def _scene_changed(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    """Direct anew when the animation of a slider was edited: Blender calls no update for that."""
    head = scene.ptalker.head
    animation = head.animation_data if head is not None else None
    if animation is None or animation.action is None or bpy.app.background:
        return
    changed = (update.id.original for update in depsgraph.updates if isinstance(update.id, bpy.types.Action))
    if animation.action in changed and is_animated(head) and active_take(head) is not None:
        director().moved(head)


def listen() -> None:
    """Hear of edited animation from now on."""
    bpy.app.handlers.depsgraph_update_post.append(persistent(_scene_changed))


def ignore() -> None:
    """Hear of it no more."""
    bpy.app.handlers.depsgraph_update_post.remove(_scene_changed)
    director().close()


def read_direction(head: bpy.types.Object, start: float, frames: int) -> Direction:
    """What the sliders of a head say; one that is animated has a value per frame."""
    sliders, curves = head.ptalker_direction, animated_paths(head, f"{PATH}.")
    settings: dict[str, float | NDArray[np.float64]] = {}
    for name, unit in DIRECTIONS:
        curve, (low, high) = curves.get(f"{PATH}.{name}"), LIMITS[name]
        value = sampled(curve, start, frames) if curve is not None else np.float64(getattr(sliders, name))
        if curve is None and getattr(sliders, name) == sliders.bl_rna.properties[name].default:
            continue  # single precision would make a neutral setting nearly neutral
        limited = np.clip(value * unit, low, high)
        settings[name] = limited if curve is not None else float(limited)
    return Direction(**settings)


def directed(take: KeptTake, direction: Direction) -> Motion:
    """A take's motion as directed."""
    return direct(take.motion, direction, default_lips() if needs_lips(direction) else None, take.record.seed)


def slider_values(head: bpy.types.Object) -> dict[str, float]:
    """Sliders that are not neutral, as a take remembers them."""
    sliders = head.ptalker_direction
    named = ((name, float(getattr(sliders, name))) for name, _ in DIRECTIONS)
    return {name: value for name, value in named if value != sliders.bl_rna.properties[name].default}


def is_animated(head: bpy.types.Object) -> bool:
    """Whether a slider of a head is animated."""
    return bool(animated_paths(head, f"{PATH}."))


def load_sliders(head: bpy.types.Object, values: dict[str, float]) -> None:
    """Set the sliders to what a take remembers, the others to neutral, without directing anything."""
    sliders = head.ptalker_direction
    sliders.loading = True
    for name, _ in DIRECTIONS:
        setattr(sliders, name, values.get(name, sliders.bl_rna.properties[name].default))
    sliders.loading = False
