"""Reading shape-key names: spellings, sides, prefixes, and which ARKit blendshape a name means.

The 52 names are Apple's ``ARFaceAnchor.BlendShapeLocation``; what varies between tools is the spelling:
``eyeBlinkLeft``, ``EyeBlink_L``, ``eye_blink.l``, ``Left Eye Blink``, ``Head_eyeBlinkLeft``,
``blendShape1.eyeBlinkLeft``, ``A14_Eye_Blink_Left``, ``eyeBlinkLeft.001``. A name is cut into words, a side word is
set apart, prefixes that say nothing about the face are dropped, and what is left is compared without case and
separators.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from ...motion.controls import BLENDSHAPES

SIDES = {"l": "left", "left": "left", "lft": "left", "r": "right", "right": "right", "rgt": "right"}
# The direction is part of these names, so a further side word would contradict them.
DIRECTED = frozenset({"jawLeft", "jawRight", "mouthLeft", "mouthRight"})
# Words after the name that change nothing: exporters' habits, and Daz's level of subdivision.
_TAIL = frozenset({"shape", "blendshape", "bs", "key", "shapekey", "morph", "target", "div2"})
# A name with one of these is some other shape than the one it mentions.
_ALTERING = frozenset((
    "corrective", "correction", "corr", "fix", "old", "half", "inverse", "inv", "neg", "negative", "minus", "not",
    "no", "combo", "backup", "copy", "test", "unused", "delta",
))  # fmt: skip
# Before the name these mean another shape ("tongue_jawOpen"), unless a namespace ends between the two.
_ANATOMY = frozenset((
    "eye", "eyes", "eyelid", "lid", "lids", "eyelash", "lashes", "brow", "brows", "mouth", "lip", "lips", "jaw",
    "chin", "teeth", "tooth", "tongue", "cheek", "cheeks", "nose", "nostril", "upper", "lower", "inner", "outer",
    "top", "bottom", "blink", "smile", "frown", "open", "close", "up", "down", "in", "out", "wide",
))  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_NAMESPACE = re.compile(r"[.:|/]+")
_NUMBER_TAIL = re.compile(r"(?:[._ -]\d+)+$")


@dataclass(frozen=True)
class Reading:
    """What a name means.

    Attributes:
        controls: one blendshape; or the left and the right one, for a key that is both sides at once.
        part: "" for the whole shape, "left" or "right" for a half of a blendshape that has no sides (``cheekPuff_L``).
        distance: how far the spelling is from the control's own; 0 is the very name. Breaks ties between keys.
    """

    controls: tuple[str, ...]
    part: str = ""
    distance: int = 0


def words(name: str) -> tuple[str, ...]:
    """Lower-case words and numbers of a name, cut at separators and camelCase humps; full-width forms are unified."""
    text = unicodedata.normalize("NFKC", name)
    return tuple(match.casefold() for match in _WORD.findall(text))


def canonical(name: str) -> str:
    """Return the name without case and separators, side letters spelled out: ``Mouth_Smile_L`` is ``mouthsmileleft``.

    A name that is nothing but a side (``R`` is also a viseme) is left as it is.
    """
    return _joined(words(name))


def stems(name: str, prefix: Sequence[str] = ()) -> tuple[str, ...]:
    """Spellings under which ``name`` may stand in a convention's list, the most literal first, all canonical.

    The name itself, without Blender's number, what follows the last namespace, and without (a part of) ``prefix``.

    Args:
        name: a shape key's name.
        prefix: leading words that all keys of the object have, see :func:`common_prefix`.
    """
    bare = _NUMBER_TAIL.sub("", name)
    cuts = [words(name), words(bare), words(_after_namespace(bare))]
    if prefix and cuts[1][: len(prefix)] == tuple(prefix):
        # A family's names may begin alike themselves (Fcl_MTH_A, Fcl_EYE_Close), so any part of it may be foreign.
        cuts += [cuts[1][end:] for end in range(1, len(prefix) + 1)]
    found = [spelling for cut in cuts for spelling in (_joined(cut), "".join(cut))]
    return tuple(dict.fromkeys(spelling for spelling in found if spelling))


def common_prefix(names: Sequence[str], share: float = 0.8) -> tuple[str, ...]:
    """Leading words that at least ``share`` of the names have in common, words remaining; () for few names."""
    cut = [words(name) for name in names if name != "Basis"]
    if len(cut) < 4:
        return ()
    prefix: tuple[str, ...] = ()
    while True:
        longer = [w[: len(prefix) + 1] for w in cut if w[: len(prefix)] == prefix and len(w) > len(prefix) + 1]
        if not longer:
            return prefix
        best = max(dict.fromkeys(longer), key=longer.count)
        if longer.count(best) < share * len(cut) or best[-1] in _ANATOMY or best[-1] in SIDES:
            return prefix
        prefix = best


def read_arkit(name: str) -> Reading | None:
    """Which ARKit blendshape a key's name means; None where it means none, or where it might mean something else."""
    if name in _EXACT:
        return Reading((name,))
    bare = _NUMBER_TAIL.sub("", name)
    whole = _read(_without_tail(words(bare)), free=0)
    if whole is None:
        last = _after_namespace(bare)
        before = words(bare[: len(bare) - len(last)])
        tail = _without_tail(words(last))
        if tail == words(bare) or _read(before, free=0) is not None:
            return None
        whole = _read(before + tail, free=len(before))
    if whole is None:
        return None
    # A number that Blender added says that this is the copy; other letters more say less.
    spare = len(re.sub(r"[\W_]", "", name)) - min(len(control) for control in whole.controls)
    return Reading(whole.controls, whole.part, 1 + 100 * (bare != name) + max(0, spare))


