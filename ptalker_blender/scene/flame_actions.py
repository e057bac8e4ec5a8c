"""FLAME parameter tracks as Actions on a FLAME head, and Actions as tracks.

Coefficients go to the shape keys ``expr_...``, rotations to the bones as pitch, yaw and roll. Keys stand at the track's
own times, which fall between scene frames where the rates differ: nothing is resampled, so every value is one of the
file's. Actions that exist are kept (see ``actions``).

FLAME's joints follow expression too, which a bone's rest pose cannot. With joint j displaced by d and turned by R,
rotation about the displaced joint is rotation about the rest plus the translation (1 - R) d; that is what the bones'
location keys hold, wherever it reaches a hundredth of a millimetre.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..rig.flame_file import JOINTS
from ..rig.flame_pose import rotation_matrices
from ..rig.flame_rotations import angle_matrices, continuous_angles, rotation_vectors
from ..rig.flame_track import FlameTrack
from .actions import finish_action, keep_assigned
from .compat import actions as compat
from .flame_head import BONE_ORDER, EXPRESSION, FLAME_MARK, IDENTITY, FlameHead, components, key_points, set_identity
from .key_blocks import value_path

SLIDER_LIMIT = 10.0  # Blender allows no slider beyond it
_LEAST_SHIFT = 1e-5  # metres: smaller translations of a joint are left out
_GROUP = "FLAME"

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class FlameTake:
    """What one import wrote.

    Attributes:
        face: the new Action on the shape keys; None where the head has no expression keys or the track no expression.
        bones: the new Action on the armature.
        kept: names of Actions that were assigned before and stay in the file with a fake user.
        notes: what the artist might not expect, a sentence each.
    """

    face: bpy.types.Action | None
    bones: bpy.types.Action
    kept: tuple[str, ...]
    notes: tuple[str, ...]


def write_flame_take(
    head: FlameHead,
    track: FlameTrack,
    start_frame: float,
    fps: float,
    name: str,
    provenance: Mapping[str, Any],
    identity: bool = True,
) -> FlameTake:
    """Write a track as new Actions.

    Args:
        head: whose Actions are replaced (not deleted).
        track: see ``rig.flame_track``.
        start_frame: scene frame of the track's frame 0.
        fps: the scene's effective rate.
        name: of the Actions; Blender makes it unique.
        provenance: what the take was made from; must be representable in JSON.
        identity: also set the head's identity, and its joints, to the track's.

    Raises:
        UserError: the head is linked from another file, a bone is missing, or (for identity) as ``update_joints``.
    """
    text = json.dumps(dict(provenance), sort_keys=True)
    _require_editable(head)
    notes = list(track.notes)
    if identity and track.shape.any():
        beyond = set_identity(head, track.shape)
        if np.any(track.shape[len(track.shape) - beyond :]):
            notes.append(f"{beyond} identity components have no shape key and are left out")
    frames = start_frame + np.arange(track.frames) * (fps / track.fps)
    names, left_out = _expression_keys(head, track)
    notes += left_out
    kept = [*keep_assigned(head.mesh.data.shape_keys), *keep_assigned(head.armature)]
    face = None
    if names:
        for key in components(head.mesh, EXPRESSION)[len(names) :]:
            head.mesh.data.shape_keys.key_blocks[key].value = 0.0  # left by an earlier take
        face, holder = compat.assign_new_action(head.mesh.data.shape_keys, name)
        for column, key in enumerate(names):
            _widen(head.mesh.data.shape_keys.key_blocks[key], track.expression[:, column])
            _curve(holder, value_path(key), 0, _GROUP, frames, track.expression[:, column])
        finish_action(face, text)
    bones, holder = compat.assign_new_action(head.armature, f"{name} Joints")
    matrices = rotation_matrices(track.pose)
    angles, shifts = continuous_angles(matrices), _shifts(head, track.expression[:, : len(names)], matrices)
    for number, joint in enumerate(JOINTS):
        head.armature.pose.bones[joint].rotation_mode = BONE_ORDER
        moving = np.abs(shifts[:, number]).max() >= _LEAST_SHIFT
        head.armature.pose.bones[joint].location = (0, 0, 0)
        for axis in range(3):
            _curve(holder, _bone_path(joint, "rotation_euler"), axis, joint, frames, angles[:, number, axis])
            if moving:
                _curve(holder, _bone_path(joint, "location"), axis, joint, frames, shifts[:, number, axis])
    finish_action(bones, text)
    return FlameTake(face, bones, tuple(dict.fromkeys(kept)), tuple(notes))


def read_flame_take(head: FlameHead, first: int, last: int, fps: float) -> FlameTrack:
    """The head's animation from frame ``first`` to ``last`` as a track.

    Expression and identity come from the keys ``expr_...`` and ``shape_...`` (identity as it is at ``first``), joints
    from the bones' rotation. Read from the F-curves of the assigned Actions and, where there are none, from the
    values as they stand; constraints and NLA strips play no part.

    Args:
        head: see ``flame_head``.
        first: scene frame of the track's frame 0.
        last: scene frame of its last.
        fps: the scene's effective rate.

    Raises:
        UserError: an empty range, or a bone whose rotation mode has no F-curves that are read here.
    """
    if last < first:
        raise UserError(f"the range {first} to {last} is empty", "a range of frames", "set the scene's range")
    frames = np.arange(first, last + 1)
    keys = head.mesh.data.shape_keys
    curves = _assigned(keys)

    def sampled(name: str) -> NDArray[np.float32]:
        return _sample(curves.get((value_path(name), 0)), frames, keys.key_blocks[name].value)

    expression = [sampled(name) for name in components(head.mesh, EXPRESSION)]
    shape = [sampled(name)[0] for name in components(head.mesh, IDENTITY)]
    bones = _assigned(head.armature)
    pose = np.stack([_joint_vectors(head.armature.pose.bones[joint], bones, frames) for joint in JOINTS], axis=1)
    columns = np.stack(expression, axis=1) if expression else np.zeros((len(frames), 0))
    return FlameTrack(
        columns.astype(np.float32), pose.astype(np.float32), np.array(shape, np.float32), fps, head.armature.name
    )


def _joint_vectors(
    bone: bpy.types.PoseBone, curves: Mapping[tuple[str, int], bpy.types.FCurve], frames: NDArray[np.int_]
) -> NDArray[np.float64]:
    """Rotation vectors [T, 3] of a bone."""
    if bone.rotation_mode != BONE_ORDER:
        raise UserError(
            f"bone '{bone.name}' turns in the mode {bone.rotation_mode}",
            BONE_ORDER,
            f"set its rotation mode to {BONE_ORDER}",
        )
    path = _bone_path(bone.name, "rotation_euler")
    channels = [_sample(curves.get((path, axis)), frames, bone.rotation_euler[axis]) for axis in range(3)]
    return rotation_vectors(angle_matrices(np.stack(channels, axis=1)))


def _sample(curve: bpy.types.FCurve | None, frames: NDArray[np.int_], still: float) -> NDArray[np.float32]:
    if curve is None or curve.mute:
        return np.full(len(frames), still, np.float32)
    return np.array([curve.evaluate(frame) for frame in frames.tolist()], np.float32)


def _assigned(datablock: bpy.types.ID) -> dict[tuple[str, int], bpy.types.FCurve]:
    action = datablock.animation_data.action if datablock.animation_data else None
    found = compat.fcurves(action, datablock) if action is not None else []
    return {(curve.data_path, curve.array_index): curve for curve in found}


def _expression_keys(head: FlameHead, track: FlameTrack) -> tuple[tuple[str, ...], list[str]]:
    """The keys for the track's first coefficients, and what has none."""
    names = components(head.mesh, EXPRESSION)[: track.expression.shape[1]]
    rest, all_of_it = track.expression[:, len(names) :], np.square(track.expression, dtype=np.float64).sum()
    if not rest.any():
        return names, []
    share = 100 * np.square(rest, dtype=np.float64).sum() / all_of_it
    used = len(names) + int(np.flatnonzero(rest.any(axis=0))[-1]) + 1
    return names, [f"the track has {used} expression components, the head keys for {len(names)}: {share:.1f} % of the"
                   " coefficients' energy is left out"]  # fmt: skip


