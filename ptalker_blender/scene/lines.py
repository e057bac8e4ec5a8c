"""The lines of a scene: sound strips that are heard, and who speaks each of them.

Who speaks is told, in this order, by the strip's own property ``ptalker_character``, by how its name begins
("ANNA_012"), and by the channel it lies in; of a strip inside a meta strip that is its channel there, since grouping
strips changes nothing about who speaks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Final

import bpy

from .compat import sequencer
from .key_blocks import shape_keys
from .preflight import INFO, WARNING, Finding
from .strips import StripAudio, sound_strips, why_silent

CHARACTER: Final = "ptalker_character"  # property of a strip: name of a member of the cast
NOBODY: Final = "-"  # as a strip's own character: it is no line
_NAMED: Final = 3  # findings of one kind
ALL, SELECTED, CHANNEL = "ALL", "SELECTED", "CHANNEL"


@dataclass(frozen=True)
class Member:
    """One row of the cast.

    Attributes:
        name: of the character, as strips call it.
        prefix: how the names of its strips begin, where that is not ``name``; with ``*`` or ``?`` a pattern.
        channel: of its strips; 0: it has none of its own.
    """

    name: str
    prefix: str = ""
    channel: int = 0


@dataclass(frozen=True)
class Choice:
    """Which strips are looked at: all, those selected in the sequencer, or those of one channel."""

    kind: str = ALL
    channel: int = 1


@dataclass(frozen=True)
class Line:
    """A sound strip, as the cast sees it.

    Attributes:
        strip: its name, which is unique in its scene.
        first, end: scene frame it begins at, and the frame after its last.
        member: place in the cast of who speaks; None: nobody.
        silent: why it is not heard, in a phrase; empty if it is.
        stranger: its own character, where the cast has none of that name; or empty.
    """

    strip: str
    first: float
    end: float
    member: int | None
    silent: str = ""
    stranger: str = ""


@dataclass(frozen=True)
class Casting:
    """Who speaks what.

    Attributes:
        spoken: heads with their lines, in order; each head once, whoever of the cast it is.
        findings: what the artist should know before.
    """

    spoken: tuple[tuple[bpy.types.Object, tuple[Line, ...]], ...]
    findings: tuple[Finding, ...]

    @property
    def count(self) -> int:
        """Lines in all."""
        return sum(len(lines) for _, lines in self.spoken)


def lines_of(scene: bpy.types.Scene, cast: Sequence[Member], choice: Choice) -> tuple[Line, ...]:
    """The chosen sound strips of a scene, inside meta strips too, in the order in which they are heard.

    Args:
        scene: of the sequencer.
        cast: who there is; empty: everything is spoken by the same one, member 0.
        choice: which strips.
    """
    found = [_line(strip, cast) for strip in sound_strips(scene) if strip.sound and is_chosen(strip, choice)]
    return tuple(sorted(found, key=lambda line: (line.first, line.strip)))


def is_chosen(strip: Any, choice: Choice) -> bool:
    """Whether a strip is looked at; one in a selected meta strip is selected."""
    if choice.kind == SELECTED:
        return bool(strip.select or any(meta.select for meta in sequencer.metas_above(strip)))
    return choice.kind == ALL or strip.channel == choice.channel


def own_character(strip: Any) -> str:
    """What a strip itself says about who speaks; empty if nothing."""
    said = getattr(strip, CHARACTER, "") or strip.get(CHARACTER, "")
    return said.strip() if isinstance(said, str) else ""


def member_of(strip_name: str, own: str, channel: int, cast: Sequence[Member]) -> int | None:
    """Place in the cast of who speaks a strip; None: nobody.

    Args:
        strip_name: as the sequencer shows it.
        own: of ``own_character``.
        channel: of the strip.
        cast: who there is; of several that fit a name the one with the longest beginning speaks, then the first.
    """
    if own:
        return next((place for place, member in enumerate(cast) if member.name.casefold() == own.casefold()), None)
    fitting = [place for place, member in enumerate(cast) if begins(strip_name, member.prefix or member.name)]
    if fitting:
        return max(fitting, key=lambda place: (len(cast[place].prefix or cast[place].name), -place))
    return next((place for place, member in enumerate(cast) if member.channel and member.channel == channel), None)


@lru_cache(maxsize=4096)  # of two texts alone; a panel asks for each strip and member
def begins(strip_name: str, prefix: str) -> bool:
    """Whether a strip's name begins with a character's, whole: "Anna_01" and "anna2" with "ANNA", but not "Annabel"."""
    name, start = strip_name.casefold(), prefix.strip().casefold()
    if not start:
        return False
    if "*" in start or "?" in start:
        return fnmatchcase(name, start) or fnmatchcase(name, f"{start}*")
    rest = name.removeprefix(start)
    return name.startswith(start) and not (rest[:1].isalpha() and start[-1:].isalpha())


def overlapping(lines: Sequence[Line]) -> tuple[tuple[Line, Line], ...]:
    """Pairs of lines of one character, given in the order of their beginnings, that are heard at once."""
    pairs: list[tuple[Line, Line]] = []
    heard: list[Line] = []  # that go on when the next one begins
    for line in lines:
        heard = [other for other in heard if other.end > line.first]
        pairs += [(other, line) for other in heard]
        heard.append(line)
    return tuple(pairs)


def cast_lines(
    lines: Sequence[Line],
    cast: Sequence[Member],
    heads: Sequence[bpy.types.Object | None],
    why: Callable[[Member], str] = lambda _member: "",
) -> Casting:
    """Give lines to the heads that speak them.

    Args:
        lines: of ``lines_of``.
        cast: as there.
        heads: of each member; with an empty cast the one head of all lines.
        why: why a member has no head, as the end of a sentence.
    """
    spoken: dict[bpy.types.Object, list[Line]] = {}
    headless: dict[int, int] = {}
    for line in lines:
        head = heads[line.member] if line.member is not None else None
        if line.silent or line.member is None:
            continue
        if head is None:
            headless[line.member] = headless.get(line.member, 0) + 1
        else:
            spoken.setdefault(head, []).append(line)
    found = [*_strangers(lines), *_left_out(lines)]
    found += [
        Finding(WARNING, f"{cast[place].name or 'A character'} has no head to speak {_count(count)}{why(cast[place])}")
        for place, count in headless.items()
        if cast
    ]
    for head, own in spoken.items():
        pairs = overlapping(own)
        if not cast and len(pairs) > 1:
            text = f"{len(pairs)} pairs of strips overlap on '{head.name}': fill the cast if several characters speak"
            found.append(Finding(WARNING, text, "ptalker.fill_cast"))
            continue
        found += [
            Finding(WARNING, f"'{a.strip}' and '{b.strip}' overlap on '{head.name}': the later one takes over")
            for a, b in pairs[:_NAMED]
        ]
    return Casting(tuple((head, tuple(own)) for head, own in spoken.items()), tuple(found))


def _strangers(lines: Sequence[Line]) -> list[Finding]:
    return [
        Finding(WARNING, f"'{line.strip}' is spoken by {line.stranger}, who is not in the cast")
        for line in lines
        if line.stranger
    ][:_NAMED]


def _left_out(lines: Sequence[Line]) -> list[Finding]:
    """Lines that are not heard, and strips that are nobody's."""
    found = []
    silent = [line for line in lines if line.silent and line.member is not None]
    if silent:
        found.append(Finding(INFO, f"{silent[0].silent}{_and_more(silent)}, so it is left out"))
    nobody = [line for line in lines if line.member is None and not line.stranger and not line.silent]
    if nobody:
        found.append(Finding(INFO, f"Nobody speaks '{nobody[0].strip}'{_and_more(nobody)}"))
    return found


