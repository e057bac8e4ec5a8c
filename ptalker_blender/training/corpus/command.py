"""``ptalker corpus``: options and the run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ...errors import UserError
from .bank import DEFAULT_VOICES, parse_voices
from .make import default_workers, make_corpus
from .real import align_corpus, read_index, read_speakers, select
from .statistics import corpus_statistics
from .texts import WORDNET_FOLDER, Split, file_sentences, weigh, wordnet_sentences


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options on the subcommand's parser."""
    default = ",".join(f"{spec}={share:g}" for spec, share in DEFAULT_VOICES.items())
    parser.add_argument(
        "folders",
        type=Path,
        nargs="+",
        metavar="CORPUS",
        help="corpus folder to make, replaced only when complete; with --pack or --statistics: those meant",
    )
    parser.add_argument("--workers", type=int, default=default_workers(), metavar="N", help="default %(default)s")
    parser.add_argument(
        "--split",
        choices=("train", "test", "all"),
        help="which sentences (one in twenty is kept for test; default train), or which speakers (default all)",
    )
    made = parser.add_argument_group("made by speech synthesisers (the default)")
    made.add_argument("--utterances", type=int, default=4500, metavar="N", help="default %(default)s")
    made.add_argument("--seed", type=int, default=1, help="default %(default)s")
    made.add_argument("--voices", default=default, metavar="SPEC[=SHARE],...", help="default %(default)s")
    made.add_argument("--sentences", type=Path, metavar="FILE", help="one a line; default: the examples of WordNet")
    real = parser.add_argument_group("recordings with transcripts, by forced alignment (needs pocketsphinx)")
    real.add_argument("--align", type=Path, metavar="FOLDER", help="the recordings")
    real.add_argument("--index", type=Path, metavar="CSV", help="columns file, speaker, transcript; default index.csv")
    real.add_argument("--lexicon", type=Path, metavar="FILE", help="pronunciations of further words: WORD PHONE PHONE")
    real.add_argument(
        "--speakers", type=Path, metavar="CSV", help="columns speaker, split; which --split a speaker is in"
    )
    anew = parser.add_argument_group("an aligned corpus labelled anew by a network (self-training)")
    anew.add_argument("--relabel", type=Path, metavar="CORPUS", help="the aligned corpus")
    anew.add_argument("--weights", type=Path, metavar="FILE", help="the network")
    packed = parser.add_argument_group("corpora in one small file, to train on another machine")
    packed.add_argument(
        "--pack",
        type=Path,
        metavar="FILE",
        help="the file; configs name it FILE, or FILE/CORPUS for one corpus",
    )
    packed.add_argument("--limit-mib", type=float, default=50.0, metavar="N", help="default %(default)g")
    packed.add_argument("--kbps", type=float, default=12.0, metavar="N", help="of the sound, default %(default)g")
    parser.add_argument("--statistics", action="store_true", help="only print the figures of corpora")


def run(args: argparse.Namespace) -> int:
    """Make the corpus and print its figures. Raises UserError."""
    if sum(bool(option) for option in (args.align, args.relabel, args.pack, args.statistics)) > 1:
        found = "more than one of --align, --relabel, --pack and --statistics"
        raise UserError(found, "one of them", "give one command after the other")
    if args.workers < 1:
        raise UserError(f"workers {args.workers}", "1 or more", "change it")
    made = _pack(args) if args.pack else () if args.statistics else _make(args)
    for line in (*made, *corpus_statistics(*args.folders).lines()):
        print(line)
    return 0


def _make(args: argparse.Namespace) -> tuple[str, ...]:
    if len(args.folders) > 1:
        raise UserError(f"{len(args.folders)} corpus folders", "one to make", "name one, or give --pack FILE")
    make = _align if args.align else _relabel if args.relabel else _synthesise
    return make(args, args.folders[0])


def _synthesise(args: argparse.Namespace, out: Path) -> tuple[str, ...]:
    split: Split = args.split or "train"
    sentences = file_sentences(args.sentences) if args.sentences else wordnet_sentences(WORDNET_FOLDER)
    source = args.sentences.name if args.sentences else "wordnet-base"
    texts = weigh(sentences, f"{source}, split {split}", split)
    report = make_corpus(
        out, args.utterances, args.seed, parse_voices(args.voices), texts, args.workers, _show_progress
    )
    refused = ", ".join(f"{spec} {100 * share:.1f} %" for spec, share in report.refused_shares.items() if share)
    lines = (f"corpus: {report.folder} ({report.rejected} sentences refused by their voice)",)
    return (*lines, f"refused: {refused}") if refused else lines


def _align(args: argparse.Namespace, out: Path) -> tuple[str, ...]:
    split = args.split or "all"
    if (split == "all") != (args.speakers is None):
        raise UserError("--split or --speakers alone", "both or neither", "name the CSV of speakers and the split")
    recordings = read_index(args.index or args.align / "index.csv")
    speakers = read_speakers(args.speakers) if args.speakers else {}
    chosen = select(recordings, speakers, split)
    report = align_corpus(args.align, out, chosen, lexicon=args.lexicon, workers=args.workers, progress=_show_progress)
    return (f"corpus: {out}", *report.lines())


def _relabel(args: argparse.Namespace, out: Path) -> tuple[str, ...]:
    # Imports torch, which making speech does not need.
    from ..relabel import RelabelRules, relabel_corpus

    if args.weights is None:
        raise UserError("--relabel without --weights", "the network to label with", "name a file of `ptalker train`")
    report = relabel_corpus(args.relabel, out, args.weights, RelabelRules(), _show_progress)
    return (f"corpus: {out}", report.line())


def _pack(args: argparse.Namespace) -> tuple[str, ...]:
    # Imports torch, which making speech does not need.
    from ..packing import PackRules, pack_corpora

    rules = PackRules(args.limit_mib, args.kbps, args.seed, args.workers)
    report = pack_corpora(args.pack, args.folders, rules, _show_blocks)
    return report.lines()


def _show_blocks(made: int, wanted: int) -> None:
    if sys.stderr.isatty() or made == wanted or made % 40 == 0:
        print(f"\r{made}/{wanted} blocks", end="\n" if made == wanted else "", file=sys.stderr, flush=True)


def _show_progress(made: int, wanted: int) -> None:
    if sys.stderr.isatty() or made == wanted or made % 400 == 0:
        print(f"\r{made}/{wanted} utterances", end="\n" if made == wanted else "", file=sys.stderr, flush=True)
