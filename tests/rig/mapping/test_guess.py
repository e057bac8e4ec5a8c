"""Guesses for the key lists of real rig families, and for lists made to mislead."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.mapping import Combination, MappingTable, Row, guess_table, table_for_keys
from ptalker_blender.rig.mapping.convention import load_conventions
from ptalker_blender.rig.mapping.poses import VISEMES
from ptalker_blender.rig.mapping.ranges import Travel, travel

FAMILIES = tomllib.loads((Path(__file__).parent / "families.toml").read_text(encoding="utf-8"))["family"]
BY_NAME = {family["name"]: family for family in FAMILIES}
CONVENTIONS = load_conventions()
each_family = pytest.mark.parametrize("family", FAMILIES, ids=[family["name"] for family in FAMILIES])
# The share of the 52 that a family of this kind must reach with no hand work, and what speaks.
ARKIT_TYPE = [
    *(f["name"] for f in FAMILIES if f["name"].startswith("ARKit")), "Ready Player Me", "VRoid, Perfect Sync",
    "Character Creator 4", "MetaHuman", "Daz Genesis 9", "Daz Genesis 8.1", "Unified Expressions",
]  # fmt: skip
BY_VISEMES = {
    "VRoid": 6, "VRM 0": 5, "VRM 1": 5, "VRChat visemes": 14, "Microsoft visemes": 18, "Rhubarb": 8,
    "Daz Genesis 8": 16, "MMD": 5, "brows and blinks by ARKit, vowels by VRM": 5,
}  # fmt: skip


def keys_of(guess):
    """Keys with their gains, by control."""
    found = {}
    for row in guess.table.rows:
        found.setdefault(row.control, {})[row.key] = row.gain
    return found


def side_of_name(key):
    """The side that a key's name claims, read independently of the package: its last side word, else none."""
    text = re.sub(r"[._ ]\d+$|_div2$", "", key)
    if "ウィンク" in text or "ｳｨﾝｸ" in text:
        return "Right" if "右" in text else "Left"
    found = re.findall(r"(?:^|[_. ])(Left|Right|left|right|L|R|l|r)(?=$|[_. ])|(Left|Right)$|[a-zDU](L|R)$", text)
    sides = ["".join(groups)[0].upper() for groups in found]
    return {"L": "Left", "R": "Right"}[sides[-1]] if sides else ""


def test_there_are_enough_families_and_each_is_told_apart():
    assert len(FAMILIES) >= 20
    assert {family["convention"] for family in FAMILIES} - {""} >= {
        convention.name for convention in load_conventions()
    } - {"Preston Blair"}


@each_family
def test_the_family_is_recognised(family):
    assert guess_table(family["keys"]).convention == family["convention"]


@pytest.mark.parametrize("name", ARKIT_TYPE)
def test_arkit_type_rigs_are_mapped_with_no_hand_work(name):
    guess = guess_table(BY_NAME[name]["keys"])
    assert guess.mapped_share >= 0.95
    assert guess.speech == "keys" and not guess.table.visemes
    assert len(guess.unmapped) == round(52 * (1 - guess.mapped_share))


@pytest.mark.parametrize("name", [f["name"] for f in FAMILIES if f["name"].startswith("ARKit")])
def test_arkit_spellings_are_mapped_one_to_one(name):
    guess = guess_table(BY_NAME[name]["keys"])
    found = keys_of(guess)
    assert set(found) == set(BLENDSHAPES) and all(list(keys.values()) == [1.0] for keys in found.values())
    assert len(guess.table.keys) == 52 and guess.unmatched == ()
    strip = {re.sub(r"[^a-z]", "", key.lower().split("blendshape1.")[-1]) for key in guess.table.keys}
    assert len(strip) == 52


@pytest.mark.parametrize(("name", "count"), BY_VISEMES.items())
def test_rigs_with_mouth_shapes_only_speak_through_them(name, count):
    guess = guess_table(BY_NAME[name]["keys"])
    assert guess.speech == "visemes" and len(guess.table.visemes) == count
    assert not {row.control for row in guess.table.rows} & {"jawOpen", "mouthClose", "mouthFunnel", "mouthPucker"}
    assert any("mouth shapes" in note for note in guess.notes)


