"""All style figures in one run: draws the performers, reads every code once, and fills the report's sections."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ...motion.controls import ENGINE_FPS
from ..teacher.performer import LIBRARY, Performer
from .style_cast import Sentence, draw_cast, load_sentences, references, split_pools
from .style_identity import LENGTHS, identity_section, length_section
from .style_leak import leak_section
from .style_order import order_section
from .style_own import measure_own, own_section, paired_errors
from .style_probes import clip_statistics, performer_section, pooled, readback_section, voice_row
from .style_real import load_captures, real_sections
from .style_real_codes import length_real, probes_real
from .style_report import Section, StyleReport, missing_section
from .style_space import fusion_section, space_section
from .style_system import Controls, StyleSystem
from .style_timing import restyle_section, timing_section
from .style_voices import audio_style_section, retrieval_section, words_section

Array = NDArray[np.float64]
Tell = Callable[[str], None]
REAL = "real"


@dataclass(frozen=True)
class StyleSettings:
    """How much material, and the seeds.

    Attributes:
        corpora: folders whose sentences are said and performed; no training run should have used them.
        voices: a corpus of many voices, for the audio side; None leaves those figures out.
        data: the data folder with the real captures; None leaves those figures out.
        seed: of all draws but the performers'.
        cast_seed: of the performers; never one that a training run used (``style_options.CAST_SEED``).
        people: performers told apart at a time, and those lines are said for.
        draws: how many casts of ``people`` are told apart.
        clips: performances of each performer, in the gallery and again as queries.
        lines: sentences said in every style.
        few: lines of the figures that need less.
        sentences: of each real voice, at most; as many voices as ``people``.
    """

    corpora: tuple[Path, ...]
    voices: Path | None = None
    data: Path | None = None
    seed: int = 1
    cast_seed: int = 90210
    people: int = 20
    draws: int = 5
    clips: int = 4
    lines: int = 12
    few: int = 3
    sentences: int = 10

    def quick(self) -> StyleSettings:
        """Less of everything: a look in a tenth of the time, with wide intervals and no bar for identification."""
        return replace(self, people=8, draws=6, clips=2, lines=4, few=2, sentences=4)


class StyleRun:
    """The material of one run; every part is made when first asked for and kept.

    Args:
        system: the network.
        settings: see `StyleSettings`.

    Raises:
        UserError: corpora that cannot be used.
    """

    def __init__(self, system: StyleSystem, settings: StyleSettings) -> None:
        self.system, self.settings = system, settings
        self.pools = split_pools(load_sentences(settings.corpora), settings.lines, settings.seed)
        self.cast = draw_cast(settings.people * settings.draws, settings.cast_seed)

    @property
    def first(self) -> tuple[Performer, ...]:
        """The first cast, whose lines are said."""
        return self.cast[: self.settings.people]

    @property
    def few(self) -> tuple[Sentence, ...]:
        """The lines of the smaller figures: the longest ones, so that windows meet in them."""
        return tuple(sorted(self.pools.lines, key=lambda line: -line.frames)[: self.settings.few])

    @cached_property
    def gallery_clips(self) -> list[list[Controls]]:
        """Performances by performer, sentences of the gallery."""
        return references(self.pools.gallery, self.cast, self.system.rig, self.settings.clips, self.settings.seed)

    @cached_property
    def gallery(self) -> Array:
        """Their codes [performers, clips, D]."""
        return self._codes(self.gallery_clips)

    @cached_property
    def query_clips(self) -> list[list[Controls]]:
        """Performances of other sentences."""
        seed = self.settings.seed + 1
        return references(self.pools.queries, self.cast, self.system.rig, self.settings.clips, seed)

    @cached_property
    def queries(self) -> Array:
        """Their codes [performers, clips, D]."""
        return self._codes(self.query_clips)

    @cached_property
    def voices(self) -> list[list[Sentence]]:
        """Sentences by voice, equal numbers; empty without a corpus of voices."""
        if self.settings.voices is None:
            return []
        voices = by_voice(load_sentences([self.settings.voices]), self.settings.sentences)
        return voices[: self.settings.people]

    def _codes(self, clips: Sequence[Sequence[Controls]]) -> Array:
        flat = [clip for own in clips for clip in own]
        return self.system.motion_codes(flat).reshape(len(clips), len(clips[0]), -1)

    def own(self) -> Section:
        """Figure 1."""
        codes = self.gallery[: self.settings.people, 0]
        return own_section(measure_own(self.system, self.pools.lines, self.first, codes), self.settings.seed)

    def order(self) -> Section:
        """Figure 2."""
        people = self.settings.people
        return order_section(self.system, self.gallery_clips[:people], self.gallery[:people], self.settings.seed)

    def identity(self) -> Section:
        """Figure 3."""
        people, seed = self.settings.people, self.settings.seed
        raw = [
            np.stack([[pooled(c) for c in own] for own in clips]) for clips in (self.query_clips, self.gallery_clips)
        ]
        return identity_section(self.queries, self.gallery, self.system.mean_style, people, seed, (raw[0], raw[1]))

    def leak(self) -> Section:
        """Figure 4."""
        people = self.settings.people
        clips, codes = self.gallery_clips[:people], self.gallery[:people]
        return leak_section(self.system, self.pools.lines[: 2 * self.settings.few], clips, codes, self.settings.seed)

    def length(self) -> Section:
        """Figure 5: the first 1 to 10 s of two long performances of each performer."""
        people, seed, rate = self.settings.people, self.settings.seed, 25
        pool, longest = self.pools.queries, float(max(LENGTHS))
        long = references(pool, self.first, self.system.rig, 2, seed + 2, longest)
        codes = {n: self._codes([[clip[: n * rate] for clip in own] for own in long]) for n in LENGTHS}
        all_of_it = codes[max(LENGTHS)][:, 0]
        others = [np.roll(all_of_it, shift, axis=0) for shift in (1, people // 3, people // 2)]
        sets = [*(code[:, 0] for code in codes.values()), *others]
        found = paired_errors(self.system, self.few, self.first, sets)
        errors, wrong = dict(zip(codes, found, strict=False)), found[len(codes) :].mean(0)
        return length_section(codes, self.gallery[:people], self.system.mean_style, errors, wrong, seed)

    def probes(self) -> Section:
        """Figure 6, the performer's side."""
        sentences = (*self.pools.gallery, *self.pools.queries)[: 4 * self.settings.few]
        people = self.settings.people
        codes = np.concatenate([self.gallery, self.queries], axis=1)[:people]
        return performer_section(self.system, sentences, self.first, codes, self.settings.seed)

    def readback(self) -> Section:
        """Figure 6, the teacher's parameters."""
        codes = np.concatenate([self.gallery, self.queries], axis=1)
        clips = [[*a, *b] for a, b in zip(self.gallery_clips, self.query_clips, strict=True)]
        return readback_section(codes, np.stack([[clip_statistics(c) for c in own] for own in clips]), self.cast)

    def words(self) -> Section:
        """Figure 7, P4: the queries' texts, which nobody says elsewhere in this run."""
        texts = [sentence.text for sentence in self.pools.queries[: 2 * self.settings.lines]]
        return words_section(self.system, texts, self.settings.seed)

    def voice(self) -> Section:
        """Figure 7, P5, and figure 6's voice from either code."""
        title = "the driving audio's style code: voice and effort, or words"
        if not self.voices:
            return missing_section(title, "no corpus of voices (--voices)")
        system, seed = self.system, self.settings.seed
        heard = [[system.hear(sentence.samples) for sentence in own] for own in self.voices]
        codes = np.stack([[system.voice_code(line) for line in own] for own in heard])
        content = np.stack([[pooled(system.audio_content(line)) for line in own] for own in heard])
        section = audio_style_section(system, self.voices, codes, 2 * self.settings.few, seed)
        probes = (
            voice_row("voice from the content code (probe)", content, seed),
            voice_row("voice from the audio style code (probe)", codes, seed),
        )
        return replace(section, rows=(*section.rows, *probes))

    def retrieval(self) -> Section:
        """Figure 7, P12 and M5."""
        seconds = min(line.frames for line in self.pools.lines) / ENGINE_FPS
        cast = self.first[: 2 * self.settings.few]
        return retrieval_section(self.system, self.pools.lines, cast, seconds, self.settings.seed)

    def space(self) -> Section:
        """Figure 7, M10."""
        codes = self.gallery[: self.settings.people, 0]
        return space_section(self.system, self.few[:2], codes, self.settings.people // 2, self.settings.seed)

    def timing(self) -> Section:
        """P11 and M9."""
        people = self.settings.people // 2
        codes = self.gallery[:people, 0]
        return timing_section(self.system, self.pools.lines, self.first[:people], codes, self.settings.seed)

    def restyle(self) -> Section:
        """M2 and M11."""
        codes = self.gallery[: self.settings.people, 0]
        return restyle_section(self.system, self.few, self.first, codes, self.settings.seed)

    def fusion(self) -> Section:
        """Figure 8: the library's performers, where the network knows them by name."""
        title = "cosine of the three sources of one style"
        names = [name for name in LIBRARY if name in self.system.network.config.identities]
        if len(names) < 2:
            return missing_section(title, "the network's identity table has fewer than two of the library's performers")
        cast = [LIBRARY[name] for name in names]
        clips = references(self.pools.gallery, cast, self.system.rig, 2, self.settings.seed + 3)
        motion = self._codes(clips).mean(1)
        voice = np.stack([self.system.voice_code(self.system.hear(line.samples)) for line in self.pools.lines])
        identity = self.system.identity_codes(names)
        return fusion_section(self.system.mean_style, motion, identity, voice, self.settings.seed)

    def real(self) -> dict[str, Section]:
        """The figures on real captures."""
        if self.settings.data is None:
            return {"real": missing_section("real captures", "no data folder (--data)")}
        try:
            captures = load_captures(self.settings.data)
        except UserError as error:
            return {"real": missing_section("real captures", str(error))}
        people = self.settings.people
        drawn, seed = self.gallery[:people], self.settings.seed
        sections = real_sections(self.system, captures, drawn, seed)
        sections["real probes"] = probes_real(self.system, captures, seed)
        sections["real length"] = length_real(self.system, captures, drawn, seed)
        return sections


def by_voice(sentences: Sequence[Sentence], most: int, least: int = 4) -> list[list[Sentence]]:
    """Sentences by voice, equally many of each that has ``least``: as many as the poorest of those, or ``most``."""
    voices: dict[str, list[Sentence]] = {}
    for sentence in sentences:
        voices.setdefault(sentence.voice, []).append(sentence)
    rich = [own for own in voices.values() if len(own) >= least]
    count = min([most, *(len(own) for own in rich)])
    return [own[:count] for own in rich]


#: Sections in the order of the table; the real captures' four come under one name.
SECTIONS: Mapping[str, Callable[[StyleRun], Section]] = {
    "own": StyleRun.own,
    "order": StyleRun.order,
    "identity": StyleRun.identity,
    "leak": StyleRun.leak,
    "length": StyleRun.length,
    "probes": StyleRun.probes,
    "readback": StyleRun.readback,
    "words": StyleRun.words,
    "voice": StyleRun.voice,
    "retrieval": StyleRun.retrieval,
    "restyle": StyleRun.restyle,
    "space": StyleRun.space,
    "timing": StyleRun.timing,
    "fusion": StyleRun.fusion,
}
ALL = (*SECTIONS, REAL)


def run_style(
    system: StyleSystem,
    settings: StyleSettings,
    provenance: Mapping[str, str],
    tell: Tell,
    only: Sequence[str] | None = None,
) -> StyleReport:
    """Take the figures.

    Args:
        system: the network.
        settings: how much, and the seeds.
        provenance: facts about the weights, for the report.
        tell: called with the name of each section before it is taken.
        only: names of ``ALL``; None: all of them.

    Raises:
        UserError: corpora that cannot be used.
    """
    run = StyleRun(system, settings)
    sections: dict[str, Section] = {}
    for name, figure in SECTIONS.items():
        if only is None or name in only:
            tell(name)
            sections[name] = figure(run)
    if only is None or REAL in only:
        tell(REAL)
        sections.update(run.real())
    facts = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(settings).items()}
    facts["corpora"] = [str(folder) for folder in settings.corpora]
    return StyleReport(sections, facts, provenance)
