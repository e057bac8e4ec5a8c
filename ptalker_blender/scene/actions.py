"""Writing a take: motion curves become F-curves of new Actions; Actions that exist are never touched.

A take is one Action on the mesh's shape keys and, when the head turns, a second one on a small Empty that the head's
rotation takes over (see ``turning``). The artist's own placement of the head is thereby left alone, and the head nods
about its own axes wherever the artist turns it (``delta_rotation_euler`` would nod about the parent's axes).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import bpy
import numpy as np

from ..errors import UserError
from ..motion.controls import BLENDSHAPES, HEAD_ANGLES
from ..rig.mapping import map_curves
from .compat import actions as compat
from .curves import set_keys
from .key_blocks import can_move, require_keys, rest_value, value_path
from .mapping import require_mapping
from .turn_choice import BONE, NECK, release_bone, turn_choice
from .turning import TURN_GROUP, check_turning, own_turner, require_head_turner, require_no_tweak

if TYPE_CHECKING:
    from ..motion.reduce import KeyCurve

PROVENANCE = "ptalker"  # custom property of the Action: JSON
VISIBLE = 1e-3  # of a key's shape: what moves less does not move

# Channel and sign of the angles in turning.HEAD_ORDER.
HEAD_CHANNELS: dict[str, tuple[int, float]] = {"headPitch": (0, 1.0), "headRoll": (1, -1.0), "headYaw": (2, 1.0)}


@dataclass(frozen=True)
class Track:
    """What a take does to one mesh: curves named after its shape keys, between keys linear."""

    obj: bpy.types.Object
    curves: tuple[KeyCurve, ...]


@dataclass(frozen=True)
class Take:
    """What one bake wrote.

    Attributes:
        action: the new Action on the shape keys; of several meshes that of the first.
        actions: all new Actions on shape keys: one, with a slot for each mesh, where this Blender has slots.
        head_action: the new Action on the head-motion Empty, or None.
        kept: names of Actions that were assigned before and stay in the file with a fake user.
        missing: controls with keys in the take that move no shape key of the head (``write_take``).
        driven: shape keys that a driver runs, which would overrule F-curves; not written (``write_take``).
        notes: sentences for the artist.
        written: the meshes whose keys are animated, in the order of the tracks; one that shares its keys with another
            is not among them.
    """

    action: bpy.types.Action
    actions: tuple[bpy.types.Action, ...]
    head_action: bpy.types.Action | None
    kept: tuple[str, ...]
    missing: tuple[str, ...] = ()
    driven: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    written: tuple[bpy.types.Object, ...] = ()


def write_take(
    obj: bpy.types.Object,
    curves: Sequence[KeyCurve],
    start_frame: float,
    name: str,
    provenance: Mapping[str, Any],
    head_motion: bool = False,
) -> Take:
    """Write curves of controls as a new Action on one head, through its mapping.

    Args:
        obj: mesh object that owns the shape keys.
        curves: keys per control, frames counted from 0 at the scene's effective rate; between keys linear.
        start_frame: scene frame of the curves' frame 0; may be fractional.
        name: name of the Action; Blender makes it unique.
        provenance: what the take was made from; must be representable in JSON. Stored on the Action as ``ptalker``.
        head_motion: also let headPitch, headYaw and headRoll turn the object about its origin, or only the head of a
            mesh whose vertex group "Head turn" says how the neck bends.

    Returns:
        the take; its Actions are assigned and have a fake user, so that a later take does not lose them.

    Raises:
        UserError: as ``mapping.require_mapping`` and ``write_tracks``.
        ValueError: a curve is not of a control, or its arrays do not fit.
    """
    unknown = [curve.name for curve in curves if curve.name not in BLENDSHAPES and curve.name not in HEAD_ANGLES]
    if unknown:
        raise ValueError(f"not a control: {', '.join(unknown)}")
    for curve in curves:
        _check(curve)
    mapping = require_mapping(obj)
    faces = [curve for curve in curves if curve.name in BLENDSHAPES]
    turns = [curve for curve in curves if curve.name in HEAD_ANGLES] if head_motion else []
    take = write_tracks([Track(obj, map_curves(mapping.table, faces))], start_frame, name, provenance, turns)
    carried = {*mapping.table.controls, *(BLENDSHAPES if mapping.table.visemes else ())}
    return replace(take, missing=tuple(c.name for c in faces if c.name not in carried), driven=mapping.driven)


def write_tracks(
    tracks: Sequence[Track],
    start_frame: float,
    name: str,
    provenance: Mapping[str, Any],
    turns: Sequence[KeyCurve] = (),
    interpolation: str = "LINEAR",
) -> Take:
    """Write one take on the shape keys of one or more meshes.

    Args:
        tracks: the meshes with the curves of their own keys; the first is the head. Meshes that share their shape
            keys with an earlier one are left out.
        start_frame: as in ``write_take``.
        name: as in ``write_take``.
        provenance: as in ``write_take``.
        turns: curves of the head's angles, which turn the first mesh. A mesh that an armature deforms, or whose other
            parts would stay behind, is not turned; a note says so.
        interpolation: Blender's name for what happens between two keys.

    Returns:
        as ``write_take``.

    Raises:
        UserError: a mesh cannot be animated, a key has gone, or nothing at all would move; nothing was changed then.
        ValueError: arrays that do not fit.
    """
    text = json.dumps(dict(provenance), sort_keys=True)
    datablocks = {require_keys(track.obj): track for track in reversed(tracks)}
    written = [track for track in tracks if datablocks[track.obj.data.shape_keys] is track]
    for track in written:
        _check_track(track)
    if any(track.curves for track in written) or not turns:
        _require_movement(written)
    problem = _why_not_turned(written) if turns else ""
    nodding = None
    if turns and not problem:
        check_turning(written[0].obj)
    else:
        nodding = nodding_turner(written[0].obj)

    for track in written:
        _rest_what_is_left_out(track)
    kept = [action for track in written for action in keep_assigned(track.obj.data.shape_keys)]
    made = compat.assign_shared_action([track.obj.data.shape_keys for track in written], name)
    for track, (_, holder) in zip(written, made, strict=True):
        for curve in track.curves:
            _write(holder, value_path(curve.name), 0, "PTalker", curve, start_frame, 1.0, interpolation)
    actions = tuple(dict.fromkeys(action for action, _ in made))
    for action in actions:
        finish_action(action, text)

    head_action = None
    if turns and not problem:
        target = require_head_turner(written[0].obj)
        kept += keep_assigned(target)
        head_action, holder = compat.assign_new_action(target, f"{name} Head")
        for curve in turns:
            index, sign = HEAD_CHANNELS[curve.name]
            _write(holder, "rotation_euler", index, "PTalker", curve, start_frame, sign, interpolation)
        finish_action(head_action, text)
    elif nodding is not None:
        straighten(nodding)
    if head_action is None and turn_choice(written[0].obj) != BONE:
        release_bone(written[0].obj)  # another choice was made since the take before
    notes = (problem,) if problem else ()
    objects = tuple(track.obj for track in written)
    return Take(actions[0], actions, head_action, tuple(dict.fromkeys(kept)), notes=notes, written=objects)


def read_provenance(action: bpy.types.Action) -> dict[str, Any] | None:
    """Read what a take was made from; None if PTalker did not write this Action."""
    text = action.get(PROVENANCE)
    return json.loads(text) if isinstance(text, str) else None


def nodding_turner(head: bpy.types.Object) -> bpy.types.Object | None:
    """The Empty of a head that an Action of ours turns now; None where none does, or the artist's own.

    A take without head motion holds it straight: the nods of another line would go on below it.

    Raises:
        UserError: it is in the NLA's tweak mode.
    """
    target = own_turner(head)
    action = target.animation_data.action if target is not None and target.animation_data is not None else None
    if target is None or action is None or read_provenance(action) is None or not target.is_editable:
        return None
    require_no_tweak(target, head)
    return target


def straighten(target: bpy.types.Object) -> None:
    """Take the Action off an Empty that turns a head, and let the head look ahead."""
    compat.assign(target, None)
    target.rotation_euler = (0.0, 0.0, 0.0)


def _check(curve: KeyCurve) -> None:
    count = len(curve.frames)
    if count == 0 or len(curve.values) != count:
        raise ValueError(f"{curve.name}: {count} frames and {len(curve.values)} values")


def _check_track(track: Track) -> None:
    there = track.obj.data.shape_keys.key_blocks
    for curve in track.curves:
        _check(curve)
        if curve.name not in there:
            raise UserError(
                f"shape key '{curve.name}' of '{track.obj.name}' is gone", "it to stay while a bake runs", "bake again"
            )


def _require_movement(tracks: Sequence[Track]) -> None:
    """Refuse a take after which the artist would see nothing on the face move."""
    reached = [(track.obj, curve) for track in tracks for curve in track.curves]
    away = [(obj, curve) for obj, curve in reached if _leaves_rest(obj, curve)]
    if any(can_move(obj, curve.name) for obj, curve in away):
        return
    named = ", ".join(f"'{track.obj.name}'" for track in tracks)
    if not away:
        raise UserError(
            f"this motion leaves the {len(reached)} mapped shape keys of {named} at rest, so nothing would move",
            "keys for what the motion does, above all jawOpen or mouth shapes",
            "map more keys under Mapping; if they are mapped, the recording may be silent",
        )
    raise UserError(
        f"the {len(away)} shape keys of {named} that this motion reaches are muted or have no shape of their own",
        "keys that move the mesh",
        "turn the keys on (the tick beside each), or sculpt them",
    )


def _rest_what_is_left_out(track: Track) -> None:
    """Rest the keys that only our earlier take moved; Blender would leave them at the value they happen to have."""
    keys = track.obj.data.shape_keys
    action = keys.animation_data.action if keys.animation_data is not None else None
    if action is None or read_provenance(action) is None:
        return
    before = {fcurve.data_path for fcurve in compat.fcurves(action, keys)}
    now = {value_path(curve.name) for curve in track.curves}
    for block in keys.key_blocks:
        if value_path(block.name) in before - now:
            block.value = rest_value(track.obj, block.name)


def _leaves_rest(obj: bpy.types.Object, curve: KeyCurve) -> bool:
    far = np.abs(np.asarray(curve.values, np.float64) - rest_value(obj, curve.name)).max()
    return bool(far > VISIBLE)


def _why_not_turned(tracks: Sequence[Track]) -> str:
    """A sentence for the artist if turning the head would tear the character apart."""
    head = tracks[0].obj
    if turn_choice(head) == BONE:
        return ""  # the other parts hang on the rig too
    if any(modifier.type == "ARMATURE" and modifier.object for modifier in head.modifiers):
        what = f"Head motion is left out: an armature deforms '{head.name}', whose head bone should turn it"
        return f"{what} (choose it under Output)."
    bends = TURN_GROUP in head.vertex_groups and turn_choice(head) == NECK
    behind = [track.obj for track in tracks[1:] if bends or not _hangs_on(track.obj, head)]
    if behind:
        what = f"Head motion is left out: {', '.join(repr(obj.name) for obj in behind)} would stay behind."
        return what if bends else f"{what} Parent them to '{head.name}' (Ctrl P, Keep Transform) to let it turn."
    return ""


def _hangs_on(obj: bpy.types.Object, head: bpy.types.Object) -> bool:
    above = obj.parent
    while above is not None and above != head:
        above = above.parent
    return above is not None


def _write(
    holder: Any,
    path: str,
    index: int,
    group: str,
    curve: KeyCurve,
    start_frame: float,
    scale: float,
    interpolation: str,
) -> None:
    _check(curve)
    fcurve = compat.add_fcurve(holder, path, index, group)
    # Added in double precision: float32 frames far from 0 must not be rounded twice.
    frames = start_frame + np.asarray(curve.frames, np.float64)
    set_keys(fcurve, frames, scale * np.asarray(curve.values, np.float64), interpolation)


def finish_action(action: bpy.types.Action, provenance: str) -> None:
    """Note where a take comes from, and keep it in the file when another one is assigned."""
    action[PROVENANCE] = provenance
    action.use_fake_user = True


def keep_assigned(datablock: bpy.types.ID) -> list[str]:
    """Protect the Action assigned now from being lost when another takes its place; its name, if there is one."""
    action = datablock.animation_data.action if datablock.animation_data else None
    if action is None:
        return []
    if action.is_editable:
        action.use_fake_user = True
    return [action.name]
