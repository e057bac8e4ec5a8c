"""The checks of a head's keys find faults of known size on cylinders and spheres, and nothing on a clean head."""

from dataclasses import replace

import numpy as np
import pytest

from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.head import Head, Material, default_head_path, load_head
from ptalker_blender.rig.quality.anatomy import make_anatomy
from ptalker_blender.rig.quality.contact import depth, make_patch, radial_height, winding
from ptalker_blender.rig.quality.eyes import eye_checks
from ptalker_blender.rig.quality.locality import locality_checks
from ptalker_blender.rig.quality.measures import measure, opening_area
from ptalker_blender.rig.quality.mouth import close_check, contact_checks
from ptalker_blender.rig.quality.poses import expand, gestures, lip_poses, sums
from ptalker_blender.rig.quality.sums import sum_checks
from ptalker_blender.rig.quality.symmetry import mirror_checks, mirrored_name
from ptalker_blender.rig.quality.volume import enclosed, volume_checks

GAP, ROLL, HEIGHT = 0.2, 4.0, 10.0  # mm: between the lips, radius of their rolls, height of their flat faces
HALF = 24.0  # of the mouth
BALL, LID, MARGIN = 12.0, 12.6, np.radians(16.0)  # eyeball, lids' radius, elevation of the margins
ROWS = 41  # of a lip's profile; the middle one is the contact edge
COLUMNS = 13


class Builder:
    """A head of separate pieces, in mm."""

    def __init__(self):
        self.points, self.faces, self.parts, self.marks = [], [], {}, {}

    def add(self, points, part):
        first = len(self.points)
        self.points.extend(map(tuple, points))
        ids = np.arange(first, len(self.points), dtype=np.int32)
        self.parts.setdefault(part, []).extend(ids.tolist())
        return ids

    def sheet(self, grid, part, flip=False):
        """A grid of points [R, C, 3] with quads; the ids as [R, C]."""
        rows, columns = grid.shape[:2]
        ids = self.add(grid.reshape(-1, 3), part).reshape(rows, columns)
        for r in range(rows - 1):
            for c in range(columns - 1):
                quad = [ids[r, c], ids[r, c + 1], ids[r + 1, c + 1], ids[r + 1, c]]
                self.faces.append(quad[::-1] if flip else quad)
        return ids

    def head(self, keys):
        names = tuple(keys)
        p = np.array(self.points)
        deltas = np.zeros((len(names), len(p), 3), np.float32)
        for k, name in enumerate(names):
            for ids, move in keys[name]:
                deltas[k, ids] += np.asarray(move, np.float32) * 1e-3
        loops = np.concatenate([np.array(face, np.int32) for face in self.faces])
        return Head(
            vertices=(p * 1e-3).astype(np.float32),
            polygons=(loops, np.array([len(face) for face in self.faces], np.int32)),
            key_names=names,
            key_deltas=deltas,
            parts={name: np.array(ids, np.int32) for name, ids in self.parts.items()},
            polygon_materials=np.zeros(len(self.faces), np.int32),
            materials=(Material("skin", (1.0, 1.0, 1.0, 1.0), 0.5),),
            landmarks={name: np.atleast_1d(np.array(ids, np.int32)) for name, ids in self.marks.items()},
            neck_pivot=np.zeros(3, np.float32),
        )


def lip_grid(sign):
    """A U-shaped roll [ROWS, COLUMNS, 3]: front, round the contact edge, back. ``sign`` 1 is the upper lip."""
    straight = np.linspace(HEIGHT, 0, 9)[:-1]
    turn = np.linspace(0, np.pi, ROWS - 2 * len(straight))
    y = np.concatenate([straight, -ROLL * np.sin(turn), straight[::-1]])
    z = np.concatenate([np.full(len(straight), ROLL), ROLL * np.cos(turn), np.full(len(straight), -ROLL)])
    x = np.linspace(-HALF, HALF, COLUMNS)
    profile = np.stack([np.zeros(ROWS), sign * (y + ROLL + GAP / 2), z], axis=1)
    return profile[:, None] + np.stack([x, 0 * x, 0 * x], axis=1)[None]