def _read(cut: tuple[str, ...], free: int) -> Reading | None:
    """Read words whose first ``free`` ones belong to a namespace and so may be anything."""
    if free == 0 and "".join(cut) in _SPELLINGS:
        return _match(cut)  # humps in odd places ("nOseSneer") must not make words of it
    if not _ALTERING.isdisjoint(cut[free:]):
        return None
    for start in range(len(cut)):
        if not _ANATOMY.isdisjoint(cut[free:start]):
            return None
        found = _match(cut[start:])
        if found is not None:
            return _with_side_before(found, cut[:start])
    return None


def _match(tail: tuple[str, ...]) -> Reading | None:
    joined = "".join(tail)
    if joined in _SPELLINGS:
        return Reading((_SPELLINGS[joined],))
    for at, word in enumerate(tail):
        side = SIDES.get(word)
        base = "".join(tail[:at] + tail[at + 1 :])
        if side is None or not base:
            continue
        if base in _SIDED or base in ("jaw", "mouth"):
            return Reading((_SIDED.get(base, base) + side.title(),))
        if base in _SPELLINGS:
            control = _SPELLINGS[base]
            sided = control.endswith(("Left", "Right"))
            return None if sided else Reading((control,), side)
    if joined in _PAIRS:
        return Reading((_PAIRS[joined] + "Left", _PAIRS[joined] + "Right"))
    return None


def _with_side_before(found: Reading, prefix: tuple[str, ...]) -> Reading | None:
    """Settle a side word that stands in the prefix (``L_Head_eyeBlink``) with what the name itself said."""
    sides = {SIDES[word] for word in prefix if word in SIDES}
    if not sides:
        return found
    if len(sides) > 1:
        return None
    side = sides.pop()
    if len(found.controls) == 2:
        return Reading((found.controls[0].removesuffix("Left") + side.title(),))
    said = found.part or next((s for s in ("left", "right") if found.controls[0].endswith(s.title())), "")
    if not said:
        return Reading(found.controls, side)
    # "R_F00_jawLeft": the R may stand for anything, and a direction is no side of the face.
    return found if said == side or found.controls[0] in DIRECTED else None


def _without_tail(cut: tuple[str, ...]) -> tuple[str, ...]:
    while cut and (cut[-1] in _TAIL or (cut[-1].isdigit() and len(cut) > 1)):
        cut = cut[:-2] if len(cut) > 2 and cut[-2:] == ("div", "2") else cut[:-1]
    return cut


def _after_namespace(name: str) -> str:
    """Return what follows the last ``.``, ``:``, ``|`` or ``/``; not a side alone, so ``eyeBlink.L`` stays whole."""
    ends = [match.end() for match in _NAMESPACE.finditer(name)]
    for end in reversed(ends):
        rest = words(name[end:])
        if rest and not (len(rest) == 1 and rest[0] in SIDES):
            return name[end:]
    return name


def _joined(cut: tuple[str, ...]) -> str:
    return "".join(cut) if len(cut) == 1 else "".join(SIDES.get(word, word) for word in cut)


_EXACT = frozenset(BLENDSHAPES)
# Blendshapes with a left and a right: base in lower case -> base as Apple writes it.
_SIDED = {
    name.removesuffix("Left").lower(): name.removesuffix("Left")
    for name in BLENDSHAPES
    if name.endswith("Left") and name not in DIRECTED
}
_SIDED.update({"eyeblinking": "eyeBlink", "browsdown": "browDown", "browsouterup": "browOuterUp"})  # seen in the wild
_PAIRS = dict(_SIDED)
_SPELLINGS = {name.lower(): name for name in BLENDSHAPES} | {"mouthclosed": "mouthClose", "browsinnerup": "browInnerUp"}
_SPELLINGS.update(
    {f"{side}{base}": control + side.title() for base, control in _SIDED.items() for side in ("left", "right")}
)
_SPELLINGS.update(
    {f"{base}{side}": control + side.title() for base, control in _SIDED.items() for side in ("left", "right")}
)