def _shifts(head: FlameHead, expression: Floats, matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """(1 - R) d of every joint [T, 5, 3] in the bones' own axes, which are FLAME's."""
    blocks, table = head.mesh.data.shape_keys.key_blocks, head.mesh[FLAME_MARK]
    basis = key_points(blocks[0]).astype(np.float64)
    moved = np.zeros((expression.shape[1], len(JOINTS), 3))
    for k, name in enumerate(components(head.mesh, EXPRESSION)[: expression.shape[1]]):
        delta = key_points(blocks[name]) - basis
        for number, joint in enumerate(JOINTS):
            x, y, z = np.asarray(table[f"{joint}_weights"]) @ delta[np.asarray(table[f"{joint}_vertices"])]
            moved[k, number] = x, z, -y
    displaced = np.einsum("tk,kji->tji", np.asarray(expression, np.float64), moved)
    return np.asarray(displaced - (matrices @ displaced[..., None])[..., 0], np.float64)


def _bone_path(bone: str, channel: str) -> str:
    return f'pose.bones["{bpy.utils.escape_identifier(bone)}"].{channel}'


def _curve(holder: Any, path: str, index: int, group: str, frames: Floats, values: Floats) -> None:
    """One F-curve of linear keys, in bulk."""
    curve = compat.add_fcurve(holder, path, index, group)
    points = np.stack([frames, np.asarray(values, np.float64)], axis=1).astype(np.float32)
    curve.keyframe_points.add(len(points))
    curve.keyframe_points.foreach_set("co", points.ravel())
    linear = bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["LINEAR"].value
    curve.keyframe_points.foreach_set("interpolation", np.full(len(points), linear, np.int32))
    curve.update()


def _widen(block: bpy.types.ShapeKey, values: Floats) -> None:
    """Blender clamps a key to its slider's range, silently; let the range hold every value of the take."""
    block.slider_max = max(block.slider_max, min(SLIDER_LIMIT, float(values.max())))
    block.slider_min = min(block.slider_min, max(-SLIDER_LIMIT, float(values.min())))


def _require_editable(head: FlameHead) -> None:
    for datablock in (head.mesh.data.shape_keys, head.armature):
        if not datablock.is_editable:
            raise UserError(f"'{head.armature.name}' is linked", "a local head", "make it local (Object > Relations)")
    missing = [joint for joint in JOINTS if joint not in head.armature.pose.bones]
    if missing:
        raise UserError(
            f"'{head.armature.name}' has no bone {', '.join(missing)}", "FLAME's five bones", "add the head anew"
        )
