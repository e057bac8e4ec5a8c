"""Recognition of ARKit names in any spelling, and of nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.mapping.names import canonical, common_prefix, read_arkit, stems, words

DIRECTED = {"jawLeft", "jawRight", "mouthLeft", "mouthRight"}
HARMLESS = (
    "",
    "Head_",
    "blendShape1.",
    "Face.M_F00_000_00_",
    "ARKit_",
    "Wolf3D_",
    "Wolf3D_Head:",
    "A14_",
    "char|",
    "BS ",
)
TAILS = ("", ".001", "_2", " 12", "_shape", "_BS", "_div2", "Shape")


def parts(control):
    """The words of a control and its side, "" where it has none."""
    cut = re.findall(r"[A-Z]?[a-z]+", control)
    return (cut[:-1], cut[-1]) if cut[-1] in ("Left", "Right") and control not in DIRECTED else (cut, "")


@st.composite
def spellings(draw):
    control = draw(st.sampled_from(BLENDSHAPES))
    cut, side = parts(control)
    if side:
        word = draw(st.sampled_from([side, side[0]]))
        at = draw(st.sampled_from([0, len(cut)]))  # before or after
        cut = [*cut[:at], word, *cut[at:]]
    joint = draw(st.sampled_from(["", "_", "-", " ", "."]))
    case = draw(st.sampled_from([str.title, str.lower, str.upper, str.capitalize]))
    if not joint:  # letters run together: only humps tell a single side letter from the word before it
        case = str.title
    name = joint.join(case(word) for word in cut)
    prefix = draw(st.sampled_from(HARMLESS)) if joint != "." else draw(st.sampled_from(("", "blendShape1.", "Head_")))
    return control, prefix + name + draw(st.sampled_from(TAILS))


@given(spellings())
def test_any_spelling_is_read(pair):
    control, name = pair
    reading = read_arkit(name)
    assert reading is not None, name
    assert reading.controls == (control,), name
    assert reading.part == ""


@given(st.sampled_from(BLENDSHAPES), st.randoms())
def test_case_alone_never_matters(control, random):
    name = "".join(random.choice((letter.lower(), letter.upper())) for letter in control)
    reading = read_arkit(name)
    assert reading is not None and reading.controls == (control,)


@given(st.text(max_size=24))
def test_random_text_means_nothing(text):
    reading = read_arkit(text)
    squashed = re.sub(r"[^a-z]", "", text.lower()).replace("browsdown", "browdown")  # a spelling of its own
    assert reading is None or any(control.lower().removesuffix("left") in squashed for control in BLENDSHAPES)


@given(st.lists(st.sampled_from("abcdefghkmnopqstuvwxyz"), min_size=1, max_size=14).map("".join))
def test_random_words_mean_nothing(word):
    # The letters l and r are left out, and with them "left", "right", "open", "close": no blendshape can come about.
    assert read_arkit(word) is None or word in ("mouthpucke", "cheekpuff", "tongueout")


@pytest.mark.parametrize(
    "name",
    [
        "", "Basis", "Left", "L", "R", "_", "...", "left.right", "001", "eye", "Blink", "jaw", "mouth",
        "mouthSmileLeft_fix", "jawOpen_corrective", "not_jawOpen", "old_jawOpen", "tongue_jawOpen", "teeth jawOpen",
        "jawLeft_R", "mouthRight.L", "L_R_eyeBlink", "R_mouthSmileLeft", "eyeBlinkLeft.eyeBlinkRight",
        "mouthSmileLeft_jawOpen", "eyeBlinkLeftRight", "browInner", "mouthUpper", "mouthSmileLeftish",
        "xmouthSmileLeftx",
    ],
)  # fmt: skip
def test_what_is_refused(name):
    assert read_arkit(name) is None


@pytest.mark.parametrize(
    ("name", "controls", "part"),
    [
        ("eyeBlink", ("eyeBlinkLeft", "eyeBlinkRight"), ""),
        ("Mouth Smile", ("mouthSmileLeft", "mouthSmileRight"), ""),
        ("cheekPuff_L", ("cheekPuff",), "left"),
        ("R_jawOpen", ("jawOpen",), "right"),
        ("jaw.L", ("jawLeft",), ""),
        ("Right Mouth", ("mouthRight",), ""),
        ("Eye_L_Blink", ("eyeBlinkLeft",), ""),
        ("Wolf3D_Teeth.jawOpen", ("jawOpen",), ""),
        ("ｅｙｅＢｌｉｎｋＬｅｆｔ", ("eyeBlinkLeft",), ""),
    ],
)
def test_halves_pairs_and_namespaces(name, controls, part):
    reading = read_arkit(name)
    assert (reading.controls, reading.part) == (controls, part)


def test_the_very_name_is_nearest_and_a_numbered_copy_furthest():
    order = ["eyeBlinkLeft", "EyeBlink_L", "Head_eyeBlinkLeft", "eyeBlink_L.001"]
    distances = [read_arkit(name).distance for name in order]
    assert distances == sorted(distances) and len(set(distances)) == 4 and distances[0] == 0


def test_words_cut_at_humps_digits_and_separators():
    assert words("CTRL_expressions_eyeBlinkL") == ("ctrl", "expressions", "eye", "blink", "l")
    assert words("A02_Brow_Down.Left") == ("a", "02", "brow", "down", "left")
    assert words("ウィンク２右") == words("ｳｨﾝｸ2右") == ("ウィンク", "2", "右")
    assert canonical("Mouth_Smile_L") == canonical("mouthSmileLeft") == "mouthsmileleft"
    assert canonical("R") == "r" and canonical("Right") == "right"


def test_prefix_of_most_names_is_found_but_never_a_part_of_the_face():
    names = [f"Face.M_F00_{end}" for end in ("Fcl_MTH_A", "Fcl_MTH_I", "Fcl_EYE_Close", "Fcl_ALL_Joy", "Hat_On")]
    prefix = common_prefix(["Basis", *names])
    assert prefix[:4] == ("face", "m", "f", "00")
    assert "fclmtha" in stems(names[0], prefix)
    assert common_prefix(["mouth_A", "mouth_B", "mouth_C", "mouth_D", "mouth_E"]) == ()
    assert common_prefix(["a_x", "a_y"]) == ()
