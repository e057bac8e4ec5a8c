"""Meshes as they come: broken, inside out, far away, huge. Keys are as good as of the sound mesh, or a word is said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.rig.head import Head
from ptalker_blender.rig.keying.build import build_keys
from ptalker_blender.rig.keying.face import Face
from ptalker_blender.rig.keying.marks import guide_points, mark_face
from tests.rig.keying.faces import Floats, Ids, eyeballs, misses, swapped

pytestmark = pytest.mark.data


@dataclass(frozen=True)
class Case:
    """What an artist hands over."""

    vertices: Floats
    triangles: Ids
    points: Mapping[str, Floats]
    parts: Mapping[str, Ids]


@pytest.fixture(scope="module")
def sound(flame_target: Face) -> Case:
    # Points beside vertices, so that none is as near to one as to another.
    rng = np.random.default_rng(0)
    points = {name: at + rng.normal(scale=2e-4, size=3) for name, at in guide_points(flame_target).items()}
    return Case(flame_target.vertices, flame_target.triangles, points, eyeballs(flame_target))


@pytest.fixture(scope="module")
def keys(known: Head, face: Face) -> Callable[[Case], Floats]:
    def of(case: Case) -> Floats:
        return build_keys(known, mark_face(face, case.vertices, case.triangles, case.points, case.parts)).deltas

    return of


@pytest.fixture(scope="module")
def truth(keys: Callable[[Case], Floats], sound: Case) -> Floats:
    return keys(sound)


def scaled(case: Case, size: float, shift: float = 0.0) -> Case:
    points = {name: size * at + shift for name, at in case.points.items()}
    return replace(case, vertices=size * case.vertices + shift, points=points)


def seam(case: Case) -> Case:
    """Cut in two along the middle, as along a seam of the texture: vertices there stand twice."""
    left = case.vertices[case.triangles].mean(axis=1)[:, 0] > 0
    both = np.intersect1d(case.triangles[left], case.triangles[~left])
    number = np.arange(len(case.vertices))
    number[both] = len(case.vertices) + np.arange(len(both))
    triangles = np.where(left[:, None], number[case.triangles], case.triangles)
    return replace(case, vertices=np.vstack([case.vertices, case.vertices[both]]), triangles=triangles)


def rubbish(case: Case) -> Case:
    """Loose vertices (one no number), faces twice, faces of one vertex, and a shell of clothes around the neck."""
    rng, n = np.random.default_rng(1), len(case.vertices)
    neck = case.vertices[:, 1] < case.vertices[:, 1].min() + 0.04
    shell = case.triangles[neck[case.triangles].all(axis=1)]
    loose = np.vstack([rng.normal(size=(50, 3)), [[1e6, 0, 0], [np.nan, 0, 0]]])
    return replace(
        case,
        vertices=np.vstack([case.vertices, 1.1 * case.vertices, loose]),
        triangles=np.vstack([case.triangles, shell + n, case.triangles[:200], [[5, 5, 9], [9, 9, 9]]]),
    )


def half_turned(case: Case) -> Case:
    left = case.vertices[case.triangles].mean(axis=1)[:, 0] > 0
    return replace(case, triangles=np.where(left[:, None], case.triangles[:, ::-1], case.triangles))


@pytest.mark.parametrize(
    ("spoil", "size"),
    [
        (lambda c: scaled(c, 1000.0), 1000.0),
        (lambda c: scaled(c, 0.001), 0.001),
        (lambda c: scaled(c, 1.0, 500.0), 1.0),
        (rubbish, 1.0),
        (lambda c: replace(c, triangles=c.triangles[:, ::-1]), 1.0),
        (half_turned, 1.0),
        (lambda c: replace(c, vertices=c.vertices.astype(np.float32), triangles=c.triangles.astype(np.int32)), 1.0),
    ],
    ids=["x1000", "x0.001", "far off", "rubbish", "inside out", "half inside out", "float32"],
)
def test_faults_without_consequence(keys, sound: Case, truth: Floats, spoil: Callable[[Case], Case], size: float):
    found = keys(spoil(sound))
    assert np.isfinite(found).all()
    missed = misses(found[:, : truth.shape[1]] / size, truth)
    assert np.sqrt(np.mean(missed**2)) < 0.02 and missed.max() < 0.5


def test_fins_on_edges_and_faces_without_area_are_borne(keys, sound: Case, truth: Floats, flame_target: Face):
    """Edges of three faces all over the skin, and edges of no length away from the rows."""
    rng, n = np.random.default_rng(2), len(sound.vertices)
    skin = sound.triangles[np.isin(sound.triangles, flame_target.part("skin")).all(axis=1)]
    back = skin[sound.vertices[skin].mean(axis=1)[:, 2] < 0.02]
    vertices = sound.vertices.copy()
    flat = back[rng.choice(len(back), 20, replace=False)]
    vertices[flat[:, 1]] = vertices[flat[:, 0]]
    at = back[rng.choice(len(back), 40, replace=False)]
    fins = np.stack([at[:, 0], at[:, 1], n + np.arange(len(at))], axis=1)
    tips = vertices[at].mean(axis=1) + np.array([0, 0, 0.003])
    found = keys(replace(sound, vertices=np.vstack([vertices, tips]), triangles=np.vstack([sound.triangles, fins])))
    assert np.isfinite(found).all()
    missed = misses(found[:, :n], truth)
    front = sound.vertices[:, 2] > 0.03
    assert missed[:, front].max() < 0.6 and np.sqrt(np.mean(missed**2)) < 0.2


def test_a_mirrored_object_gets_mirrored_keys(known: Head, keys, sound: Case, truth: Floats):
    """An object with scale x = -1 applied: faces inside out, the artist's points on the sides where they now are."""
    other = {n: n.replace("right", "#").replace("left", "right").replace("#", "left") for n in sound.points}
    points = {other[name]: at * [-1, 1, 1] for name, at in sound.points.items()}
    parts = {"eye_left": sound.parts["eye_right"], "eye_right": sound.parts["eye_left"]}
    found = keys(replace(sound, vertices=sound.vertices * [-1, 1, 1], points=points, parts=parts))
    missed = misses(found[swapped(known.key_names)] * [-1, 1, 1], truth)
    assert np.sqrt(np.mean(missed**2)) < 0.4


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (
            lambda c: replace(c, vertices=np.where(np.arange(len(c.vertices))[:, None] == 10, np.nan, c.vertices)),
            "1 vert",
        ),
        (lambda c: replace(c, triangles=c.triangles[:0]), "no faces"),
        (lambda c: replace(c, triangles=c.triangles + 3), "lacks"),
        (seam, "merge them by distance"),
        (
            lambda c: replace(
                c,
                vertices=c.vertices[c.triangles].reshape(-1, 3),
                triangles=np.arange(c.triangles.size).reshape(-1, 3),
                parts={},
            ),
            "merge them by distance",
        ),
        (
            lambda c: replace(
                c, vertices=c.vertices * [1, 1, 0], points={n: p * [1, 1, 0] for n, p in c.points.items()}
            ),
            "lips",
        ),
        (
            lambda c: replace(c, points={n: p + np.array([0, 0, 0.2]) for n, p in c.points.items()}),
            "from the face's surface",
        ),
        (lambda c: replace(c, vertices=c.vertices[:, [0, 2, 1]]), "from the face's surface"),
    ],
    ids=["nan", "no faces", "index", "seam", "soup", "flat", "points far", "other axes"],
)
def test_faults_that_are_refused(keys, sound: Case, spoil: Callable[[Case], Case], words: str):
    with pytest.raises(UserError, match=words):
        keys(spoil(sound))
