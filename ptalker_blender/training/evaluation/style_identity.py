"""Who performs? Unseen performers told apart by their style codes, and how much of a performance that takes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .style_report import Bar, Row, Section
from .style_statistics import mean_estimate, share_estimate

Array = NDArray[np.float64]

IDENTITY_BAR = Bar(0.90)
IDENTITY_PEOPLE = 20  # among whom the bar is set
LENGTHS = tuple(range(1, 11))  # seconds


def unit(codes: Array, mean: Array) -> Array:
    """Codes [..., D] seen from the mean manner, at length 1; a code equal to the mean stays 0."""
    seen = codes - mean
    return np.asarray(seen / np.maximum(np.linalg.norm(seen, axis=-1, keepdims=True), 1e-12))


def identify(queries: Array, gallery: Array, mean: Array) -> NDArray[np.int64]:
    """Nearest performer [N] of queries [N, D] by cosine to the centroids of the gallery [performers, clips, D].

    Codes are seen from the network's mean manner, the origin of style strength.
    """
    centroids = unit(gallery.mean(1), mean)
    return np.asarray((unit(queries, mean) @ centroids.T).argmax(1))


def hit_shares(queries: Array, gallery: Array, mean: Array) -> Array:
    """Share of each performer's queries [performers, clips, D] that are told right: [performers]."""
    people, clips = queries.shape[:2]
    found = identify(queries.reshape(people * clips, -1), gallery, mean).reshape(people, clips)
    return np.asarray((found == np.arange(people)[:, None]).mean(1))


def identity_section(
    queries: Array, gallery: Array, mean: Array, people: int, seed: int, raw: tuple[Array, Array]
) -> Section:
    """Top-1 of ``people`` performers at a time.

    Args:
        queries: codes [draws * people, clips, D], of other sentences than the gallery's.
        gallery: codes [draws * people, clips, D].
        mean: the mean manner [D].
        people: performers in one draw.
        seed: of the bootstrap over performers.
        raw: (queries, gallery) as plain statistics of the controls, the baseline without a network.
    """
    parts = [slice(first, first + people) for first in range(0, len(queries), people)]
    hits = [hit_shares(queries[part], gallery[part], mean) for part in parts]
    single = [hit_shares(queries[part], gallery[part, :1], mean) for part in parts]
    plain = [hit_shares(raw[0][part], raw[1][part], raw[1].mean((0, 1))) for part in parts]
    basis = f"{len(parts)} draws, {gallery.shape[1]} gallery clips, {queries.shape[1]} queries of 6 s"

    def row(name: str, found: list[Array], bar: Bar | None = None) -> Row:
        return Row(f"top-1 of {people}{name}", share_estimate(np.concatenate(found), seed), "", basis, bar)

    rows = (
        row("", hits, IDENTITY_BAR if people == IDENTITY_PEOPLE else None),
        row(", one gallery clip each", single),
        row(", no network: mean and deviation of the controls", plain),
    )
    by_draw = ", ".join(f"{share.mean():.3f}" for share in hits)
    return Section(
        "unseen performers told apart, other sentences, nearest centroid by cosine",
        rows,
        (),
        (f"chance {1 / people:.2f}; by draw: {by_draw}",),
    )


def length_section(
    codes: Mapping[int, Array], gallery: Array, mean: Array, errors: Mapping[int, Array], wrong: Array, seed: int
) -> Section:
    """Figures over the length of the reference.

    Args:
        codes: seconds -> codes [performers, clips, D] of the first seconds of the queries; the longest is "all".
        gallery: codes [performers, clips, D] of 6 s performances.
        mean: the mean manner [D].
        errors: seconds -> own-performance lip error [lines, performers], mm.
        wrong: error of wrong performances at the longest reference [lines, performers], mm.
        seed: of the bootstrap over performers.
    """
    longest = unit(codes[max(codes)], mean)
    people = len(gallery)
    basis = f"{people} performers, {longest.shape[1]} queries each"
    told, close, lower = [], [], []
    for seconds, own in sorted(codes.items()):
        hits = share_estimate(hit_shares(own, gallery, mean), seed)
        cosine = (unit(own, mean) * longest).sum(-1).mean(1)
        told.append(Row(f"{seconds} s: top-1 of {people}", hits, "", basis))
        close.append(Row(f"{seconds} s: cosine to the code of {max(codes)} s", mean_estimate(cosine, seed), "", basis))
    for seconds, error in sorted(errors.items()):
        share = 1 - error.mean(0) / wrong.mean(0)
        lower.append(
            Row(f"{seconds} s: own lower than wrong by", mean_estimate(share, seed), "", f"{len(error)} lines")
        )
    return Section("how much of a performance the style needs", (*told, *close, *lower))
