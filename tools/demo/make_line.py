"""Synthesise the demonstration's line with its exact phone times: ``python -m tools.demo.make_line``.

Needs festival with the voice of ``VOICE`` (Debian: festival, festvox-us-slt-hts). The result is committed; run this
only to change the line. The labels are in the form of an aligner's JSON, which ``ptalker evaluate`` reads too:
utterance, words and phones as nodes of b (begin, s), d (duration, s), t (text) and w (parts).
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "demo"
VOICE = "cmu_us_slt_arctic_hts"
TEXT = "Maybe you moved the blue boat and found five more in the bay."


@dataclass(frozen=True)
class Span:
    """A labelled stretch of the line, in seconds."""

    name: str
    start: float
    end: float

    def node(self, parts: list[dict[str, object]] | None = None) -> dict[str, object]:
        """Return the span as a node of the label file."""
        node: dict[str, object] = {"b": self.start, "d": round(self.end - self.start, 6), "t": self.name}
        return node | ({"w": parts} if parts is not None else {})


def synthesise(wave: Path) -> tuple[list[Span], list[Span]]:
    """Let festival write ``wave`` (16 bit, mono, 32 kHz) and return words and phones.

    Raises:
        subprocess.CalledProcessError: festival failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        labels, script = Path(folder) / "line.lab", Path(folder) / "line.scm"
        script.write_text(
            f"(voice_{VOICE})\n"
            f'(set! u (utt.synth (Utterance Text "{TEXT}")))\n'
            f'(utt.save.wave u "{wave}" \'riff)\n(utt.save.segs u "{labels}")\n'
            '(mapcar (lambda (w) (format t "%s %f %f\\n" (item.name w) (item.feat w "word_start") '
            '(item.feat w "word_end"))) (utt.relation.items u \'Word))\n',
            encoding="utf-8",
        )
        done = subprocess.run(["festival", "--batch", str(script)], capture_output=True, text=True, check=True)
        rows = [row.split() for row in labels.read_text(encoding="utf-8").splitlines()[1:]]
    ends = [0.0, *(round(float(row[0]), 6) for row in rows)]
    phones = [Span(row[2], start, end) for row, start, end in zip(rows, ends, ends[1:], strict=False)]
    words = [Span(name, float(start), float(end)) for name, start, end in map(str.split, done.stdout.splitlines())]
    return words, phones


def tree(words: list[Span], phones: list[Span]) -> dict[str, object]:
    """Nest phones in words, and words (with the pauses between them) in the utterance."""
    nodes: list[dict[str, object]] = []
    for phone in phones:
        middle = (phone.start + phone.end) / 2
        word = next(
            (word for word in words if word.start <= middle < word.end), Span("(pause)", phone.start, phone.end)
        )
        if not nodes or (nodes[-1]["b"], nodes[-1]["t"]) != (word.start, word.name):
            nodes.append(word.node([]))
        parts = nodes[-1]["w"]
        if not isinstance(parts, list):
            raise TypeError("a word's parts are a list")
        parts.append(phone.node())
    return Span(TEXT, phones[0].start, phones[-1].end).node(nodes)


def main() -> None:
    """Write the line and its labels into the assets."""
    ASSETS.mkdir(parents=True, exist_ok=True)
    labels = tree(*synthesise(ASSETS / "line.wav"))
    (ASSETS / "line.phone.json").write_text(json.dumps(labels, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {ASSETS / 'line.wav'} and its labels")


if __name__ == "__main__":
    main()
