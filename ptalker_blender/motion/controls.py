"""The control set: 52 ARKit blendshape locations and three head angles, always in this order.

Names are those of Apple's ``ARFaceAnchor.BlendShapeLocation``. *Left* and *Right* are the character's own sides.

Head angles are radians, right-handed, in the head's frame (x to the character's left, y up, z out of the face), applied
yaw first, then pitch, then roll (matrix ``Ry(yaw) @ Rx(pitch) @ Rz(roll)``): positive ``headPitch`` nods down, positive
``headYaw`` turns to the character's left, positive ``headRoll`` raises the character's left ear.
"""

BLENDSHAPES: tuple[str, ...] = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight",
    "eyeLookUpRight", "eyeSquintRight", "eyeWideRight",
    "jawForward", "jawLeft", "jawRight", "jawOpen",
    "mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight",
    "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight",
    "mouthStretchLeft", "mouthStretchRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight",
    "tongueOut",
)  # fmt: skip
HEAD_ANGLES: tuple[str, ...] = ("headPitch", "headYaw", "headRoll")
CONTROLS: tuple[str, ...] = BLENDSHAPES + HEAD_ANGLES
INDEX: dict[str, int] = {name: i for i, name in enumerate(CONTROLS)}
N_BLENDSHAPES, N_CONTROLS = len(BLENDSHAPES), len(CONTROLS)
ENGINE_FPS = 50.0  # motion inside the engine; resampled only at the scene's edge
