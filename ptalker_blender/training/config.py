"""Training configuration: a TOML file into frozen dataclasses, refusing what it does not know."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from ..errors import UserError
from .motion_stage import MotionStage
from .phone_stage import PhoneStage

Part = TypeVar("Part")


@dataclass(frozen=True)
class NetworkSizes:
    """The sizes a training configuration may choose; the rest follows from the data (see `NetworkConfig`)."""

    width: int = 128
    layers: int = 3
    heads: int = 4
    feed_forward: int = 384
    style_layers: int = 2
    lead_frames: int = 0


@dataclass(frozen=True)
class TrainConfig:
    """One training run.

    Attributes:
        seed: of every random draw.
        out: folder for checkpoints, curves and the final weights.
        corpus: training corpus made by `ptalker corpus`.
        scored: corpora the curve is drawn on, by name.
        network, phones, motion: see their classes.
    """

    seed: int
    out: Path
    corpus: Path
    phones: PhoneStage
    motion: MotionStage
    network: NetworkSizes = NetworkSizes()
    scored: Mapping[str, Path] = field(default_factory=dict)


def _part(kind: type[Part], table: Mapping[str, Any], path: Path, name: str) -> Part:
    unknown = sorted(set(table) - {f.name for f in fields(kind)})  # type: ignore[arg-type]
    if unknown:
        known = ", ".join(f.name for f in fields(kind))  # type: ignore[arg-type]
        raise UserError(
            f"{path.name} has unknown settings {unknown} in {name}", f"some of: {known}", "correct the name"
        )
    try:
        return kind(**table)
    except (TypeError, ValueError) as error:
        raise UserError(f"{path.name}: {name}: {error}", "valid settings", "see configs/first.toml") from error


def read_config(path: Path) -> TrainConfig:
    """Read a configuration; relative paths are relative to the current folder.

    Raises:
        UserError: missing file, bad TOML, unknown or impossible settings.
    """
    if not path.is_file():
        raise UserError(f"no file {path}", "a TOML training configuration", "see configs/first.toml")
    try:
        table = tomllib.loads(path.read_text(encoding="utf8"))
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path.name} is not valid TOML ({error})", "TOML", "see configs/first.toml") from error
    parts: dict[str, Any] = dict(table)
    for name, kind in (("phones", PhoneStage), ("motion", MotionStage), ("network", NetworkSizes)):
        if name in parts:
            parts[name] = _part(kind, parts[name], path, f"[{name}]")
    for name in ("out", "corpus"):
        if name in parts:
            parts[name] = Path(parts[name])
    parts["scored"] = {name: Path(folder) for name, folder in parts.get("scored", {}).items()}
    return _part(TrainConfig, parts, path, "the file")
