"""Guessing a mapping table from the names of a head's keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ...motion.controls import BLENDSHAPES, N_BLENDSHAPES
from .combinations import find_combinations
from .convention import Convention, Match, arkit_match, load_conventions
from .names import common_prefix, read_arkit, stems
from .ranges import DEFAULT, Travel, travel
from .table import Combination, MappingTable, Row, VisemeRow

# What makes sounds; smiles, frowns and dimples colour them.
SPEECH: tuple[str, ...] = (
    "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthStretchLeft", "mouthStretchRight", "mouthRollLower",
    "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft",
    "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight",
)  # fmt: skip
FEWEST_VISEMES = 3  # with fewer a mouth cannot be told open, shut and round
SILENT = "No key of this head moves the mouth."


@dataclass(frozen=True)
class Guess:
    """A table and what to tell the artist about it.

    Attributes:
        table: the guess.
        convention: name of the rig family, "" if no key is known.
        mapped_share: how many of the 52 blendshapes have a key of their own or a part in one, 0..1.
        speech: what moves the mouth: keys of its controls, visemes, or nothing.
        unmapped: blendshapes that drive no key; with visemes the mouth's are carried by those.
        unmatched: keys that nothing drives, in the object's order.
        notes: sentences for the artist.
    """

    table: MappingTable
    convention: str
    mapped_share: float
    speech: Literal["keys", "visemes", "nothing"]
    unmapped: tuple[str, ...]
    unmatched: tuple[str, ...]
    notes: tuple[str, ...]


def guess_table(
    key_names: Sequence[str],
    ranges: Mapping[str, tuple[float, float]] | None = None,
    *,
    whole_range: bool = False,
    conventions: Sequence[Convention] | None = None,
) -> Guess:
    """Find the rig family that explains the keys best, and map our controls by it.

    A key of exactly a control's name always wins. Gaps are filled from ARKit spellings. Where the mouth has too few
    controls' keys, the visemes of the family (or of the one that explains most) speak instead. Names that would be
    driven twice are left to the better spelling.

    Args:
        key_names: the object's keys in order; its reference key may be among them under the name Basis.
        ranges: slider minimum and maximum by key; 0..1 where absent.
        whole_range: a control of 1 goes to the end of the slider rather than to the shape as made, see
            ``ranges.travel``.
        conventions: the families to choose from; None for all that ship.

    Raises:
        ValueError: a range is not two finite numbers in order.
    """
    names = tuple(name for name in dict.fromkeys(key_names) if name != "Basis")
    bounds = {name: (ranges or {}).get(name, DEFAULT) for name in names}
    travels = {name: travel(*bounds[name], whole_range=whole_range) for name in names}
    movable = tuple(name for name in names if travels[name] is not None)
    families = tuple(load_conventions() if conventions is None else conventions)
    readings = {name: read_arkit(name) for name in movable}
    prefix = common_prefix(movable)
    spellings = {name: stems(name, prefix) for name in movable}

    def matches(family: Convention) -> tuple[Match, ...]:
        found = (family.match(name, spellings[name], readings[name]) for name in movable)
        return tuple(match for match in found if match is not None)

    matched = {family.name: matches(family) for family in families}
    best = max(families, key=lambda family: _score(matched[family.name], family))
    plain = tuple(match for name in movable if (match := arkit_match(name, readings[name])) is not None)
    owned = _owned(matched[best.name], plain)
    voiced = {family.name: _of_kind(matched[family.name], "viseme") for family in families}
    voices = max(families, key=lambda family: _voice_score(voiced[family.name], family, best))
    visemes = _visemes(voiced[voices.name])
    speech = _speech(owned, visemes)
    if speech == "visemes":
        owned = {key: gains for key, gains in owned.items() if not {control for control, _ in gains} & {*SPEECH}}
    else:
        visemes = {}
    combinations = find_combinations(
        [name for name in movable if name not in owned and name not in visemes.values() and readings[name] is None],
        best,
        {gains[0][0] for gains in owned.values() if len(gains) == 1},
    )
    table = _table(owned, visemes, combinations, travels, bounds)
    known = {match.key for match in matched[best.name] if match.kind == "ignored"}
    explained = best.name if _score(matched[best.name], best)[0] else ""
    return _guess(table, explained, speech, names, known, travels)


def _score(matches: Sequence[Match], family: Convention) -> tuple[int, float]:
    """How many different slots are filled, then how complete that makes the family."""
    slots = len({match.slot for match in matches})
    filled = len({match.slot for match in matches if match.kind != "ignored"})
    return (slots if filled else 0), filled / max(1, family.size)


def _voice_score(matches: Sequence[Match], family: Convention, best: Convention) -> tuple[int, bool, float]:
    """Like ``_score``, for visemes only; the rig's own family wins ties."""
    count, completeness = _score(matches, family)
    return count, family == best, completeness


def _of_kind(matches: Sequence[Match], kind: str) -> tuple[Match, ...]:
    return tuple(match for match in matches if match.kind == kind)


