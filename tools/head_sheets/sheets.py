"""The sheets of still pictures: turnaround, all keys, family. Needs bpy."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PIL import Image

from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.head import Head

from .layout import captioned, grid
from .poses import REST, Pose
from .studio import Look, open_studio
from .views import FRONT, THREE_QUARTER, View, Zone, frame, zone_points

Progress = Callable[[str], None]

KEYS_ACROSS = 8
KEY_ASPECT = 4 / 3
KEY_ZONES: tuple[Zone, ...] = ("eyes", "mouth", "face")
KEY_TURN = View("turned", 28.0)
# Keys that move towards the viewer, of which a picture from the front shows little.
FORWARD = ("jawForward", "mouthFunnel", "mouthPucker", "cheekPuff", "tongueOut", "mouthRollLower", "mouthRollUpper",
           "mouthShrugLower", "mouthShrugUpper")  # fmt: skip


def turnaround(
    head: Head,
    poses: Sequence[Pose],
    views: Sequence[View],
    zone: Zone,
    look: Look,
    title: str,
    progress: Progress,
) -> Image.Image:
    """Every pose (rows) from every view (columns).

    Args:
        head: the subject.
        poses: rows.
        views: columns.
        zone: what part of the head fills the pictures.
        look: of the pictures.
        title: above the sheet.
        progress: told what is drawn.
    """
    jaw = max(pose.weights.get("jawOpen", 0.0) for pose in poses)
    points = zone_points(head, zone, jaw)
    shots = [frame([points], view, look.size[0] / look.size[1])[0] for view in views]
    tiles = []
    with open_studio([head], look) as studio:
        for pose in poses:
            progress(pose.name)
            tiles.append([studio.shoot(0, pose.weights, shot) for shot in shots])
    return grid(tiles, [pose.name for pose in poses], [view.name for view in views], title)


def keys(head: Head, look: Look, title: str, progress: Progress) -> Image.Image:
    """All 52 keys at weight 1 in the order of ``BLENDSHAPES``, after the zones at rest.

    The height of ``look.size`` is ignored: pictures are 4:3.
    """
    look = Look((look.size[0], round(look.size[0] / KEY_ASPECT)), look.samples, look.surface, look.wire)
    aspect = look.size[0] / look.size[1]
    jobs: list[tuple[str, Zone, Pose, View]] = [(f"rest: {zone}", zone, REST, FRONT) for zone in KEY_ZONES]
    jobs += [(key, key_zone(key), Pose(key, {key: 1.0}), KEY_TURN if key in FORWARD else FRONT) for key in BLENDSHAPES]
    tiles = []
    with open_studio([head], look) as studio:
        for label, zone, pose, view in jobs:
            progress(label)
            points = zone_points(head, zone, pose.weights.get("jawOpen", 0.0))
            tiles.append((label, studio.shoot(0, pose.weights, frame([points], view, aspect)[0])))
    return captioned(tiles, KEYS_ACROSS, title)


def key_zone(key: str) -> Zone:
    """Tell where to look for what a key moves."""
    if key.startswith(("eye", "brow")):
        return "eyes"
    return "mouth" if key.startswith(("mouth", "jaw", "tongue")) else "face"


def family(
    heads: Sequence[Head], names: Sequence[str], poses: Sequence[Pose], look: Look, title: str, progress: Progress
) -> Image.Image:
    """Identities side by side (columns), each pose from the front and in three-quarter view (rows), at one scale."""
    jaw = max(pose.weights.get("jawOpen", 0.0) for pose in poses)
    points = [zone_points(head, "head", jaw) for head in heads]
    tiles, rows = [], []
    with open_studio(heads, look) as studio:
        for pose in poses:
            for view in (FRONT, THREE_QUARTER):
                progress(f"{pose.name} {view.name}")
                shots = frame(points, view, look.size[0] / look.size[1])
                tiles.append([studio.shoot(k, pose.weights, shot) for k, shot in enumerate(shots)])
                rows.append(f"{pose.name}, {view.name}")
    return grid(tiles, rows, names, title)
