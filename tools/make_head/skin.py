"""The skin: the refined cage with lids laid on the eyeball, lips closed, nostrils, and what lies behind them."""

from __future__ import annotations

import numpy as np

from .cage import build_cage, corner_forward, on_eye
from .form import Form, refine
from .identity import DEFAULT, Identity
from .measures import EYE, EYE_HALF_WIDTH, EYE_RADIUS, LID_THICKNESS, REST_GAP, Array, Ids
from .mesh import Mesh
from .shaping import bump, smoothstep

LIP_RINGS = 9  # of the lip red, contact edge included: two bands of the cage
LIP_STEPS = tuple(k / (LIP_RINGS - 1) for k in range(LIP_RINGS))  # from the contact edge (0) to the red's border (1)
LID_RINGS = 13  # rings counted from the margin that the lids' keys move


def build_skin(identity: Identity = DEFAULT) -> Mesh:
    """The whole skin, mirrored, with the groups the keys and landmarks are made from."""
    form, points = _outside(identity)
    # Nostrils are modelled where the default nose has them; the same vertices have them on another nose.
    points = points + _nostrils(points if identity == DEFAULT else _outside(DEFAULT)[1])
    points[np.abs(form.mesh.points()[:, 0]) < 1e-9, 0] = 0.0
    mesh = form.mesh
    mesh.vertices = [(float(x), float(y), float(z)) for x, y, z in points]
    _paint(mesh, form)
    _lid_insides(mesh, [int(v) for v in form.eye[-1, :-1]])
    _mouth_inside(mesh, [int(v) for v in form.mouth[-1]])
    _groups(mesh, form)
    return mesh.mirrored()


def _outside(identity: Identity) -> tuple[Form, Array]:
    """The refined cage, and its points with lids and lips in place."""
    form = refine(build_cage(identity))
    points = form.mesh.points()
    _pair_lids(points, form.eye)
    _shape_lids(points, form.eye)
    _close_lips(points, form.mouth)
    return form, points


