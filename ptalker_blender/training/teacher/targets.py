"""What each phone asks of the mouth: targets and how much each phone insists on them.

Openings are inner-lip gaps in millimetres for a neutral reader, of the size published for conversational English
(5 to 14 mm for vowels, contact for p, b, m). Rounding, spread and tongue are 0..1. A dominance near 0 means that the
phone does not care and its neighbours decide (Cohen and Massaro 1993).
"""

from __future__ import annotations

from dataclasses import dataclass

TRACKS = ("gap", "jaw", "round", "funnel", "spread", "labiodental", "tongue")


@dataclass(frozen=True)
class Target:
    """One phone's targets; a diphthong is two in a row.

    Attributes:
        gap: inner-lip opening, mm.
        jaw: jaw opening in units of the jawOpen control.
        round, funnel, spread, labiodental, tongue: 0..1.
        open_dominance: insistence on gap and jaw.
        lip_dominance: insistence on rounding, funnelling and spreading.
    """

    gap: float
    jaw: float
    round: float = 0.0
    funnel: float = 0.0
    spread: float = 0.0
    labiodental: float = 0.0
    tongue: float = 0.0
    open_dominance: float = 1.0
    lip_dominance: float = 0.6


_AA = Target(13.0, 0.32, spread=0.05, open_dominance=1.3)
_IY = Target(5.5, 0.10, spread=0.55, lip_dominance=1.0)
_IH = Target(6.5, 0.14, spread=0.3)
_UH = Target(6.0, 0.14, round=0.45, funnel=0.15, lip_dominance=0.9)
_OW = Target(9.5, 0.22, round=0.45, funnel=0.4, lip_dominance=1.1)
_UW = Target(4.8, 0.11, round=0.8, funnel=0.25, lip_dominance=1.3)
_ALVEOLAR = Target(4.6, 0.08, spread=0.1, open_dominance=0.75, lip_dominance=0.15)
_SIBILANT = Target(4.4, 0.04, spread=0.2, open_dominance=1.2, lip_dominance=0.35)
_HUSHING = Target(5.0, 0.05, round=0.3, funnel=0.45, open_dominance=1.2, lip_dominance=1.0)
_VELAR = Target(6.2, 0.13, open_dominance=0.4, lip_dominance=0.1)
_BILABIAL = Target(1.0, 0.05, open_dominance=1.3, lip_dominance=0.25)
_LABIODENTAL = Target(3.9, 0.05, labiodental=1.0, open_dominance=1.5, lip_dominance=0.5)
_DENTAL = Target(5.2, 0.09, tongue=1.0, spread=0.1, open_dominance=1.0, lip_dominance=0.2)

TARGETS: dict[str, tuple[Target, ...]] = {
    "aa": (_AA,),
    "ae": (Target(12.0, 0.28, spread=0.35, open_dominance=1.2),),
    "ah": (Target(8.5, 0.20, open_dominance=0.8, lip_dominance=0.3),),
    "ao": (Target(11.0, 0.27, round=0.3, funnel=0.35, open_dominance=1.1, lip_dominance=1.0),),
    "aw": (_AA, _UW),
    "ay": (_AA, _IH),
    "eh": (Target(9.5, 0.22, spread=0.3),),
    "er": (Target(6.2, 0.13, round=0.35, funnel=0.3, lip_dominance=0.8),),
    "ey": (Target(8.5, 0.18, spread=0.45), _IY),
    "ih": (_IH,),
    "iy": (_IY,),
    "ow": (_OW, _UW),
    "oy": (Target(10.0, 0.24, round=0.5, funnel=0.4, lip_dominance=1.1), _IH),
    "uh": (_UH,),
    "uw": (_UW,),
    "p": (_BILABIAL,),
    "b": (_BILABIAL,),
    "m": (_BILABIAL,),
    "f": (_LABIODENTAL,),
    "v": (_LABIODENTAL,),
    "w": (Target(4.4, 0.09, round=0.85, funnel=0.2, open_dominance=1.2, lip_dominance=1.5),),
    "r": (Target(5.2, 0.10, round=0.35, funnel=0.4, open_dominance=0.8, lip_dominance=0.9),),
    "y": (Target(5.0, 0.09, spread=0.45, open_dominance=0.8, lip_dominance=0.6),),
    "l": (Target(6.2, 0.13, tongue=0.12, open_dominance=0.7, lip_dominance=0.2),),
    "t": (_ALVEOLAR,),
    "d": (_ALVEOLAR,),
    "n": (_ALVEOLAR,),
    "s": (_SIBILANT,),
    "z": (_SIBILANT,),
    "sh": (_HUSHING,),
    "zh": (_HUSHING,),
    "ch": (_HUSHING,),
    "jh": (_HUSHING,),
    "th": (_DENTAL,),
    "dh": (_DENTAL,),
    "k": (_VELAR,),
    "g": (_VELAR,),
    "ng": (_VELAR,),
    "hh": (Target(7.0, 0.16, open_dominance=0.2, lip_dominance=0.05),),
}
REST = Target(0.0, 0.0, open_dominance=0.9, lip_dominance=0.4)
SHORT_PAUSE = Target(3.6, 0.06, open_dominance=0.35, lip_dominance=0.1)
SHORT_PAUSE_SECONDS = 0.5  # in shorter pauses a speaker seldom closes the mouth
BILABIALS = frozenset("pbm")
