"""Training configuration: a TOML file into frozen dataclasses, refusing what it does not know."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from ..errors import UserError
from ..model.config import NetworkConfig
from .losses import LossWeights
from .mix import CorpusShare
from .motion_stage import MotionStage
from .phone_stage import PhoneStage

Part = TypeVar("Part")

_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "float | None": (int, float),
    "Path": (Path,),
    "Path | None": (Path,),
    "str": (str,),
}


@dataclass(frozen=True)
class NetworkSizes:
    """The sizes a training configuration may choose; the rest follows from the data (see `NetworkConfig`)."""

    width: int = 128
    layers: int = 3
    heads: int = 4
    feed_forward: int = 384
    style_layers: int = 2
    lead_frames: int = 0

    def __post_init__(self) -> None:
        NetworkConfig(phones=("any",), **asdict(self))  # refuses what no network can have, before hours of training


@dataclass(frozen=True)
class TrainConfig:
    """One training run.

    Attributes:
        seed: of every random draw.
        out: folder for checkpoints, curves and the final weights.
        corpus: training corpus made by `ptalker corpus`, of exact labels: stage 2's teacher performs them. Stage 1 is
            trained on it too, unless `phones.corpora` names others.
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
    for f in fields(kind):  # type: ignore[arg-type]
        allowed = _TYPES.get(str(f.type))  # annotations are strings under `from __future__ import annotations`
        value = table.get(f.name)
        if allowed and f.name in table and (not isinstance(value, allowed) or isinstance(value, bool)):
            raise UserError(f"{path.name}: {name}: {f.name} is {value!r}", f"{f.type}", "see configs/first.toml")
    try:
        return kind(**table)
    except (TypeError, ValueError) as error:
        raise UserError(f"{path.name}: {name}: {error}", "valid settings", "see configs/first.toml") from error


def _folder(value: object, path: Path, name: str) -> Path:
    if not isinstance(value, str):
        raise UserError(f"{path.name}: {name} is {value!r}", "a path in quotes", "see configs/first.toml")
    return Path(value)


def _phones(table: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The section [phones] with its paths and corpora as objects."""
    parts = dict(table)
    if "initial" in parts:
        parts["initial"] = _folder(parts["initial"], path, "[phones] initial")
    corpora = parts.get("corpora", [])
    if not isinstance(corpora, list) or not all(isinstance(corpus, dict) for corpus in corpora):
        raise UserError(
            f"{path.name}: [phones] corpora is {corpora!r}",
            "sections [[phones.corpora]]",
            "see configs/real_voices.toml",
        )
    shares = []
    for number, corpus in enumerate(corpora, 1):
        name = f"[[phones.corpora]] {number}"
        folder = _folder(corpus.get("path"), path, f"{name} path")
        shares.append(_part(CorpusShare, corpus | {"path": folder}, path, name))
    return parts | {"corpora": tuple(shares)}


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
    for name in ("phones", "motion", "network", "scored"):
        if not isinstance(parts.get(name, {}), dict):
            raise UserError(f"{path.name}: {name} is {parts[name]!r}", f"a section [{name}]", "see configs/first.toml")
    loss = parts.get("motion", {}).get("loss")
    if isinstance(loss, dict):
        parts["motion"] = parts["motion"] | {"loss": _part(LossWeights, loss, path, "[motion.loss]")}
    if "phones" in parts:
        parts["phones"] = _phones(parts["phones"], path)
    for name, kind in (("phones", PhoneStage), ("motion", MotionStage), ("network", NetworkSizes)):
        if name in parts:
            parts[name] = _part(kind, parts[name], path, f"[{name}]")
    for name in ("out", "corpus"):
        if name in parts:
            parts[name] = _folder(parts[name], path, name)
    parts["scored"] = {name: _folder(f, path, f"[scored] {name}") for name, f in parts.get("scored", {}).items()}
    return _part(TrainConfig, parts, path, "the file")
