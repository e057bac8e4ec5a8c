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
from .motion_terms import ConstraintWeights
from .phone_stage import PhoneStage
from .recordings import RecordedShare

Part = TypeVar("Part")

_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "float | None": (int, float),
    "Path": (Path,),
    "Path | None": (Path,),
    "str": (str,),
    "bool": (bool,),
    "int | None": (int,),
}


@dataclass(frozen=True)
class NetworkSizes:
    """The sizes and choices of a network that do not follow from the data; see `NetworkConfig`."""

    width: int = 128
    layers: int = 3
    heads: int = 4
    feed_forward: int = 384
    style_layers: int = 2
    content_layers: int = 2
    graph_features: int = 16
    graph_attention: bool = True
    fusion: str = "saln"
    dropout: float = 0.05
    lead_frames: int = 0

    def __post_init__(self) -> None:
        NetworkConfig(phones=("any",), **asdict(self))  # refuses what no network can have, before hours of training


@dataclass(frozen=True)
class NetworkChoice(NetworkSizes):
    """The section [network].

    Attributes:
        speech_encoder: folder of a HuBERT or wav2vec 2.0 checkpoint to begin from; None: the compact encoder.
    """

    speech_encoder: Path | None = None

    def __post_init__(self) -> None:
        self.sizes()

    def sizes(self) -> NetworkSizes:
        """Without the folder."""
        return NetworkSizes(**{entry.name: getattr(self, entry.name) for entry in fields(NetworkSizes)})


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
    network: NetworkChoice = NetworkChoice()
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
        if (
            allowed
            and f.name in table
            and (not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed))
        ):
            raise UserError(f"{path.name}: {name}: {f.name} is {value!r}", f"{f.type}", "see configs/first.toml")
    try:
        return kind(**table)
    except (TypeError, ValueError) as error:
        raise UserError(f"{path.name}: {name}: {error}", "valid settings", "see configs/first.toml") from error


def _folder(value: object, path: Path, name: str) -> Path:
    if not isinstance(value, str):
        raise UserError(f"{path.name}: {name} is {value!r}", "a path in quotes", "see configs/first.toml")
    return Path(value)


PATHS = ("path", "initial", "index", "flame", "mesh", "regions", "speech_encoder")  # settings that are paths


def _with_paths(table: Mapping[str, Any], path: Path, name: str) -> dict[str, Any]:
    return {key: _folder(value, path, f"{name} {key}") if key in PATHS else value for key, value in table.items()}


def _list_of(kind: type[Part], listed: object, path: Path, name: str) -> tuple[Part, ...]:
    """Sections [[name]] as objects."""
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise UserError(f"{path.name}: {name} is {listed!r}", f"sections [[{name}]]", "see configs/full.toml")
    for number, entry in enumerate(listed, 1):
        if "path" not in entry:
            raise UserError(f"{path.name}: [[{name}]] {number} has no path", "a path", "see configs/full.toml")
    return tuple(
        _part(kind, _with_paths(entry, path, f"[[{name}]] {number}"), path, f"[[{name}]] {number}")
        for number, entry in enumerate(listed, 1)
    )


def _phones(table: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The section [phones] with its paths and corpora as objects."""
    corpora = _list_of(CorpusShare, table.get("corpora", []), path, "phones.corpora")
    return _with_paths(table, path, "[phones]") | {"corpora": corpora}


def _motion(table: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The section [motion] with its parts as objects."""
    parts = dict(table)
    for name, kind in (("loss", LossWeights), ("constraints", ConstraintWeights)):
        section = table.get(name, {})
        if not isinstance(section, dict):
            raise UserError(f"{path.name}: motion.{name} is {section!r}", f"a section [motion.{name}]",
                            "see configs/full.toml")  # fmt: skip
        parts[name] = _part(kind, section, path, f"[motion.{name}]")
    parts["corpora"] = _list_of(CorpusShare, table.get("corpora", []), path, "motion.corpora")
    parts["recordings"] = _list_of(RecordedShare, table.get("recordings", []), path, "motion.recordings")
    return _with_paths(parts, path, "[motion]")


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
    for name, reader in (("phones", _phones), ("motion", _motion)):
        if name in parts:
            parts[name] = reader(parts[name], path)
    if "network" in parts:
        parts["network"] = _with_paths(parts["network"], path, "[network]")
    for name, kind in (("phones", PhoneStage), ("motion", MotionStage), ("network", NetworkChoice)):
        if name in parts:
            parts[name] = _part(kind, parts[name], path, f"[{name}]")
    for name in ("out", "corpus"):
        if name in parts:
            parts[name] = _folder(parts[name], path, name)
    parts["scored"] = {name: _folder(f, path, f"[scored] {name}") for name, f in parts.get("scored", {}).items()}
    return _part(TrainConfig, parts, path, "the file")
