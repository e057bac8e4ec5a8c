"""Who a head is: proportions of the control cage, haircut and colours. All members of the family share their topology.

What the keys' mechanisms are tuned to is the same for all: the eyeballs, the width of the opening between the lids,
the contact line of the lips, teeth and tongue (:mod:`measures`). Everything else may differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .hair import TOUSLED, Hairstyle
from .hairstyles import BOB, CROPPED
from .palette import PALETTE, Palette


@dataclass(frozen=True)
class Identity:
    """A character. Lengths are millimetres added to the default cage, factors multiply it; as given, the default one.

    Attributes:
        name: lower case, the name of its file.
        face_width: of half the face, at the temples and ears.
        cheek_fullness: how far the cheeks beside the mouth stand out.
        cheekbones: how far the bones below the eyes' outer corners stand out.
        jaw_width: of half the jaw, at its corners.
        jaw_drop: how much lower its corners lie; what makes a jaw square.
        chin_length, chin_forward: how much lower and farther ahead the chin lies.
        chin_width: factor.
        under_chin: how much lower the floor of the mouth lies, the softness under a chin.
        nose_length, nose_bridge, nose_tip: how much lower the tip, how much farther ahead bridge and tip.
        nose_tip_up: how much higher the tip turns, its foot staying where it is.
        nose_width: factor of its lower half.
        brow_ridge, forehead: how much farther ahead.
        cranium_height, cranium_width, cranium_depth: of the skull above the ears; width of half of it.
        neck_width: factor, of its depth by half as much.
        shoulders: factor.
        lip_upper, lip_lower: factors of the height of the lips' red.
        lip_forward: factor of how far the red stands out.
        eye_upper, eye_lower: factors of the opening above and below the eye's middle.
        eye_tilt: how much higher the outer corner lies, and lower the inner one.
        ear_size: factor.
        ear_stand: degrees more off the head.
        brow_thickness: factor.
        brow_height, brow_tilt: how much higher the brows lie, and their outer ends beyond that.
        iris: factor of its radius.
        palette: colours.
        hairstyle: the haircut.
    """

    name: str
    face_width: float = 0.0
    cheek_fullness: float = 0.0
    cheekbones: float = 0.0
    jaw_width: float = 0.0
    jaw_drop: float = 0.0
    chin_length: float = 0.0
    chin_forward: float = 0.0
    chin_width: float = 1.0
    under_chin: float = 0.0
    nose_length: float = 0.0
    nose_bridge: float = 0.0
    nose_tip: float = 0.0
    nose_tip_up: float = 0.0
    nose_width: float = 1.0
    brow_ridge: float = 0.0
    forehead: float = 0.0
    cranium_height: float = 0.0
    cranium_width: float = 0.0
    cranium_depth: float = 0.0
    neck_width: float = 1.0
    shoulders: float = 1.0
    lip_upper: float = 1.0
    lip_lower: float = 1.0
    lip_forward: float = 1.0
    eye_upper: float = 1.0
    eye_lower: float = 1.0
    eye_tilt: float = 0.0
    ear_size: float = 1.0
    ear_stand: float = 0.0
    brow_thickness: float = 1.0
    brow_height: float = 0.0
    brow_tilt: float = 0.0
    iris: float = 1.0
    palette: Palette = field(default=PALETTE)
    hairstyle: Hairstyle = field(default=TOUSLED)


DEFAULT = Identity("default")

#: Older: a broad square jaw, a strong nose, heavy brows over lower lids, thin lips, cropped grey hair.
ROWAN = Identity(
    "rowan",
    face_width=2.0,
    cheek_fullness=-1.5,
    cheekbones=2.0,
    jaw_width=11.0,
    jaw_drop=6.0,
    chin_length=5.0,
    chin_forward=3.0,
    chin_width=1.35,
    nose_length=4.0,
    nose_bridge=6.0,
    nose_tip=3.5,
    nose_width=1.42,
    brow_ridge=4.5,
    forehead=-1.5,
    cranium_height=-3.0,
    cranium_width=1.0,
    neck_width=1.16,
    shoulders=1.1,
    lip_upper=0.8,
    lip_lower=0.86,
    lip_forward=0.85,
    eye_upper=0.85,
    eye_lower=0.9,
    eye_tilt=-0.6,
    ear_size=1.12,
    brow_thickness=1.3,
    brow_height=-1.6,
    brow_tilt=-0.5,
    iris=0.97,
    palette=Palette(
        skin=(0.300, 0.145, 0.085),
        blush=(0.290, 0.095, 0.060),
        socket=(0.190, 0.085, 0.055),
        lip=(0.260, 0.085, 0.070),
        lid_rim=(0.200, 0.080, 0.060),
        hair_root=(0.090, 0.084, 0.080),
        hair_tip=(0.440, 0.415, 0.390),
        brow=(0.080, 0.070, 0.062),
        brow_dark=(0.040, 0.034, 0.030),
        brow_light=(0.125, 0.110, 0.097),
        iris=(0.15, 0.070, 0.028),
        iris_outer=(0.045, 0.018, 0.008),
        iris_middle=(0.210, 0.098, 0.035),
        iris_warm=(0.330, 0.180, 0.060),
        cloth=(0.225, 0.060, 0.045),
        rib=(0.195, 0.050, 0.038),
        groove=(0.115, 0.028, 0.022),
    ),
    hairstyle=CROPPED,
)

#: Younger: a round face with full cheeks, a small turned-up nose, a small chin, fair skin and a copper bob.
JUNO = Identity(
    "juno",
    face_width=1.5,
    cheek_fullness=5.0,
    cheekbones=0.5,
    jaw_width=4.0,
    jaw_drop=1.0,
    chin_length=-5.0,
    chin_forward=-2.0,
    chin_width=1.15,
    under_chin=2.0,
    nose_length=-3.0,
    nose_bridge=-3.5,
    nose_tip=-5.5,
    nose_tip_up=1.6,
    nose_width=0.94,
    brow_ridge=-1.0,
    forehead=2.5,
    cranium_height=2.0,
    cranium_width=2.5,
    neck_width=0.88,
    shoulders=0.88,
    lip_upper=1.0,
    lip_lower=1.0,
    eye_upper=1.03,
    eye_lower=1.0,
    eye_tilt=0.5,
    ear_size=0.9,
    brow_thickness=0.72,
    brow_height=1.2,
    iris=1.07,
    palette=Palette(
        skin=(0.840, 0.560, 0.430),
        blush=(0.800, 0.300, 0.230),
        socket=(0.680, 0.390, 0.320),
        lip=(0.620, 0.210, 0.190),
        lid_rim=(0.470, 0.200, 0.155),
        hair_root=(0.130, 0.026, 0.007),
        hair_tip=(0.480, 0.130, 0.030),
        brow=(0.170, 0.050, 0.016),
        brow_dark=(0.150, 0.042, 0.014),
        brow_light=(0.260, 0.085, 0.028),
        iris=(0.16, 0.22, 0.06),
        iris_outer=(0.040, 0.080, 0.020),
        iris_middle=(0.190, 0.290, 0.075),
        iris_warm=(0.360, 0.270, 0.060),
        cloth=(0.300, 0.190, 0.035),
        rib=(0.265, 0.162, 0.030),
        groove=(0.160, 0.092, 0.016),
    ),
    hairstyle=BOB,
)

IDENTITIES = (DEFAULT, ROWAN, JUNO)