@each_family
def test_no_side_is_ever_swapped(family):
    for row in guess_table(family["keys"]).table.rows:
        side = next((s for s in ("Left", "Right") if row.control.endswith(s)), "")
        named = side_of_name(row.key)
        if "Look" in row.control and family["name"] in (
            "Character Creator 4",
            "MetaHuman",
            "SRanipal",
            "VRM 0",
            "VRM 1",
        ):
            continue  # their names say where the eye looks; tested one by one below
        if side and row.key in ("Mouth_Upper_UpLeft", "Mouth_Lower_DownLeft"):
            assert side == "Left"
        elif side and named:
            assert named == side, row
        elif side:  # a key for both sides is shared by both controls alike
            twin = row.control.removesuffix(side) + {"Left": "Right", "Right": "Left"}[side]
            assert Row(twin, row.key, row.gain) in guess_table(family["keys"]).table.rows, row


@pytest.mark.parametrize(
    ("name", "control", "keys"),
    [
        ("Character Creator 4", "eyeLookOutLeft", {"Eye_L_Look_L"}),
        ("Character Creator 4", "eyeLookInLeft", {"Eye_L_Look_R"}),
        ("Character Creator 4", "eyeLookInRight", {"Eye_R_Look_L"}),
        ("Character Creator 4", "eyeLookOutRight", {"Eye_R_Look_R"}),
        ("Character Creator 4", "browInnerUp", {"Brow_Raise_Inner_L", "Brow_Raise_Inner_R"}),
        ("Character Creator 4", "mouthFunnel", {f"Mouth_Funnel_{v}_{h}" for v in ("Up", "Down") for h in "LR"}),
        ("Character Creator 4", "mouthLeft", {"Mouth_L"}),
        ("Character Creator 4", "jawOpen", {"Jaw_Open"}),
        ("Character Creator 3", "browDownLeft", {"Brow_Drop_Left"}),
        ("Character Creator 3", "mouthFunnel", {"Mouth_Pucker_Open"}),
        ("Character Creator 3", "mouthStretchLeft", {"Mouth_Widen"}),
        ("MetaHuman", "eyeLookOutLeft", {"CTRL_expressions_eyeLookLeftL"}),
        ("MetaHuman", "eyeLookInLeft", {"CTRL_expressions_eyeLookRightL"}),
        ("MetaHuman", "eyeLookInRight", {"CTRL_expressions_eyeLookLeftR"}),
        ("MetaHuman", "eyeLookOutRight", {"CTRL_expressions_eyeLookRightR"}),
        ("MetaHuman", "mouthPucker", {f"CTRL_expressions_mouthLipsPurse{v}{h}" for v in "UD" for h in "LR"}),
        ("MetaHuman", "mouthSmileRight", {"CTRL_expressions_mouthCornerPullR"}),
        ("Daz Genesis 9", "mouthPressLeft", {"facs_bs_MouthPressUpperLeft", "facs_bs_MouthPressLowerLeft"}),
        ("Daz Genesis 8.1", "eyeWideLeft", {"facs_jnt_EyesWideLeft"}),
        ("Daz Genesis 8.1", "mouthSmileLeft", {"facs_bs_MouthSmileLeft_div2"}),
        ("MMD", "eyeBlinkRight", {"ｳｨﾝｸ２右"}),
        ("MMD", "eyeBlinkLeft", {"ウィンク２"}),
        ("MMD", "mouthSmileLeft", {"にやり"}),
        ("VRM 0", "eyeLookOutLeft", {"LookLeft"}),
        ("VRM 0", "eyeLookInRight", {"LookLeft"}),
        ("VRM 0", "eyeBlinkLeft", {"Blink_L"}),
        ("VRoid", "eyeBlinkRight", {"Face.M_F00_000_00_Fcl_EYE_Close_R"}),
        ("VRoid, Perfect Sync", "eyeBlinkRight", {"EyeBlinkRight"}),
        ("VRoid, Perfect Sync", "jawOpen", {"JawOpen"}),
        ("Ready Player Me", "mouthSmileLeft", {"mouthSmileLeft"}),
        ("SRanipal", "eyeLookInLeft", {"Eye_Left_Right"}),
        ("SRanipal", "eyeLookOutLeft", {"Eye_Left_Left"}),
        ("SRanipal", "mouthFrownRight", {"Mouth_Sad_Right"}),
        ("SRanipal", "mouthUpperUpRight", {"Mouth_Upper_UpRight"}),
        ("Mixamo", "cheekPuff", {"Facial_Blends.CheekPuff_Left", "Facial_Blends.CheekPuff_Right"}),
        ("Unified Expressions", "eyeBlinkLeft", {"EyeClosedLeft"}),
        ("Unified Expressions", "browDownLeft", {"BrowPinchLeft", "BrowLowererLeft"}),
    ],
)
def test_known_answers(name, control, keys):
    assert set(keys_of(guess_table(BY_NAME[name]["keys"]))[control]) == keys


