"""Build dist/ID-VERSION.zip from the checkout and validate it, with the script that Blender itself uses.

usage: python tools/build_extension.py [OUTPUT_DIR]      (any Python with a bpy wheel, 4.2 or later)
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What an artist must get, and what must never reach one.
REQUIRED = ("__init__.py", "blender_manifest.toml", "LICENSE", "ptalker_blender/engine/worker.py")
FORBIDDEN = ("tests/", "docs/", "tools/", "ptalker_blender/training/", ".git", ".venv/", "__pycache__/")


def blender_tool() -> Path:
    """Find ``blender_ext.py`` in the bpy wheel of this Python, without loading bpy."""
    spec = importlib.util.find_spec("bpy")
    if spec is None or spec.origin is None:
        sys.exit("build_extension: this Python has no bpy; run it with .venv/bin/python")
    found = sorted(Path(spec.origin).parent.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    if not found:
        sys.exit(f"build_extension: no blender_ext.py beside {spec.origin}")
    return found[-1]


def build(output: Path) -> Path:
    """Build, validate and inspect the zip; returns its path."""
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    output.mkdir(parents=True, exist_ok=True)
    target = output / f"{manifest['id']}-{manifest['version']}.zip"
    tool = blender_tool()
    build_command = ["build", "--source-dir", str(ROOT), "--output-filepath", str(target)]
    # Blender's own list of legal tags; the tool reads it as it is.
    tags = f"--valid-tags={tool.parents[3] / 'modules' / '_bpy_internal' / 'extensions' / 'tags.py'}"
    subprocess.run([sys.executable, str(tool), *build_command, tags], check=True)
    subprocess.run([sys.executable, str(tool), "validate", tags, str(target)], check=True)
    inspect(target)
    return target


def inspect(target: Path) -> None:
    """Check the names in the zip."""
    with zipfile.ZipFile(target) as archive:
        names = archive.namelist()
    missing = [name for name in REQUIRED if name not in names]
    unwanted = [name for name in names if any(name.startswith(part) or f"/{part}" in name for part in FORBIDDEN)]
    if missing or unwanted:
        sys.exit(f"build_extension: missing {missing}, unwanted {unwanted[:5]}")
    print(f"{target.name}: {len(names)} files, {target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist")
