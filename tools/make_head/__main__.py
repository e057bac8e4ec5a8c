"""Write the family of heads: ``.venv/bin/python -m tools.make_head`` from the repository root (some ten seconds).

No randomness and no input files: the same code gives the same bytes. ``--identity NAME`` writes one of them only, and
``-o PATH`` writes that one (the default without ``--identity``) elsewhere.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ptalker_blender.rig.head import default_head_path, save_head

from .export import make_head
from .identity import DEFAULT, IDENTITIES, Identity


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--identity", choices=[identity.name for identity in IDENTITIES], help="only this one")
    parser.add_argument("-o", "--output", type=Path, help="another file, for one head")
    args = parser.parse_args()
    chosen = args.identity or (DEFAULT.name if args.output else None)
    for identity in IDENTITIES:
        if chosen in (None, identity.name):
            _write(identity, args.output or shipped_path(identity))


def shipped_path(identity: Identity) -> Path:
    """Where the head of an identity ships."""
    return default_head_path() if identity == DEFAULT else default_head_path().with_name(f"{identity.name}.npz")


def _write(identity: Identity, path: Path) -> None:
    head = make_head(identity)
    save_head(head, path)
    size = path.stat().st_size / 1e6
    print(f"{path.name}: {len(head.vertices)} vertices, {len(head.polygons[1])} polygons, {size:.2f} MB")


if __name__ == "__main__":
    main()
