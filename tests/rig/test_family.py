"""Heads of one family: keys go from member to member without a bit lost, and to no one else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import BLENDSHAPES, CONTROLS, INDEX
from ptalker_blender.rig.family import difference, same_topology, transfer_keys
from ptalker_blender.rig.head import Head, Material, default_head_path, head_path, list_heads, load_head
from ptalker_blender.rig.linear import controls_to_vertices

KEYS = ("jawOpen", "mouthClose", "smirk")


def member(seed: int, keys: tuple[str, ...] = KEYS) -> Head:
    """Two triangles, other places and keys for every seed."""
    rng = np.random.default_rng(seed)
    return Head(
        vertices=rng.normal(size=(4, 3)).astype(np.float32),
        polygons=(np.array([0, 1, 2, 0, 2, 3], np.int32), np.array([3, 3], np.int32)),
        key_names=keys,
        key_deltas=rng.normal(size=(len(keys), 4, 3)).astype(np.float32),
        parts={"skin": np.arange(4, dtype=np.int32)},
        polygon_materials=np.zeros(2, np.int32),
        materials=(Material("skin", (0.7, 0.4, 0.3, 1.0), 0.5),),
        landmarks={"chin": np.array([2], np.int32)},
        neck_pivot=np.zeros(3, np.float32),
    )


def bits(array: np.ndarray) -> bytes:
    return array.tobytes()


def test_there_and_back_again_is_bit_identical() -> None:
    a, b = member(1), member(2)
    there = transfer_keys(a, b)
    assert bits(there.key_deltas) == bits(a.key_deltas) != bits(b.key_deltas)
    assert bits(there.vertices) == bits(b.vertices)
    back = transfer_keys(there, replace(a, key_deltas=np.zeros_like(a.key_deltas)))
    assert bits(back.key_deltas) == bits(a.key_deltas)
    assert back.key_names == a.key_names


def test_named_keys_are_replaced_in_place_and_new_ones_appended() -> None:
    a, b = member(1), member(2, ("browUp", "mouthClose"))
    given = transfer_keys(a, b, ["smirk", "mouthClose"])
    assert given.key_names == ("browUp", "mouthClose", "smirk")
    for row, (head, at) in zip(given.key_deltas, ((b, 0), (a, 1), (a, 2)), strict=True):
        assert bits(row) == bits(head.key_deltas[at])
    nothing = transfer_keys(a, b, [])
    assert nothing.key_names == b.key_names and bits(nothing.key_deltas) == bits(b.key_deltas)


def test_source_and_target_are_left_alone() -> None:
    a, b = member(1), member(2)
    before = bits(a.key_deltas), bits(b.key_deltas)
    transfer_keys(a, b).key_deltas[:] = 7.0
    assert (bits(a.key_deltas), bits(b.key_deltas)) == before


def test_a_key_the_source_lacks_is_refused() -> None:
    with pytest.raises(UserError, match="'jawopen', 'frown'"):
        transfer_keys(member(1), member(2), ["jawOpen", "jawopen", "frown"])


def _more(head: Head) -> Head:
    return replace(head, vertices=np.zeros((5, 3), np.float32), key_deltas=np.zeros((3, 5, 3), np.float32))


STRANGERS = {
    "4 and 5 vertices": _more,
    "2 and 1 polygons": lambda h: replace(
        h, polygons=(np.array([0, 1, 2], np.int32), np.array([3], np.int32)), polygon_materials=np.zeros(1, np.int32)
    ),
    "polygons between other vertices": lambda h: replace(
        h, polygons=(np.array([0, 1, 3, 1, 2, 3], np.int32), h.polygons[1])
    ),
    "part 'tongue' on one of them only": lambda h: replace(h, parts={**h.parts, "tongue": np.array([3], np.int32)}),
    "part 'skin' of other vertices": lambda h: replace(h, parts={"skin": np.array([3, 2, 1, 0], np.int32)}),
    "landmark 'chin' of other vertices": lambda h: replace(h, landmarks={"chin": np.array([1], np.int32)}),
}


@pytest.mark.parametrize("what", STRANGERS)
def test_strangers_are_refused_with_what_differs(what: str) -> None:
    a, b = member(1), STRANGERS[what](member(2))
    assert not same_topology(a, b) and not same_topology(b, a)
    with pytest.raises(UserError) as refusal:
        transfer_keys(a, b)
    assert what in refusal.value.found


def test_names_are_those_of_the_files() -> None:
    names = list_heads()
    assert names[0] == "default" and len(names) >= 3
    assert list(names[1:]) == sorted(names[1:])
    assert head_path("default") == default_head_path()
    assert all(head_path(name).is_file() for name in names)
    with pytest.raises(UserError, match=r"'nobody'.*default"):
        head_path("nobody")
    with pytest.raises(UserError):
        head_path("../head/default_head")


@pytest.fixture(scope="module")
def family() -> dict[str, Head]:
    return {name: load_head(head_path(name)) for name in list_heads()}


def test_shipped_heads_are_one_family_and_look_different(family: dict[str, Head]) -> None:
    default = family["default"]
    for name, head in family.items():
        assert difference(default, head) is None
        assert head.key_names == BLENDSHAPES
        assert [m.name for m in head.materials] == [m.name for m in default.materials]
        np.testing.assert_array_equal(head.polygon_materials, default.polygon_materials)
        if name != "default":
            skin = default.parts["skin"]
            assert np.linalg.norm(head.vertices[skin] - default.vertices[skin], axis=1).max() > 5e-3


def test_keys_of_shipped_heads_go_round(family: dict[str, Head]) -> None:
    default = family["default"]
    for head in family.values():
        there = transfer_keys(default, head)
        assert bits(transfer_keys(there, default).key_deltas) == bits(default.key_deltas)
        assert bits(there.vertices) == bits(head.vertices)


def test_lips_close_where_the_defaults_do(family: dict[str, Head]) -> None:
    """A neutral motion: at rest, then the jaw opens in ten steps, once shut by mouthClose and once not."""
    steps = np.linspace(0.0, 1.0, 10)
    values = np.zeros((21, len(CONTROLS)), np.float32)
    values[1:11, INDEX["jawOpen"]] = values[1:11, INDEX["mouthClose"]] = steps
    values[11:, INDEX["jawOpen"]] = steps
    gaps = {}
    for name, head in family.items():
        moved = controls_to_vertices(head, values)
        upper, lower = (moved[:, head.landmarks[f"inner_lip_{lip}"]] for lip in ("upper", "lower"))
        gaps[name] = 1e3 * (upper - lower)[..., 1]  # mm, [T, pairs]
    for gap in gaps.values():
        np.testing.assert_allclose(gap[:11], gaps["default"][:11], atol=0.05)
        middle = gap.shape[1] // 2
        assert gap[-1, middle] > 20.0
