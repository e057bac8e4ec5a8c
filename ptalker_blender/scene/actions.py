"""Writing a take: motion curves become F-curves of new Actions; Actions that exist are never touched.

A take is one Action on the mesh's shape keys and, when the head turns, a second one on a small Empty that the head's
rotation takes over (see ``turning``). The artist's own placement of the head is thereby left alone, and the head nods
about its own axes wherever the artist turns it (``delta_rotation_euler`` would nod about the parent's axes).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bpy
import numpy as np

from ..errors import UserError
from ..motion.controls import BLENDSHAPES, HEAD_ANGLES
from .compat import actions as compat
from .shape_keys import require_controls
from .turning import require_head_turner

if TYPE_CHECKING:
    from ..motion.reduce import KeyCurve

PROVENANCE = "ptalker"  # custom property of the Action: JSON
SLIDER_LIMIT = 10.0  # Blender allows no slider beyond it

# Channel and sign of the angles in turning.HEAD_ORDER.
HEAD_CHANNELS: dict[str, tuple[int, float]] = {"headPitch": (0, 1.0), "headRoll": (1, -1.0), "headYaw": (2, 1.0)}


@dataclass(frozen=True)
class Take:
    """What one bake wrote.

    Attributes:
        action: the new Action on the shape keys.
        head_action: the new Action on the head-motion Empty, or None.
        kept: names of Actions that were assigned before and stay in the file with a fake user.
        missing: controls with keys in the take for which the head has no shape key.
        driven: controls whose shape key is run by a driver, which would overrule F-curves; not written.
    """

    action: bpy.types.Action
    head_action: bpy.types.Action | None
    kept: tuple[str, ...]
    missing: tuple[str, ...]
    driven: tuple[str, ...]


def write_take(
    obj: bpy.types.Object,
    curves: Sequence[KeyCurve],
    start_frame: float,
    name: str,
    provenance: Mapping[str, Any],
    head_motion: bool = False,
) -> Take:
    """Write curves as a new Action on the head's shape keys.

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
        UserError: the object has no known shape keys, or its data is linked from another file.
        ValueError: a curve is not of a control, or its arrays do not fit.
    """
    unknown = [curve.name for curve in curves if curve.name not in BLENDSHAPES and curve.name not in HEAD_ANGLES]
    if unknown:
        raise ValueError(f"not a control: {', '.join(unknown)}")
    controls = require_controls(obj)
    keys = obj.data.shape_keys
    if not keys.is_editable:
        raise UserError(
            f"'{obj.name}' is linked from another file", "a local head", "make it local (Object > Relations)"
        )
    text = json.dumps(dict(provenance), sort_keys=True)
    faces = [curve for curve in curves if curve.name in BLENDSHAPES]
    driven = [curve.name for curve in faces if curve.name in controls and _is_driven(keys, controls[curve.name])]
    missing = [curve.name for curve in faces if curve.name not in controls]

    kept = _keep(keys)
    action, holder = compat.assign_new_action(keys, name)
    for curve in faces:
        if curve.name not in missing and curve.name not in driven:
            key = controls[curve.name]
            _widen_slider(keys.key_blocks[key], curve.values)
            _write(holder, value_path(key), 0, "PTalker", curve, start_frame, 1.0)
    _finish(action, text)

    head_action = None
    turns = [curve for curve in curves if curve.name in HEAD_ANGLES]
    if head_motion and turns:
        target = require_head_turner(obj)
        kept += _keep(target)
        head_action, holder = compat.assign_new_action(target, f"{name} Head")
        for curve in turns:
            index, sign = HEAD_CHANNELS[curve.name]
            _write(holder, "rotation_euler", index, "PTalker", curve, start_frame, sign)
        _finish(head_action, text)
    return Take(action, head_action, tuple(kept), tuple(missing), tuple(driven))


def read_provenance(action: bpy.types.Action) -> dict[str, Any] | None:
    """Read what a take was made from; None if PTalker did not write this Action."""
    text = action.get(PROVENANCE)
    return json.loads(text) if isinstance(text, str) else None


def value_path(key_name: str) -> str:
    """Return the data path of a shape key's value, whatever characters its name holds."""
    return f'key_blocks["{bpy.utils.escape_identifier(key_name)}"].value'


def _write(holder: Any, path: str, index: int, group: str, curve: KeyCurve, start_frame: float, scale: float) -> None:
    """One F-curve, in bulk: ``keyframe_insert`` is quadratic in the number of keys."""
    count = len(curve.frames)
    if count == 0 or len(curve.values) != count:
        raise ValueError(f"{curve.name}: {count} frames and {len(curve.values)} values")
    fcurve = compat.add_fcurve(holder, path, index, group)
    points = np.empty((count, 2), np.float32)
    # Added in double precision: float32 frames far from 0 must not be rounded twice.
    points[:, 0] = start_frame + np.asarray(curve.frames, np.float64)
    points[:, 1] = scale * np.asarray(curve.values, np.float64)
    fcurve.keyframe_points.add(count)
    fcurve.keyframe_points.foreach_set("co", points.ravel())
    linear = bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["LINEAR"].value
    fcurve.keyframe_points.foreach_set("interpolation", np.full(count, linear, np.int32))
    fcurve.update()


def _finish(action: bpy.types.Action, provenance: str) -> None:
    action[PROVENANCE] = provenance
    action.use_fake_user = True


def _keep(datablock: bpy.types.ID) -> list[str]:
    """Protect the Action assigned now from being lost when another takes its place; its name, if there is one."""
    action = datablock.animation_data.action if datablock.animation_data else None
    if action is None:
        return []
    if action.is_editable:
        action.use_fake_user = True
    return [action.name]


def _is_driven(keys: bpy.types.Key, key_name: str) -> bool:
    drivers: Iterable[bpy.types.FCurve] = keys.animation_data.drivers if keys.animation_data else ()
    return any(driver.data_path == value_path(key_name) for driver in drivers)


def _widen_slider(key: bpy.types.ShapeKey, values: np.ndarray[Any, Any]) -> None:
    """Blender clamps a key to its slider's range, silently; let the range hold every value of the take."""
    key.slider_max = max(key.slider_max, min(SLIDER_LIMIT, float(np.max(values))))
    key.slider_min = min(key.slider_min, max(-SLIDER_LIMIT, float(np.min(values))))
