"""``ptalker corpus``: options and the run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .bank import DEFAULT_VOICES, parse_voices
from .make import default_workers, make_corpus
from .statistics import corpus_statistics
from .texts import WORDNET_FOLDER, file_sentences, weigh, wordnet_sentences


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options on the subcommand's parser."""
    default = ",".join(f"{spec}={share:g}" for spec, share in DEFAULT_VOICES.items())
    parser.add_argument("out", type=Path, metavar="OUT", help="corpus folder, replaced only when complete")
    parser.add_argument("--utterances", type=int, default=4500, metavar="N", help="default %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="default %(default)s")
    parser.add_argument("--voices", default=default, metavar="SPEC[=SHARE],...", help="default %(default)s")
    parser.add_argument("--sentences", type=Path, metavar="FILE", help="one a line; default: the examples of WordNet")
    parser.add_argument(
        "--split",
        choices=("train", "test", "all"),
        default="train",
        help="which sentences: one in twenty is kept for test (default %(default)s)",
    )
    parser.add_argument("--workers", type=int, default=default_workers(), metavar="N", help="default %(default)s")


def run(args: argparse.Namespace) -> int:
    """Make the corpus and print its figures. Raises UserError."""
    sentences = file_sentences(args.sentences) if args.sentences else wordnet_sentences(WORDNET_FOLDER)
    source = args.sentences.name if args.sentences else "wordnet-base"
    texts = weigh(sentences, f"{source}, split {args.split}", args.split)
    report = make_corpus(
        args.out, args.utterances, args.seed, parse_voices(args.voices), texts, args.workers, _show_progress
    )
    print(f"corpus: {report.folder} ({report.rejected} sentences refused by their voice)")
    for line in corpus_statistics(args.out).lines():
        print(line)
    return 0


def _show_progress(made: int, wanted: int) -> None:
    if sys.stderr.isatty() or made == wanted or made % 400 == 0:
        print(f"\r{made}/{wanted} utterances", end="\n" if made == wanted else "", file=sys.stderr, flush=True)