def test_a_rig_with_nothing_known_says_so():
    guess = guess_table(BY_NAME["nothing known"]["keys"])
    assert guess.table == MappingTable() and guess.speech == "nothing" and guess.mapped_share == 0
    assert guess.unmapped == BLENDSHAPES and "No key of this head moves the mouth." in guess.notes


def test_no_keys_at_all():
    assert guess_table([]).table == guess_table(["Basis"]).table == MappingTable()


@each_family
def test_every_key_is_driven_or_listed_and_none_is_driven_twice_over(family):
    guess = guess_table(family["keys"])
    driven = set(guess.table.keys)
    assert driven | set(guess.unmatched) == set(family["keys"]) - {"Basis"} and not driven & set(guess.unmatched)
    for key in driven:  # one source: rows, or a viseme, or a combination
        kinds = [
            any(r.key == key for r in rows)
            for rows in (guess.table.rows, guess.table.visemes, guess.table.combinations)
        ]
        assert sum(kinds) == 1
        assert sum(row.gain for row in guess.table.rows if row.key == key) <= 1 + 1e-9


def test_keys_that_differ_by_case_or_number_drive_one_shape_only():
    guess = guess_table(
        ["Basis", "EYEBLINKLEFT", "eyeblinkleft", "eyeBlink_L.001", "eyeBlinkLeft", "EyeBlinkLeft", "jawOpen"]
    )
    assert keys_of(guess)["eyeBlinkLeft"] == {"eyeBlinkLeft": 1.0}
    assert guess.unmatched == ("EYEBLINKLEFT", "eyeblinkleft", "eyeBlink_L.001", "EyeBlinkLeft")
    assert keys_of(guess_table(["eyeBlink_L.002", "EyeBlink_L"]))["eyeBlinkLeft"] == {"EyeBlink_L": 1.0}
    assert keys_of(guess_table(["eyeBlink_L.001"]))["eyeBlinkLeft"] == {"eyeBlink_L.001": 1.0}


def test_a_key_for_both_sides_is_used_only_where_no_own_key_is():
    alone = guess_table(["eyeBlink", "jawOpen"])
    assert keys_of(alone)["eyeBlinkLeft"] == keys_of(alone)["eyeBlinkRight"] == {"eyeBlink": 0.5}
    both = guess_table(["eyeBlink", "eyeBlinkLeft", "eyeBlinkRight", "jawOpen"])
    assert "eyeBlink" in both.unmatched


def test_halves_make_a_whole_and_a_whole_excludes_halves():
    assert keys_of(guess_table(["cheekPuff_L", "cheekPuff_R"]))["cheekPuff"] == {"cheekPuff_L": 1.0, "cheekPuff_R": 1.0}
    assert keys_of(guess_table(["cheekPuff_L", "cheekPuff", "cheekPuff_R"]))["cheekPuff"] == {"cheekPuff": 1.0}


def test_corrective_shapes_follow_the_product_of_their_controls():
    extra = ["mouthSmileLeft_jawOpen", "mouthSmile_jawOpen_R", "corrective_mouthFunnel_jawOpen_mouthClose",
             "jawOpen_fix", "jawOpen_mouthSmileLeft", "mouthSmileLeft_tailWag"]  # fmt: skip
    guess = guess_table([*BLENDSHAPES, *extra])
    assert guess.table.combinations == (
        Combination(("mouthSmileLeft", "jawOpen"), "mouthSmileLeft_jawOpen"),
        Combination(("mouthSmileRight", "jawOpen"), "mouthSmile_jawOpen_R"),
        Combination(("mouthFunnel", "jawOpen", "mouthClose"), "corrective_mouthFunnel_jawOpen_mouthClose"),
    )
    assert guess.unmatched == ("jawOpen_fix", "jawOpen_mouthSmileLeft", "mouthSmileLeft_tailWag")
    found = guess_table(BY_NAME["Character Creator 4"]["keys"]).table.combinations
    assert Combination(("mouthSmileLeft", "jawOpen"), "Mouth_Smile_L_Jaw_Open") in found
    assert Combination(("mouthSmileRight", "jawOpen"), "Mouth_Smile_R_Jaw_Open") in found


def test_a_corrective_of_shapes_that_the_head_lacks_stays_still():
    assert guess_table(["jawOpen", "mouthSmileLeft_mouthFunnel"]).table.combinations == ()