def lid_grid(centre, upper):
    angles = np.radians(np.linspace(-50, 50, 17))
    phi = np.linspace(MARGIN, np.radians(55), 9) * (1 if upper else -1)
    a, f = np.meshgrid(angles, phi)
    return centre + LID * np.stack([np.sin(a), np.cos(a) * np.sin(f), np.cos(a) * np.cos(f)], axis=-1)


def build():
    """The builder, and the ids of the pieces that keys move."""
    b, ids = Builder(), {}
    for name, sign in (("upper", 1), ("lower", -1)):
        ids[name] = b.sheet(lip_grid(sign), "skin", flip=sign > 0)
        b.marks[f"inner_lip_{name}"] = ids[name][ROWS // 2]
        b.marks[f"outer_lip_{name}"] = ids[name][4]
    b.marks["lips"] = np.concatenate([ids["upper"][4:].ravel(), ids["lower"][4:].ravel()])
    for side, sign in (("left", 1), ("right", -1)):
        corner = b.add([(sign * (HALF + 1), 0, 0)], "skin")
        b.marks[f"mouth_corner_{side}"] = corner
        centre = np.array([sign * 32.0, 70.0, -20.0])
        u, v = np.meshgrid(np.radians(np.linspace(-180, 180, 41)), np.radians(np.linspace(-90, 90, 41)))
        ball = centre + BALL * np.stack([np.cos(v) * np.sin(u), np.sin(v), np.cos(v) * np.cos(u)], axis=-1)
        ids[f"ball_{side}"] = b.sheet(ball, f"eye_{side}")
        for lid in ("upper", "lower"):
            grid = b.sheet(lid_grid(centre, lid == "upper"), "skin", flip=lid == "lower")
            ids[f"lid_{lid}_{side}"], b.marks[f"lid_{lid}_{side}"] = grid, grid[0]
        b.marks[f"brow_{side}"] = b.add([(sign * x, 90, 0) for x in (20, 30, 40)], "skin")
    b.marks["chin"], b.marks["nose_tip"] = b.add([(0, -40, 5)], "skin"), b.add([(0, 30, 15)], "skin")
    ids["scalp"] = b.add([(0, 160, -60)], "skin")
    ids["ear"] = b.add([(80, 60, -60), (-80, 60, -60)], "ears")
    b.marks["face"] = b.marks["graph_points"] = b.marks["lips"]
    return b, ids


def blink(points, ids, turn=MARGIN):
    """Moves that turn both lids of both eyes by ``turn`` towards each other."""
    moves = []
    for side, sign in (("left", 1), ("right", -1)):
        centre = np.array([sign * 32.0, 70.0, -20.0])
        for lid, way in (("upper", -1), ("lower", 1)):
            rows = ids[f"lid_{lid}_{side}"].ravel()
            x, y, z = (np.array(points)[rows] - centre).T
            c, s = np.cos(way * turn), np.sin(way * turn)
            moved = np.stack([x, y * c + z * s, z * c - y * s], axis=1)
            moves.append((rows, moved - np.stack([x, y, z], axis=1)))
    return {"eyeBlinkLeft": moves[:2], "eyeBlinkRight": moves[2:]}


def by_name(checks):
    return {check.name: check for check in checks}


def anatomy_with(keys):
    b, ids = build()
    return make_anatomy(b.head(keys(b, ids)))


def lower_by(y, z=0.0):
    return lambda b, ids: [(ids["lower"].ravel(), (0.0, y, z))]


# Geometry


def test_depth_in_a_box_is_the_distance_to_its_nearest_face():
    b = Builder()
    corners = np.array([(x, y, z) for x in (0, 4) for y in (0, 4) for z in (0, 4)], float)
    b.add(corners, "skin")
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    patch = make_patch(np.array([t for a, c, d, e in quads for t in ((a, c, d), (a, d, e))]))
    assert not patch.border.any()
    inside = np.array([(2, 2, 3.5), (0.25, 2, 2), (3, 1.2, 2)])
    outside = np.array([(2, 2, 4.5), (-0.01, 2, 2), (5, 5, 5), (4.1, 4.1, 2)])
    np.testing.assert_allclose(depth(patch, corners, inside, 3.0), [0.5, 0.25, 1.0])
    np.testing.assert_array_equal(depth(patch, corners, outside, 3.0), 0)
    np.testing.assert_allclose(winding(corners[patch.ids][patch.faces], np.concatenate([inside, outside])),
                               [1, 1, 1, 0, 0, 0, 0], atol=1e-12)  # fmt: skip


def test_reach_and_the_border_of_an_open_patch_hide_points():
    corners = np.array([(0, 0, 0), (4, 0, 0), (4, 4, 0), (0, 4, 0)], float)
    patch = make_patch(np.array([(0, 1, 2), (0, 2, 3)]))
    queries = np.array([(2, 1, -0.5), (2, 1, 0.5), (6, 1, -0.5), (2, 1, -2.5)])
    # The plate's own fan closes it to a body without thickness, so nothing is inside of it.
    np.testing.assert_array_equal(depth(patch, corners, queries, 2.0), 0)


def test_ray_meets_the_outermost_crossing_of_a_sphere():
    b, ids = build()
    head = make_anatomy(b.head({}))
    patch = head.patch(head.mask(ids["ball_left"].ravel()))
    rays = np.array([(0, 0, 1.0), (0.6, 0, 0.8), (0, -0.6, 0.8)])
    height = radial_height(patch, head.points, np.array([32.0, 70.0, -20.0]), rays)
    np.testing.assert_allclose(height, BALL, rtol=2e-3)
    assert np.isnan(radial_height(patch, head.points, np.array([100.0, 70.0, -20.0]), rays)).all()


def test_volume_between_cuts_of_a_prism_is_exact():
    square = np.array([(0, 0, 0), (0, 2, 0), (0, 2, 3), (0, 0, 3)], float)
    cuts = np.stack([square + np.array([x, 0, 0]) for x in (-1.0, 0.5, 4.0)])
    assert enclosed(cuts) == pytest.approx(2 * 3 * 5)
    assert enclosed(cuts + 100) == pytest.approx(30)  # wherever it lies


def test_opening_area_of_a_rhomb():
    upper, lower = np.array([[0.0, 3, 0]]), np.array([[0.0, -1, 0]])
    corners = np.array([[-10.0, 1, 0], [10, 1, 0]])
    assert opening_area(upper, lower, corners) == pytest.approx(40)
    assert opening_area(lower, upper, corners) == 0  # overlapping lips open nothing


# Checks


def test_clean_head_raises_nothing():
    def keys(b, ids):
        return blink(b.points, ids, MARGIN - 1e-3) | {
            "jawOpen": lower_by(-20)(b, ids),
            "mouthClose": lower_by(20)(b, ids),
        }

    anatomy = anatomy_with(keys)
    checks = [*mirror_checks(anatomy), *close_check(anatomy), *eye_checks(anatomy), *contact_checks(anatomy),
              *volume_checks(anatomy)]  # fmt: skip
    assert {check.name: check.measured for check in checks if not check.passed} == {}
    assert len(checks) == 8  # no teeth and no tongue here


def test_asymmetry_is_found_with_its_size():
    def keys(b, ids):
        row = ids["upper"][20]
        smile = {"mouthSmileLeft": [(row[-4:], (1.0, 2.0, 0.0))], "mouthSmileRight": [(row[:4], (-1.0, 2.0, 0.0))]}
        return smile | {"mouthPucker": [(row[:1], (0.0, 0.0, 0.03)), (row[-1:], (0.0, 0.0, 0.05))]}

    found = by_name(mirror_checks(anatomy_with(keys)))
    assert found["mirror: rest"].passed
    assert found["mirror: keys"].measured == pytest.approx(0.02, rel=1e-3)
    assert "worst: mouthPucker" in found["mirror: keys"].detail
    # one side alone is wholly asymmetric
    alone = by_name(mirror_checks(anatomy_with(lambda b, ids: {"mouthSmileLeft": keys(b, ids)["mouthSmileLeft"]})))
    assert alone["mirror: keys"].measured == pytest.approx(np.hypot(1, 2), rel=1e-3)


@pytest.mark.parametrize(("key", "found"), [("upper", 0.04), ("lower", 0.0)])
def test_a_vertex_off_its_mirror_image_is_found_where_a_key_moves_it(key, found):
    b, ids = build()
    stray = ids["upper"][0, 0]
    b.points[stray] = tuple(np.array(b.points[stray]) + np.array([0, 0, 0.04]))
    anatomy = make_anatomy(b.head({"jawOpen": [(ids[key].ravel(), (0.0, 1.0, 0.0))]}))
    assert by_name(mirror_checks(anatomy))["mirror: rest"].measured == pytest.approx(found, rel=1e-3)


def test_mirrored_names():
    assert mirrored_name("jawLeft") == "jawRight" and mirrored_name("eyeLookInRight") == "eyeLookInLeft"
    assert all(
        mirrored_name(mirrored_name(name)) == name and mirrored_name(name) in BLENDSHAPES for name in BLENDSHAPES
    )


@pytest.mark.parametrize(
    ("key", "piece"),
    [("jawOpen", "scalp"), ("jawOpen", "ear"), ("mouthPucker", "lid_upper_left"), ("eyeBlinkLeft", "lid_upper_right"),
     ("eyeLookUpLeft", "ball_right"), ("browDownLeft", "lower"), ("mouthSmileRight", "ball_left")],
)  # fmt: skip
def test_leak_is_found_with_its_size(key, piece):
    found = by_name(locality_checks(anatomy_with(lambda b, ids: {key: [(ids[piece].ravel()[-1:], (0.0, 0.3, 0.4))]})))
    assert found[f"locality: {key}"].measured == pytest.approx(0.5, rel=1e-3)
    assert not found[f"locality: {key}"].passed


@pytest.mark.parametrize(
    ("key", "piece"),
    [("jawOpen", "lower"), ("mouthPucker", "upper"), ("eyeBlinkLeft", "lid_upper_left"), ("eyeLookUpLeft", "ball_left"),
     ("eyeSquintRight", "lid_lower_right")],
)  # fmt: skip
def test_what_belongs_to_a_key_is_no_leak(key, piece):
    found = by_name(locality_checks(anatomy_with(lambda b, ids: {key: [(ids[piece].ravel(), (0.0, 3.0, 4.0))]})))
    assert found[f"locality: {key}"].measured == 0
    assert found["keys: missing or still"].measured == len(BLENDSHAPES) - 1


def test_locality_scales_with_the_face():
    head = build()[0].head({"mouthPucker": []})
    large = make_anatomy(replace(head, vertices=head.vertices * 3))
    assert large.unit == pytest.approx(3, rel=1e-3)
    assert by_name(locality_checks(large))["locality: mouthPucker"].tolerance == pytest.approx(0.3, rel=1e-3)


def test_gap_that_closing_leaves_is_found():
    def keys(b, ids):
        return {"jawOpen": lower_by(-20)(b, ids), "mouthClose": lower_by(19.2)(b, ids)}

    check = close_check(anatomy_with(keys))[0]
    assert check.measured == pytest.approx(0.8, rel=1e-3)
    assert "rest gap 0.20" in check.detail and "opens 20.2 mm" in check.detail


def test_gap_of_a_blink_is_found():
    short = np.radians(3)
    found = by_name(eye_checks(anatomy_with(lambda b, ids: blink(b.points, ids, MARGIN - short))))
    assert found["blink: gap left"].measured == pytest.approx(2 * LID * np.sin(short), rel=1e-3)
    assert found["blink: eyeball through lids"].passed and found["contact: lid on lid"].passed


def test_lids_that_pass_each_other_are_found():
    over = np.radians(4)
    found = by_name(eye_checks(anatomy_with(lambda b, ids: blink(b.points, ids, MARGIN + over))))
    assert found["blink: gap left"].measured == 0
    # Both lie on one sphere, so neither covers the other; 0.1 mm of depth is what counts as covering.
    assert found["contact: lid on lid"].measured == 0


def test_upper_lid_that_sinks_behind_the_lower_one_is_found():
    over, sunk = np.radians(4), 0.4

    def keys(b, ids):
        moves = blink(b.points, ids, MARGIN + over)
        for side in ("Left", "Right"):
            moves[f"eyeBlink{side}"].append((ids[f"lid_upper_{side.lower()}"].ravel(), (0.0, 0.0, -sunk)))
        return moves

    found = by_name(eye_checks(anatomy_with(keys)))
    assert found["contact: lid on lid"].measured == pytest.approx(2 * LID * np.sin(over), rel=0.02)


def test_eyeball_that_comes_through_the_lids_is_found():
    proud = 1.1

    def keys(b, ids):
        return {"eyeLookUpLeft": [(ids["ball_left"].ravel(), (0.0, 0.0, proud))], **blink(b.points, ids)}

    found = by_name(eye_checks(anatomy_with(keys)))["blink: eyeball through lids"]
    # Half shut, the lids' straight way passes below their sphere; straight ahead all the rest is the ball's own motion.
    assert found.measured == pytest.approx(proud - (LID * np.cos(MARGIN / 2) - BALL), abs=0.05)
    assert "eyeLookUp 1 + eyeBlink 0.5" in found.detail


@pytest.mark.parametrize("push", [0.7, 1.5])
def test_lip_through_lip_is_found_with_its_depth(push):
    keys = {f"mouthShrug{lip}": lower_by(GAP + push) for lip in ("Lower",)}
    anatomy = anatomy_with(lambda b, ids: {name: make(b, ids) for name, make in keys.items()})
    check = by_name(contact_checks(anatomy))["contact: lip on lip"]
    assert check.measured == pytest.approx(push, rel=0.02)
    assert "mouthShrugLower at 1" in check.detail and not check.passed


def test_lip_that_slides_before_the_other_does_not_touch_it():
    anatomy = anatomy_with(lambda b, ids: {"mouthShrugLower": lower_by(5.0, 2 * ROLL + 0.5)(b, ids)})
    posed = anatomy.pose({"mouthShrugLower": 1.0})
    upper, lower = anatomy.lip_regions
    assert not depth(anatomy.patch(upper), posed, posed[np.flatnonzero(lower)], 6.0).any()


def test_lips_through_teeth_are_found_with_their_depth():
    b, ids = build()
    # A plate 1 mm behind the lips, 6 mm thick; front and back as grids, joined at the sides by nothing.
    x, y = np.meshgrid(np.linspace(-20, 20, 21), np.linspace(-12, 12, 13))
    front = b.sheet(np.stack([x, y, np.full_like(x, -ROLL - 1)], axis=-1), "teeth_upper")
    back = b.sheet(np.stack([x, y, np.full_like(x, -ROLL - 7)], axis=-1), "teeth_upper", flip=True)
    rim = [*front[0, :-1], *front[:-1, -1], *front[-1, :0:-1], *front[:0:-1, 0]]
    rear = [*back[0, :-1], *back[:-1, -1], *back[-1, :0:-1], *back[:0:-1, 0]]
    for k in range(len(rim)):
        n = (k + 1) % len(rim)
        b.faces.append([rim[n], rim[k], rear[k], rear[n]])
    both = np.concatenate([ids["upper"].ravel(), ids["lower"].ravel()])
    found = by_name(contact_checks(make_anatomy(b.head({"mouthPucker": [(both, (0.0, 0.0, -2.2))]}))))
    assert found["contact: lips on upper teeth"].measured == pytest.approx(1.2, rel=0.02)
    assert found["contact: lip on lip"].measured == 0
    assert "contact: lips on lower teeth" not in found
    # At half weight the lips are 0.1 mm deep, and no other gesture moves them: the pose is named.
    assert "mouthPucker at 1 1.2" in found["contact: lips on upper teeth"].detail


def test_lips_that_lose_volume_are_found():
    def keys(b, ids):
        row = np.array(b.points)
        return {"mouthPucker": [(ids[lip].ravel(), row[ids[lip].ravel()] * (-0.4, 0, 0)) for lip in ("upper", "lower")]}

    check = volume_checks(anatomy_with(keys))[0]
    assert check.measured == pytest.approx(40, rel=1e-3) and not check.passed


def test_sum_that_turns_skin_over_is_found_though_each_key_is_sane():
    def keys(b, ids):
        # The first four rows come down to the fifth: each key most of the way, two of them past it.
        rows, step = ids["upper"][:4].ravel(), HEIGHT / 8
        move = [(rows, (0.0, -0.8 * step, 0.0))]
        return {"mouthShrugLower": move, "mouthPucker": move, "mouthRollUpper": [(rows, (0.0, 3 * step, 0.0))]}

    anatomy = anatomy_with(keys)
    found = by_name(sum_checks(anatomy))
    flipped = 2 * (COLUMNS - 1)  # triangles between the fourth row and the fifth
    skin = anatomy.triangles[anatomy.skin[anatomy.triangles].all(axis=1)]
    assert found["sums: flipped triangles"].measured == pytest.approx(100 * flipped / len(skin))
    assert "worst: mouthShrugLower + mouthPucker" in found["sums: flipped triangles"].detail.replace(
        "mouthPucker + mouthShrugLower", "mouthShrugLower + mouthPucker"
    )


def test_longest_edge_is_found_with_its_factor():
    step = HEIGHT / 8
    keys = {"mouthPucker": [(slice(None), (0, 0, 0))]}

    def made(b, ids):
        return keys | {"mouthFunnel": [(ids["upper"][:1].ravel(), (0.0, 7 * step, 0.0))]}

    check = by_name(sum_checks(anatomy_with(made)))["sums: longest edge"]
    assert check.measured == pytest.approx(8, rel=1e-3) and "worst: mouthFunnel" in check.detail


def test_lip_measures_of_a_known_pose():
    def keys(b, ids):
        corners = np.concatenate([b.marks["mouth_corner_left"], b.marks["mouth_corner_right"]])
        return {"jawOpen": lower_by(-10.0, -3.0)(b, ids),
                "mouthPucker": [(ids["upper"].ravel(), (0.0, 0.0, 6.0)), (corners[:1], (-5.0, 0, 0)),
                                (corners[1:], (5.0, 0, 0))]}  # fmt: skip

    lips = measure(anatomy_with(keys), "test", {"jawOpen": 1.0, "mouthPucker": 1.0})
    assert lips.opening == pytest.approx(GAP + 10, rel=1e-5)
    assert lips.width == pytest.approx(2 * (HALF + 1) - 10, rel=1e-5)
    assert (lips.upper, lips.lower) == (pytest.approx(6, rel=1e-4), pytest.approx(-3, rel=1e-4))


def test_poses_use_known_keys_and_only_legal_sums():
    for gesture in gestures():
        assert set(expand(gesture, 1.0)) <= set(BLENDSHAPES)
    assert set().union(*(expand(gesture, 1.0) for gesture in gestures())) == set(BLENDSHAPES)
    assert all(set(weights) <= set(BLENDSHAPES) for _, weights in lip_poses())
    assert all("jawOpen" in weights for _, weights in lip_poses() if "mouthClose" in weights)
    pairs = set(map(frozenset, sums(2)))
    assert {"jawOpen", "mouthPucker"} in pairs
    assert {"mouthSmile", "mouthFrown"} not in pairs and {"mouthClose", "mouthPucker"} not in pairs


def test_head_that_ships_is_wholly_measured():
    anatomy = make_anatomy(load_head(default_head_path()))
    assert anatomy.outside.sum() < anatomy.skin.sum()  # the contact edges close, so the mouth's inside is told apart
    assert volume_checks(anatomy)  # both lips have a body
