"""``ptalker doctor``: what is installed, what is missing, and whether a line can be baked."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

from .. import __version__
from ..errors import UserError

REQUIRED = ("numpy", "scipy", "soundfile", "safetensors", "torch", "transformers")
PROGRAMS = {
    "ffmpeg": "m4a, mp4 and other media",
    "espeak-ng": "ptalker corpus",
    "flite": "ptalker corpus",
    "festival": "ptalker corpus",
}


@dataclass(frozen=True)
class Finding:
    """One line of the report; ``missing`` says what cannot work, empty when all is well."""

    name: str
    value: str
    missing: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``doctor`` has no options."""


def run(args: argparse.Namespace) -> int:
    """Print the report; 0 when a line can be baked, else 1."""
    findings = examine()
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        print(f"{finding.name:<{width}}  {finding.value}")
    missing = [finding for finding in findings if finding.missing]
    for finding in missing:
        print(f"missing: {finding.name}: {finding.missing}")
    return 1 if missing else 0


def examine() -> list[Finding]:
    """Look at everything a bake needs, then at what is only useful."""
    return [
        Finding("ptalker", __version__),
        Finding("python", f"{platform.python_version()} ({sys.executable})"),
        Finding("platform", platform.platform()),
        *(_module(name) for name in REQUIRED),
        _devices(),
        _weights(),
        _head(),
        _styles(),
        _module("bpy", "`ptalker bake` cannot work (`ptalker predict` can): pip install 'ptalker[blender]'"),
        *(_program(name, use) for name, use in PROGRAMS.items()),
        _optional_module("pocketsphinx", "transcripts"),
    ]


def _version(name: str) -> str | None:
    """Version of a module without importing it; None when absent."""
    if importlib.util.find_spec(name) is None:
        return None
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "present"  # Blender's own Python has bpy without a package record


def _module(name: str, trouble: str = "") -> Finding:
    version = _version(name)
    return Finding(name, version or "absent", "" if version else trouble or f"pip install {name}")


def _optional_module(name: str, use: str) -> Finding:
    return Finding(name, _version(name) or f"absent (only for {use})")


def _program(name: str, use: str) -> Finding:
    return Finding(name, shutil.which(name) or f"absent (only for {use})")


def _devices() -> Finding:
    def look() -> str:
        from ..engine.device import available_devices

        return ", ".join(available_devices())

    return _examined("devices", look)


def _weights() -> Finding:
    def look() -> str:
        from ..model.checkpoint import file_sha256, read_metadata
        from ..weights_path import weights_file

        path = weights_file(None)
        read_metadata(path)
        return f"{path} (sha256 {file_sha256(path)})"

    return _examined("weights", look)


def _head() -> Finding:
    def look() -> str:
        from ..rig.head import load_head

        head = load_head()
        return f"{len(head.vertices)} vertices, {len(head.key_names)} shape keys"

    return _examined("default head", look)


def _styles() -> Finding:
    def look() -> str:
        from ..style.library import list_styles

        return str(len(list_styles()))

    return _examined("styles", look)


def _examined(name: str, look: Callable[[], str]) -> Finding:
    """A finding that may turn out to be trouble of the kind a user can mend."""
    try:
        return Finding(name, look())
    except UserError as error:
        return Finding(name, "absent or unusable", str(error))
    except ModuleNotFoundError as error:
        return Finding(name, "cannot be examined", f"needs module {error.name!r}")
