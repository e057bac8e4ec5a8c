"""What FLAME's jaw does to lips and chin, measured at some sixty places of the mean head; see ``rig/flame_jaw.py``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ptalker_blender.rig.flame_file import FlameModel
from ptalker_blender.rig.flame_jaw import JawFrame, jaw_frame
from ptalker_blender.rig.flame_landmarks import flame_landmarks, flame_regions, skin_mirror
from ptalker_blender.rig.flame_pose import flame_joints, pose_flame
from ptalker_blender.rig.keying.face import flame_face
from ptalker_blender.rig.keying.registration import lip_sides

PLACES = 60  # on the left half and the midline
CHIN = 0.012  # metres round the chin
ANGLES = (0.2, 0.4)  # radians; sine and cosine terms follow from two
IDENTITIES = 400  # drawn for the joint
JOINT_POINTS = ("chin", "ears", "scalp", "neck")
MIDLINE = -2e-4


def jaw_table(model: FlameModel) -> str:
    """The text of ``flame_jaw_table.py``."""
    points = model.v_template.astype(np.float64)
    ids = _places(model)
    frame = jaw_frame(points)
    sine, cosine = (_symmetric(field, ids, frame) for field in arc_fields(model))
    rows = "\n".join(
        f"    {v}: ({', '.join(str(int(x)) for x in np.r_[a, b])})," for v, a, b in zip(ids, sine, cosine, strict=True)
    )
    shares = ", ".join(f'"{name}": {share:.3f}' for name, share in zip(JOINT_POINTS, joint_shares(model), strict=True))
    return (
        '"""FLAME\'s jaw as measured on its mean head; written by ``python -m tools.flame_tables``, not by hand.\n\n'
        "Measured on FLAME 2023 Open, (c) Max-Planck-Gesellschaft, https://flame.is.tue.mpg.de, CC BY 4.0.\n"
        '"""\n\n'
        "#: The jaw's joint as a mean of the chin and of the middles of regions.\n"
        f"JOINT: dict[str, float] = {{{shares}}}\n\n"
        "#: By vertex of the left half: what opening does to it, thousandths of the distance from joint to chin, along "
        "the\n#: axes of :func:`.flame_jaw.jaw_frame`; three for the sine of the angle, three for 1 - its cosine.\n"
        f"PLACES: dict[int, tuple[int, int, int, int, int, int]] = {{\n{rows}\n}}\n"
    )


def arc_fields(model: FlameModel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fields [5023, 3], displacement(angle) = sin(angle) first + (1 - cos(angle)) second; exact to 0.1 mm at 0.5."""
    moved = []
    for angle in ANGLES:
        pose = np.zeros((5, 3))
        pose[2, 0] = angle
        moved.append(pose_flame(model, pose=pose).astype(np.float64) - model.v_template)
    inverse = np.linalg.inv([[np.sin(angle), 1 - np.cos(angle)] for angle in ANGLES])
    first, second = (inverse[k, 0] * moved[0] + inverse[k, 1] * moved[1] for k in (0, 1))
    return first, second


def joint_shares(model: FlameModel) -> NDArray[np.float64]:
    """Shares, summing to 1, of ``JOINT_POINTS`` that put the jaw's joint best over drawn identities."""
    betas = np.random.default_rng(0).normal(size=(IDENTITIES, model.shapedirs.shape[2])).astype(np.float32)
    heads = model.v_template + np.einsum("vck,nk->nvc", model.shapedirs, betas)
    joints = flame_joints(model, betas=betas)[:, 2]
    points = np.stack([heads[:, ids].mean(axis=1) for ids in _joint_ids()], axis=-1).astype(np.float64)
    known = (points[..., :-1] - points[..., -1:])[:, 1:].reshape(-1, len(JOINT_POINTS) - 1)
    shares = np.linalg.lstsq(known, (joints - points[..., -1])[:, 1:].ravel(), rcond=None)[0]
    return np.append(shares, 1 - shares.sum())


def _joint_ids() -> list[NDArray[np.int32]]:
    regions = flame_regions()
    return [flame_landmarks()["chin"], *(regions[name] for name in JOINT_POINTS[1:])]


def _places(model: FlameModel) -> NDArray[np.int64]:
    """Vertices spread over lips and chin, farthest first; upper and lower lip count as a centimetre apart and more."""
    points, marks = model.v_template.astype(np.float64), flame_landmarks()
    skin = flame_regions()["skin"]
    chin = skin[np.linalg.norm(points[skin] - points[marks["chin"][0]], axis=1) < CHIN]
    near = np.union1d(flame_regions()["lips"], chin)
    near = near[points[near, 0] > MIDLINE]
    side = lip_sides(flame_face(points, model.faces)).astype(np.float64)
    place = np.column_stack([points, 0.01 * side])
    middle = len(marks["inner_lip_upper"]) // 2
    chosen = [
        marks["chin"][0],
        marks["inner_lip_upper"][middle],
        marks["inner_lip_lower"][middle],
        marks["mouth_corner_left"][0],
    ]
    away = np.min([np.linalg.norm(place[near] - place[v], axis=1) for v in chosen], axis=0)
    while len(chosen) < PLACES:
        chosen.append(near[int(away.argmax())])
        away = np.minimum(away, np.linalg.norm(place[near] - place[chosen[-1]], axis=1))
    return np.sort(np.array(chosen, np.int64))


def _symmetric(field: NDArray[np.float64], ids: NDArray[np.int64], frame: JawFrame) -> NDArray[np.float64]:
    mirror = skin_mirror()
    left, right = (1000 * field[at] @ frame.axes.T / frame.length for at in (ids, mirror[ids]))
    return np.round(0.5 * (left + right * [-1, 1, 1]))