def _visemes(matches: Sequence[Match]) -> dict[str, str]:
    """One key per viseme, the best spelled."""
    found: dict[str, Match] = {}
    for match in matches:
        if match.viseme not in found or match.distance < found[match.viseme].distance:
            found[match.viseme] = match
    return {viseme: match.key for viseme, match in found.items()}


def _owned(matches: Sequence[Match], plain: Sequence[Match]) -> dict[str, tuple[tuple[str, float], ...]]:
    """Controls and gains by key: ARKit names, then the family's keys and parts, then keys shared by several."""
    owned: dict[str, tuple[tuple[str, float], ...]] = {}
    covered: set[str] = set()
    exact = [match for match in plain if match.distance == 0]
    whole = [match for match in plain if match.kind == "key" and not match.part]
    for source in (exact, whole, _of_kind(matches, "key"), _of_kind(plain, "key")):
        free = [match for match in source if match.gains[0][0] not in covered and match.key not in owned]
        for control in dict.fromkeys(match.gains[0][0] for match in free):
            for match in _chosen([match for match in free if match.gains[0][0] == control]):
                owned[match.key] = match.gains
                covered.add(control)
    alone = frozenset(covered)
    for match in (*_of_kind(matches, "shared"), *_of_kind(plain, "shared")):
        controls = {control for control, _ in match.gains}
        if match.key not in owned and not controls & alone and not controls <= covered:
            owned[match.key] = match.gains
            covered |= controls
    return owned


def _chosen(candidates: Sequence[Match]) -> list[Match]:
    """One key for the whole control if there is one, else one for each of its parts (halves rather than quarters)."""
    best: dict[str, Match] = {}
    for match in candidates:
        if match.part not in best or match.distance < best[match.part].distance:
            best[match.part] = match
    if "" in best:
        return [best[""]]
    halves = [best[part] for part in ("left", "right") if part in best]
    return halves or list(best.values())


def _speech(
    owned: Mapping[str, tuple[tuple[str, float], ...]], visemes: Mapping[str, str]
) -> Literal["keys", "visemes", "nothing"]:
    spoken = {control for gains in owned.values() for control, _ in gains} & {*SPEECH}
    if len(visemes) >= FEWEST_VISEMES and len(spoken) < len(SPEECH) / 2:
        return "visemes"
    return "keys" if spoken else "nothing"


def _table(
    owned: Mapping[str, tuple[tuple[str, float], ...]],
    visemes: Mapping[str, str],
    combinations: Sequence[Combination],
    travels: Mapping[str, Travel | None],
    bounds: Mapping[str, tuple[float, float]],
) -> MappingTable:
    """Scale everything to the keys' sliders; a key's rest is the offset of its first row."""

    def reach(key: str) -> Travel:
        found = travels[key]
        if found is None:
            raise ValueError(f"key {key!r} cannot move")
        return found

    rows = [
        Row(control, key, gain * reach(key).full, reach(key).rest if first == 0 else 0.0)
        for key, gains in owned.items()
        for first, (control, gain) in enumerate(gains)
    ]
    rows.sort(key=lambda row: BLENDSHAPES.index(row.control))  # stable: parts keep the object's order
    scaled = tuple(
        Combination(item.controls, item.key, item.operation, item.gain * reach(item.key).full, reach(item.key).rest)
        for item in combinations
    )
    voiced = tuple(VisemeRow(viseme, key, reach(key).full, reach(key).rest) for viseme, key in visemes.items())
    table = MappingTable(tuple(rows), scaled, voiced)
    return replace(table, limits={key: bounds[key] for key in table.keys})


def _guess(
    table: MappingTable,
    convention: str,
    speech: Literal["keys", "visemes", "nothing"],
    names: Sequence[str],
    known: set[str],
    travels: Mapping[str, Travel | None],
) -> Guess:
    mapped = {*table.controls}
    unmapped = tuple(control for control in BLENDSHAPES if control not in mapped)
    driven = {*table.keys}
    unmatched = tuple(name for name in names if name not in driven)
    notes = []
    if speech == "visemes":
        notes.append(
            f"The mouth speaks through {len(table.visemes)} mouth shapes, mixed to come nearest to the motion."
        )
    if speech == "nothing":
        notes.append(SILENT)
    if table.combinations:
        notes.append(f"{len(table.combinations)} corrective shapes follow the product of their controls.")
    if known & {*unmatched}:
        notes.append(f"{len(known & {*unmatched})} keys are known and left to you (emotions and the like).")
    frozen = [name for name in names if travels[name] is None]
    if frozen:
        notes.append(f"{len(frozen)} keys cannot move, their slider has no range: {', '.join(frozen[:5])}.")
    inverse = [name for name in driven if (way := travels[name]) is not None and way.full < 0]
    if inverse:
        notes.append(f"{len(inverse)} keys go from 0 downwards: {', '.join(sorted(inverse)[:5])}.")
    return Guess(
        table, convention, len(mapped & {*BLENDSHAPES}) / N_BLENDSHAPES, speech, unmapped, unmatched, tuple(notes)
    )
