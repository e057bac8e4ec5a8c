"""Controls from the keys of other rigs: the inverse of a table, where it has one."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.motion.controls import BLENDSHAPES, INDEX, N_CONTROLS
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.linear import mouth_opening
from ptalker_blender.rig.mapping import (
    Combination,
    MappingTable,
    Row,
    VisemeRow,
    apply_table,
    controls_from_keys,
    guess_table,
)
from ptalker_blender.style.library import load_style

FAMILIES = tomllib.loads((Path(__file__).parent / "families.toml").read_text(encoding="utf-8"))["family"]


def values_of(**columns):
    values = np.zeros((len(next(iter(columns.values()))), N_CONTROLS), np.float32)
    for name, column in columns.items():
        values[:, INDEX[name]] = column
    return values


def test_gain_offset_and_sharing():
    table = MappingTable(
        rows=(
            Row("jawOpen", "Jaw", 2.0, 0.5),
            Row("mouthSmileLeft", "Smile", 0.5),
            Row("mouthSmileRight", "Smile", 0.5),
            Row("browInnerUp", "A", 1.0),
            Row("browInnerUp", "B", 1.0),
            Row("jawLeft", "Side", 1.0),
            Row("jawRight", "Side", -1.0),
        ),
        combinations=(Combination(("jawOpen", "mouthSmileLeft"), "Fix"),),
    )
    keys = {
        "Jaw": [0.5, 1.5, 2.5], "Smile": [0.0, 0.4, 1.0], "A": [0.2, 0.2, 0.0], "B": [0.4, 0.2, 0.0],
        "Side": [0.3, -0.6, 0.0], "Fix": [1.0, 1.0, 1.0], "Stranger": [1.0, 1.0, 1.0],
    }  # fmt: skip
    found = controls_from_keys(table, {name: np.array(column) for name, column in keys.items()})
    expected = values_of(
        jawOpen=[0.0, 0.5, 1.0], mouthSmileLeft=[0.0, 0.4, 1.0], mouthSmileRight=[0.0, 0.4, 1.0],
        browInnerUp=[0.3, 0.2, 0.0], jawLeft=[0.3, 0.0, 0.0], jawRight=[0.0, 0.6, 0.0],
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_a_key_that_is_not_there_says_nothing():
    table = MappingTable(rows=(Row("jawOpen", "A"), Row("jawOpen", "B"), Row("cheekPuff", "C")))
    found = controls_from_keys(table, {"A": np.array([0.6])})
    np.testing.assert_allclose(found[0, [INDEX["jawOpen"], INDEX["cheekPuff"]]], [0.6, 0.0], atol=1e-4)


def test_angles_are_not_clipped_to_shapes():
    found = controls_from_keys(MappingTable(rows=(Row("headYaw", "Turn", 2.0),)), {"Turn": np.array([-0.8])})
    assert found[0, INDEX["headYaw"]] == pytest.approx(-0.4, abs=1e-4)


@given(st.lists(st.lists(st.floats(0, 1, width=32), min_size=52, max_size=52), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_arkit_in_any_spelling_comes_back(rows):
    values = np.zeros((len(rows), N_CONTROLS), np.float32)
    values[:, :52] = rows
    names = [f"{name[0].upper()}{name[1:]}" for name in BLENDSHAPES]
    table = guess_table(names, dict.fromkeys(names, (0.0, 1.0))).table
    np.testing.assert_allclose(controls_from_keys(table, apply_table(table, values)), values, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family["name"])
def test_the_controls_found_give_the_keys_again(family):
    """On every family of rigs: keys from the controls found are the keys they were found from."""
    speech = load_style("stage").motion.values[100:160]
    names = [str(name) for name in family["keys"]]
    table = guess_table(names, dict.fromkeys(names, (0.0, 1.0))).table
    keys = apply_table(table, speech)
    if not keys:
        pytest.skip("no key of this rig is known")
    again = apply_table(table, controls_from_keys(table, keys))
    linear = {row.key for row in table.rows} - {row.key for row in table.visemes}
    worst = max((float(np.abs(again[key] - keys[key]).max()) for key in linear), default=0.0)
    assert worst < 1e-3


def test_visemes_open_the_mouth_when_it_was_open():
    visemes = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou")
    names = [f"viseme_{name}" for name in visemes]
    table = guess_table(names, dict.fromkeys(names, (0.0, 1.0))).table
    assert any(isinstance(row, VisemeRow) for row in table.visemes)
    head, speech = load_head(), load_style("stage").motion.values[100:300]
    found = controls_from_keys(table, apply_table(table, speech), head)
    opening = [mouth_opening(head, values) for values in (speech, found)]
    assert np.corrcoef(*opening)[0, 1] > 0.9


def test_weights_must_fit():
    table = MappingTable(rows=(Row("jawOpen", "A"), Row("cheekPuff", "B")))
    for weights in ({}, {"A": np.zeros(2), "B": np.zeros(3)}):
        with pytest.raises(ValueError, match="frames"):
            controls_from_keys(table, weights)