def _pair_lids(points: Array, eye: Ids) -> None:
    """Give every point of the upper margin and its partner on the lower one the same x."""
    n = eye.shape[1] - 1
    for i in range(1, n // 2):
        up, low = points[eye[-1, i], 0], points[eye[-1, n - i], 0]
        share = np.linspace(0, 1, LID_RINGS)
        points[eye[-LID_RINGS:, i], 0] += share * (low - up) / 2
        points[eye[-LID_RINGS:, n - i], 0] += share * (up - low) / 2


def _shape_lids(points: Array, eye: Ids) -> None:
    """Bend the rings near the opening on to the eyeball's sphere and cut the fold of the upper lid."""
    margin = points[eye[-1]]
    top = np.clip(np.sin(np.arange(eye.shape[1]) / (eye.shape[1] - 1) * 2 * np.pi) * 1.6, -1, 1)
    for k, ring in enumerate(eye):
        x, y, z = points[ring].T
        d = np.hypot(x - margin[:, 0], y - margin[:, 1])
        lid = on_eye(x, y, EYE_RADIUS + LID_THICKNESS) + corner_forward(x)
        bent = lid + (z - lid) * smoothstep(0.8, 9.0, d)
        bent -= 1.2 * np.exp(-(((d - 4.3) / 1.3) ** 2)) * np.maximum(top, 0)
        points[ring, 2] = bent if k else z
    points[eye[-1], 2] = on_eye(margin[:, 0], margin[:, 1], EYE_RADIUS + 0.9) + corner_forward(margin[:, 0])


def _close_lips(points: Array, mouth: Ids) -> None:
    """Subdivision moves the contact edges apart by unequal amounts: bring every pair to the rest gap exactly."""
    contact = mouth[-1]
    n = len(contact)
    corner = n // 2
    for i in range(corner):
        up, low = contact[i], contact[n - 1 - i]
        middle = 0.5 * (points[up] + points[low])
        shift = np.array([0.0, REST_GAP / 2, 0.0])
        for ids, target in ((mouth[:, i], middle + shift), (mouth[:, n - 1 - i], middle - shift)):
            move = target - points[ids[-1]]
            share = np.linspace(0, 1, LIP_RINGS) ** 1.5
            points[ids[-LIP_RINGS:]] += share[:, None] * move
    points[[contact[0], contact[-1]], 0] = 0.0


def _nostrils(points: Array) -> Array:
    """A wing, its crease, and a dent from below on either side of the septum."""
    x, y, z = points.T
    front = smoothstep(85, 95, z)
    move = np.zeros_like(points)
    wing = np.exp(-((np.abs(np.abs(x) - 12.8) / 4.6) ** 2.4) - (np.abs(y + 37.0) / 5.0) ** 2.4) * front
    side = np.sign(x)
    move[:, 0] += 2.2 * side * wing
    move[:, 1] -= 1.4 * wing
    move[:, 2] += 3.0 * wing
    move[:, 2] -= 1.6 * bump(np.abs(x), y, 18.8, -36.0, 2.4, 6.5) * front
    ball = bump(x, y, 0.0, -32.0, 9.0, 7.0) * front
    move[:, 2] += 1.4 * ball
    septum = bump(x, z, 0.0, 109.0, 3.0, 6.0) * smoothstep(-34, -38, y) * smoothstep(-47, -43, y)
    move[:, 1] -= 1.5 * septum
    hole = bump(np.abs(x), z, 7.6, 106.0, 3.0, 4.0) * smoothstep(-35, -38, y) * smoothstep(-47, -43, y)
    move[:, 1] += 5.5 * hole
    move[:, 2] -= 1.0 * hole
    return move


def _paint(mesh: Mesh, form: Form) -> None:
    """Give the lip red its own material."""
    red = set(form.mouth[-LIP_RINGS:].ravel().tolist())
    mesh.materials = [
        "lips" if red.issuperset(ids) else name for ids, name in zip(mesh.faces, mesh.materials, strict=True)
    ]


def _lid_insides(mesh: Mesh, margin: list[int]) -> None:
    """The thickness of the lids and a skirt behind them, so that no light shows past the eyeball."""
    p = mesh.points()[margin]
    forward = corner_forward(p[:, 0])
    previous = margin
    # At the inner corner the first ring lies down on the eyeball, as the caruncle does, or one would see behind it.
    inner = np.clip((EYE[0] - p[:, 0]) / EYE_HALF_WIDTH - 0.6, 0.0, 0.4) / 0.4
    for scale, radius, keep in ((0.985, 0.35, 0.9), (1.02, 0.3, 0.55), (1.09, 0.35, 0.2), (1.16, 0.5, 0.0)):
        first = inner * (previous is margin)
        keep = keep * (1 - 0.65 * first)
        xy = EYE[:2] + (p[:, :2] - EYE[:2]) * (scale - 0.11 * first)[:, None]
        z = on_eye(xy[:, 0], xy[:, 1], EYE_RADIUS + radius) + keep * forward
        ids = mesh.add(np.column_stack([xy, z]))
        mesh.strip(ids, previous, "lid_rim", closed=True)
        mesh.groups.setdefault("lid_inside_left", []).extend(ids)
        previous = ids


def _mouth_inside(mesh: Mesh, contact: list[int]) -> None:
    """Backs of the lips, then a sock round teeth and tongue that ends in a throat."""
    p = mesh.points()[contact]
    n = len(p)
    corner = (n - 1) // 2
    u = np.abs(np.arange(n) - corner) / corner
    amount = np.sin(np.pi / 2 * u)
    sign = np.where(np.arange(n) < corner, 1.0, -1.0) * (np.arange(n) != corner)
    previous = contact
    # Behind the lips the lining runs in front of teeth and gums to its fold, then over the gums to the back.
    #            x scale, height above and below the line, depth above and below
    profile = ((1.0, 0.5, 0.5, 2.2, 2.2), (1.0, 2.0, 2.0, 3.4, 3.4), (1.0, 5.5, 5.5, 4.8, 5.0),
               (1.03, 12.5, 11.5, 5.4, 7.4), (1.1, 16.5, 17.0, 14.0, 15.0), (1.14, 19.0, 20.0, 28.0, 28.0),
               (1.0, 18.0, 22.0, 46.0, 46.0), (0.7, 13.0, 22.0, 62.0, 62.0), (0.35, 6.0, 17.0, 70.0, 70.0))  # fmt: skip
    for k, (scale, up, down, deep_up, deep_down) in enumerate(profile):
        y = p[:, 1] + sign * amount * np.where(sign > 0, up, down) - max(k - 4, 0) * 0.8
        depth = np.where(sign > 0, deep_up, deep_down)
        z = p[:, 2] - depth * (0.55 + 0.45 * amount if k < 5 else 1.0)
        ids = mesh.add(np.column_stack([p[:, 0] * scale, y, z]))
        mesh.strip(ids, previous, "lips" if k < 2 else "mouth")
        mesh.groups.setdefault("lip_inside" if k < 4 else "sock", []).extend(ids)
        mesh.groups[f"mouth_in_{k}_left"] = ids
        previous = ids
    for i in range(corner):
        mesh.face((previous[n - 1 - i], previous[n - 2 - i], previous[i + 1], previous[i]), "throat")


def _groups(mesh: Mesh, form: Form) -> None:
    """Rings counted from the openings outwards: 0 is the lid margin, or the contact edge of the lips."""
    eye, mouth = form.eye[::-1, :-1], form.mouth[::-1]
    n = eye.shape[1]
    for k, ring in enumerate(eye):
        mesh.groups[f"eye_ring_{k}_left"] = ring.tolist()
    mesh.groups["lid_upper_left"] = eye[0][1 : n // 2].tolist()
    mesh.groups["lid_lower_left"] = eye[0][: n // 2 : -1].tolist()
    for k, ring in enumerate(mouth):
        mesh.groups[f"mouth_ring_{k}_left"] = ring.tolist()
    mesh.groups["mouth_corner_left"] = [int(mouth[0][mouth.shape[1] // 2])]
