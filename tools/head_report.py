"""Measure a head's shape keys: ``python -m tools.head_report [HEAD.npz] [--all]``.

Prints two Markdown tables: the checks of ``ptalker_blender.rig.quality`` (locality in one line unless a key fails or
``--all`` is given) and lip measures of key poses beside published ones. The status is 0 when every check passes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from ptalker_blender.errors import UserError
from ptalker_blender.rig.head import default_head_path, load_head
from ptalker_blender.rig.quality import NORMS, Check, LipMeasures, Norm, check_head, measure_lips


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and print the report; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.head_report", description=__doc__)
    parser.add_argument("head", metavar="HEAD.npz", type=Path, nargs="?", help="default: the shipped head")
    parser.add_argument("--all", action="store_true", help="one line for every key's locality")
    args = parser.parse_args(arguments)
    try:
        head = load_head(args.head)
    except UserError as error:
        print(f"head_report: {error}", file=sys.stderr)
        return 2
    checks = check_head(head)
    print(f"# {(args.head or default_head_path()).name}: {len(head.vertices)} vertices, {len(head.key_names)} keys\n")
    print("\n".join(check_table(checks if args.all else brief(checks))))
    measures = measure_lips(head)
    print("\n## Lips in key poses\n")
    print("\n".join(lip_table(measures)))
    print("\n## Published figures\n")
    print("\n".join(norm_table(NORMS, measures)))
    return 0 if all(check.passed for check in checks) else 1


def brief(checks: Iterable[Check]) -> list[Check]:
    """``checks`` with the locality of all passing keys in one line, that of the key with the largest figure."""
    passing = [check for check in checks if check.family == "locality" and check.passed]
    rest = [check for check in checks if check not in passing]
    if len(passing) < 2:
        return list(checks)
    top = max(passing, key=lambda check: check.measured)
    name = f"locality: {len(passing)} keys that pass"
    return [
        *rest,
        Check(name, top.measured, top.unit, top.tolerance, f"largest: {top.name.split(': ')[1]}; {top.detail}"),
    ]


def check_table(checks: Iterable[Check]) -> list[str]:
    """Lines of a Markdown table, failures first."""
    rows = ["| | check | measured | at most | found |", "|---|---|---|---|---|"]
    rows += [
        f"| {'ok' if check.passed else '**FAIL**'} | {check.name} | {check.measured:.3g} {check.unit} "
        f"| {check.tolerance:.3g} | {check.detail} |"
        for check in sorted(checks, key=lambda check: check.passed)
    ]
    return rows


def lip_table(measures: Iterable[LipMeasures]) -> list[str]:
    """Lines of a Markdown table, one pose each."""
    rows = ["| pose | keys | opening mm | width mm | area mm² | upper lip forward mm | lower lip forward mm |",
            "|---|---|---|---|---|---|---|"]  # fmt: skip
    for m in measures:
        keys = ", ".join(f"{name} {weight:g}" for name, weight in m.weights.items()) or "none"
        rows.append(
            f"| {m.pose} | {keys} | {m.opening:.1f} | {m.width:.1f} | {m.area:.0f} | {m.upper:+.1f} | {m.lower:+.1f} |"
        )
    return rows


def norm_table(norms: Iterable[Norm], measures: Iterable[LipMeasures]) -> list[str]:
    """Lines of a Markdown table, each figure beside this head's where one corresponds."""
    by_pose = {m.pose: m for m in measures}
    rows = ["| pose | figure | published | this head | source |", "|---|---|---|---|---|"]
    for norm in norms:
        span = f"{norm.low:g}" if norm.low == norm.high else f"{norm.low:g} to {norm.high:g}"
        ours = "" if norm.measure is None else f"{norm.value(by_pose[norm.pose], by_pose['rest']):.0f}"
        trust = "" if norm.checked else " (from memory, indicative only)"
        rows.append(f"| {norm.pose} | {norm.what} | {span} {norm.unit} | {ours} | {norm.source}{trust} |")
    return rows


if __name__ == "__main__":
    sys.exit(main())