def _and_more(lines: Sequence[Line]) -> str:
    return f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""


def _count(number: int) -> str:
    return "1 line" if number == 1 else f"{number} lines"


def guess_cast(scene: bpy.types.Scene) -> tuple[Member, ...]:
    """A cast for the strips of a scene, by names like "ANNA_012"; where there are none, a member for each channel."""
    strips = [strip for strip in sound_strips(scene) if strip.sound]
    names = {own.casefold(): own for strip in strips if (own := own_character(strip)) and own != NOBODY}
    for strip in strips:
        token = re.match(r"([^\W\d_]+)[\W_]*\d", strip.name)
        if token and not own_character(strip):
            names.setdefault(token[1].casefold(), token[1])
    if names:
        return tuple(Member(name) for _, name in sorted(names.items()))
    return tuple(Member(f"Channel {number}", channel=number) for number in sorted({strip.channel for strip in strips}))


def head_named(objects: Iterable[bpy.types.Object], name: str) -> bpy.types.Object | None:
    """The mesh with shape keys that has a character's name, or begins with it."""
    found = [obj for obj in objects if obj.type == "MESH" and shape_keys(obj) is not None and begins(obj.name, name)]
    return min(found, key=lambda obj: (len(obj.name), obj.name), default=None)


def why_no_head(objects: Iterable[bpy.types.Object], name: str) -> str:
    """Why a character has no head of its name, as the end of a sentence; empty if nothing has its name."""
    bare = [obj.name for obj in objects if obj.type == "MESH" and shape_keys(obj) is None and begins(obj.name, name)]
    return f": '{min(bare, key=len)}' has no shape keys" if bare else ""


def on_whole_frame(audio: StripAudio, fps: float) -> tuple[StripAudio, int]:
    """A line's recording from the first whole frame on, and that frame.

    Lines of one character share frames, so one that begins between two frames is heard from the next one on; less
    than a frame of it is left out.
    """
    frame = math.ceil(audio.visible_start_frame - 1e-4)
    late = max(0.0, frame - audio.visible_start_frame) / fps * audio.speed
    if late == 0.0:
        return audio, frame
    return replace(audio, start_s=audio.start_s + late, visible_start_frame=float(frame)), frame


def _line(strip: Any, cast: Sequence[Member]) -> Line:
    around = sequencer.metas_above(strip)
    first, end = _within(strip, around)
    own = own_character(strip)
    member = member_of(strip.name, own, strip.channel, cast) if cast else (None if own == NOBODY else 0)
    stranger = own if cast and own and own != NOBODY and member is None else ""
    return Line(strip.name, first, end, member, why_silent(strip, around), stranger)


def heard_range(strip: Any) -> tuple[float, float]:
    """First frame of a strip and the frame after its last, cut by the meta strips around it."""
    return _within(strip, sequencer.metas_above(strip))


def _within(strip: Any, metas: Sequence[Any]) -> tuple[float, float]:
    first, end = sequencer.visible_range(strip)
    for meta in metas:
        meta_first, meta_end = sequencer.visible_range(meta)
        first, end = max(first, meta_first), min(end, meta_end)
    return first, end
