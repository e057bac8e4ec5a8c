"""The haircuts of the rest of the family: the default's locks laid anew, as many and as finely divided as there.

Shape keys go from one member to another by vertex index, so a haircut may move, widen and flatten locks, but neither
add nor drop any.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .hair import BACK, CROWN, LEFT, LOCKS, NAPE, RIGHT, SIDES, TOUSLED, Hairstyle, Lock
from .shaping import spline

Guide = tuple[tuple[float, float, float], ...]


def shortened(lock: Lock, length: float, lift: float, width: float, thick: float) -> Lock:
    """A lock of the same root, cut to a share of its length; its lift, width and thickness take factors."""
    guide = np.unwrap(np.radians(np.array(lock.guide)), axis=0, period=2 * np.pi)
    places = np.linspace(0.0, length, len(guide))
    cut = np.degrees(spline(np.linspace(0.0, 1.0, len(guide)), guide, places))
    stations = tuple((float(a), float(e), float(h) * (lift if h > 0 else 1.0)) for a, e, h in cut)
    return replace(lock, guide=stations, width=lock.width * width, thick=lock.thick * thick)


#: Short all over, a little longer in front.
CROPPED = Hairstyle(
    locks=tuple(shortened(lock, 0.85, 0.5, 0.85, 0.6) for lock in LOCKS),
    hairline=TOUSLED.hairline,
    body=((0.0, 1.6), (0.1, 2.2), (0.35, 4.0), (1.0, 8.0)),
)


def _laid(locks: tuple[Lock, ...], blunt: float, *rows: tuple[Guide, float, float, float]) -> tuple[Lock, ...]:
    """The locks with other guides, widths, thicknesses and rolls."""
    return tuple(
        replace(lock, guide=guide, width=width, thick=thick, roll=roll, blunt=blunt)
        for lock, (guide, width, thick, roll) in zip(locks, rows, strict=True)
    )


def _curtain(azimuth: float, drift: float, low: float) -> Guide:
    """From the crown over the side and down, the tip turned in: drift along the azimuth, low elevation of the tip."""
    return (
        (azimuth, 72.0, -1.0), (azimuth + 0.3 * drift, 46.0, 2.0), (azimuth + 0.5 * drift, 18.0, 9.0),
        (azimuth + 0.75 * drift, -12.0, 20.0), (azimuth + 0.9 * drift, (low - 12.0) / 2, 26.0),
        (azimuth + drift, low, 19.0),
    )  # fmt: skip


def _straight(azimuth: float) -> Guide:
    """Under the curtain, at the nape."""
    return ((azimuth, 46.0, -3.0), (azimuth, 10.0, 1.0), (azimuth, -20.0, 12.0), (azimuth, -43.0, 15.0))


def _beside(side: float) -> tuple[tuple[Guide, float, float, float], ...]:
    """The locks of one side, -1 the character's right, that leave the parting and frame the face."""
    guides = (
        ((24, 66, -1), (46, 56, 3), (59, 34, 9), (63, 4, 13), (63, -24, 13)),
        ((28, 72, -1), (58, 64, 3), (74, 42, 9), (80, 10, 18), (80, -33, 20)),
        ((30, 78, -1), (78, 70, 3), (97, 46, 8), (104, 12, 17), (104, -33, 22)),
    )
    widths = (44.0, 54.0, 58.0)
    return tuple(
        (tuple((side * a, e, lift) for a, e, lift in guide), width, 13.0, side * 16.0)
        for guide, width in zip(guides, widths, strict=True)
    )


#: A bob to the jaw: a full fringe, sides and back that hang from the crown and turn in at their ends.
BOB = Hairstyle(
    locks=_laid(
        NAPE,
        7.0,
        *(
            (_straight(azimuth), 56.0, 12.0, roll)
            for azimuth, roll in (
                (108.0, 14.0),
                (130.0, 14.0),
                (152.0, 12.0),
                (176.0, 4.0),
                (-163.0, -10.0),
                (-142.0, -14.0),
                (-124.0, -14.0),
                (-106.0, -14.0),
            )
        ),
    )
    + _laid(
        SIDES,
        7.0,
        (((-50, 24, 2.0), (-60, 4, 9.0), (-66, -16, 13.0), (-68, -34, 16.0)), 34.0, 10.0, -8.0),
        (((50, 24, 2.0), (60, 4, 9.0), (66, -16, 13.0), (68, -34, 16.0)), 34.0, 10.0, 8.0),
        (_curtain(-68, -8, -42), 52.0, 12.0, -14.0),
        (_curtain(68, 8, -42), 52.0, 12.0, 14.0),
        (_curtain(-88, -10, -43), 58.0, 13.0, -16.0),
        (_curtain(88, 10, -43), 58.0, 13.0, 16.0),
    )
    + _laid(
        BACK,
        7.0,
        (_curtain(112, 8, -43), 62.0, 13.0, 18.0),
        (_curtain(-112, -8, -43), 62.0, 13.0, -18.0),
        (_curtain(138, 6, -44), 66.0, 13.0, 18.0),
        (_curtain(-138, -6, -44), 66.0, 13.0, -18.0),
        (_curtain(174, 4, -44), 70.0, 14.0, 6.0),
    )
    + _laid(LEFT, 6.0, *_beside(1.0))
    + _laid(
        RIGHT[:5],
        4.4,
        (((34, 66, -1), (44, 54, 4), (53, 36, 8), (58, 6, 7)), 46.0, 8.0, 12.0),
        (((26, 66, -1), (30, 55, 5), (28, 38, 10), (18, 9, 6)), 60.0, 9.0, -13.0),
        (((16, 66, -1), (12, 56, 5), (4, 39, 11), (-9, 9, 6)), 64.0, 9.0, -13.0),
        (((4, 66, -1), (-7, 56, 5), (-18, 39, 10), (-33, 8, 6)), 62.0, 9.0, -13.0),
        (((-10, 66, -1), (-24, 55, 5), (-38, 37, 9), (-54, 5, 7)), 58.0, 8.0, -12.0),
    )
    + _laid(RIGHT[5:], 6.0, *_beside(-1.0))
    + _laid(
        CROWN,
        6.0,
        (((4, 60, -1), (20, 76, 3), (120, 80, 4), (170, 62, 6), (178, 38, 9), (178, 4, 19)), 62.0, 12.0, 4.0),
        (((24, 62, -1), (60, 74, 3), (112, 70, 4), (134, 52, 5), (140, 28, 11), (142, -2, 20)), 58.0, 12.0, 9.0),
    ),
    hairline=TOUSLED.hairline,
    body=((0.0, 1.8), (0.1, 3.4), (0.25, 7.5), (0.45, 13.0), (0.7, 18.0), (1.0, 22.0)),
)