@pytest.mark.parametrize(
    ("low", "high", "expected", "whole"),
    [
        (0, 1, (0, 1), (0, 1)),
        (0, 0.5, (0, 0.5), (0, 0.5)),  # the artist's end
        (0, 10, (0, 1), (0, 10)),  # room to exaggerate
        (-1, 1, (0, 1), (0, 1)),
        (-1, 0, (0, -1), (0, -1)),  # inverse
        (-10, 0, (0, -1), (0, -10)),
        (-0.5, 0, (0, -0.5), (0, -0.5)),
        (0.2, 1, (0.2, 0.8), (0.2, 0.8)),  # rests at its lower end
        (2, 4, (2, 2), (2, 2)),
    ],
)
def test_sliders_of_other_ranges(low, high, expected, whole):
    for given_range, wanted in ((travel(low, high), expected), (travel(low, high, whole_range=True), whole)):
        assert isinstance(given_range, Travel)
        assert (given_range.rest, given_range.full) == pytest.approx(wanted)


@given(st.tuples(st.floats(-10, 10), st.floats(-10, 10)).map(sorted), st.booleans())
def test_travel_stays_on_the_slider(bounds, whole):
    low, high = bounds
    found = travel(low, high, whole_range=whole)
    if low == high:
        assert found is None
    else:
        assert low <= found.rest <= high and low - 1e-9 <= found.rest + found.full <= high + 1e-9 and found.full != 0


@pytest.mark.parametrize("bounds", [(1, 0), (float("nan"), 1), (0, float("inf"))])
def test_impossible_sliders_are_refused(bounds):
    with pytest.raises(ValueError):
        guess_table(["jawOpen"], {"jawOpen": bounds})


def test_ranges_reach_the_table():
    ranges = {"jawOpen": (-1, 0), "mouthFunnel": (0, 0.5), "mouthPucker": (0.2, 1.0), "cheekPuff": (0.0, 0.0)}
    guess = guess_table(list(ranges), ranges)
    rows = {row.control: (row.gain, row.offset) for row in guess.table.rows}
    assert (
        rows["jawOpen"] == (-1, 0)
        and rows["mouthFunnel"] == (0.5, 0)
        and rows["mouthPucker"] == pytest.approx((0.8, 0.2))
    )
    assert "cheekPuff" not in rows and "cheekPuff" in guess.unmatched
    assert guess.table.limits["mouthFunnel"] == (0, 0.5)
    assert any("no range" in note and "cheekPuff" in note for note in guess.notes)
    assert any("downwards" in note and "jawOpen" in note for note in guess.notes)


def test_the_artists_table_goes_over_the_guess():
    saved = MappingTable((Row("jawOpen", "MyJaw"), Row("mouthFunnel", "elsewhere"))).silence("cheekPuff")
    guess = table_for_keys([*BLENDSHAPES, "MyJaw"], {"MyJaw": (0.0, 2.0)}, saved)
    found = keys_of(guess)
    assert (
        found["jawOpen"] == {"MyJaw": 1.0} and "cheekPuff" not in found and found["mouthFunnel"] == {"mouthFunnel": 1.0}
    )
    assert guess.unmapped == ("cheekPuff",) and set(guess.unmatched) == {"jawOpen", "cheekPuff"}
    assert guess.table.limits["MyJaw"] == (0.0, 2.0)
    assert any("elsewhere" in note for note in guess.notes)
    assert table_for_keys(BLENDSHAPES, {}) == guess_table(BLENDSHAPES)


@given(st.lists(st.text(max_size=15), max_size=12))
def test_any_names_are_taken(names):
    guess = guess_table(names, conventions=CONVENTIONS)
    assert set(guess.table.keys) <= set(names)


def test_conventions_are_sound():
    for convention in load_conventions():
        assert convention.size > 0 and convention.name
        assert set(convention.visemes.values()) <= set(VISEMES)
        for gains in convention.shared.values():
            assert gains and all(0 < abs(gain) <= 1 for _, gain in gains)
        doubled = set(convention.keys) & set(convention.shared) | set(convention.keys) & set(convention.visemes)
        assert not doubled, convention.name


def test_a_wheel_carries_every_family():
    """Setuptools takes only what this pattern names; without the tables nothing would be recognised."""
    root = Path(__file__).resolve().parents[3]
    config = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    package = root / "ptalker_blender" / "rig" / "mapping"
    taken = {
        path for pattern in config["package-data"]["ptalker_blender.rig.mapping"] for path in package.glob(pattern)
    }
    assert taken == {path for path in package.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}}
    assert len(taken) == len(CONVENTIONS)
