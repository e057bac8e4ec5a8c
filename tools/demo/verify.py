"""Check what ``make demo`` left: ``python -m tools.demo.verify FOLDER``. Needs neither Blender nor ffmpeg."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from ptalker_blender.motion.livelink import read_livelink_csv

SECONDS = (3.0, 5.0)  # of the bundled line
MOVIE_FPS = 25


def require(condition: object, message: str) -> None:
    """End with status 1 and the message unless the condition holds."""
    if not condition:
        sys.exit(f"verify: {message}")


def sample_counts(movie: bytes) -> dict[str, int]:
    """Number of samples by kind of track (``vide``, ``soun``), from the MP4's own tables (ISO 14496-12, 8.7.3)."""
    counts: dict[str, int] = {}
    for track in _boxes(_only(_boxes(movie), b"moov")):
        if track[0] != b"trak":
            continue
        media = _only(_boxes(track[1]), b"mdia")
        kind = _only(_boxes(media), b"hdlr")[8:12].decode("ascii")
        table = _only(_boxes(_only(_boxes(media), b"minf")), b"stbl")
        counts[kind] = struct.unpack(">I", _only(_boxes(table), b"stsz")[8:12])[0]
    return counts


def _boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    """The boxes (type, payload) in a payload."""
    found, at = [], 0
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        header = 8
        if size == 1:
            size, header = struct.unpack(">Q", data[at + 8 : at + 16])[0], 16
        end = at + size if size else len(data)
        require(header <= end - at and end <= len(data), f"a broken box {kind!r} in the movie")
        found.append((kind, data[at + header : end]))
        at = end
    return found


def _only(boxes: list[tuple[bytes, bytes]], kind: bytes) -> bytes:
    payloads = [payload for name, payload in boxes if name == kind]
    require(len(payloads) == 1, f"{len(payloads)} boxes {kind!r} in the movie")
    return payloads[0]


def main(folder: Path) -> None:
    """Check all four files."""
    # A compressed .blend is a Zstandard frame; its content is checked by Blender in the tests.
    blend = (folder / "demo.blend").read_bytes()
    require(len(blend) > 100_000 and blend[:4] == b"\x28\xb5\x2f\xfd", "demo.blend is no compressed .blend")
    motion = read_livelink_csv(folder / "demo.csv")
    require(SECONDS[0] < motion.seconds < SECONDS[1], f"demo.csv lasts {motion.seconds:.2f} s")
    require(float(np.ptp(motion.values, axis=0).max()) > 0.1, "nothing moves in demo.csv")
    with Image.open(folder / "demo.png") as picture:
        pixels = np.asarray(picture.convert("L"))
    require(pixels.shape[1] >= 1000 and pixels.std() > 10, "demo.png is empty")
    counts = sample_counts((folder / "demo.mp4").read_bytes())
    require(counts.get("vide") == round(motion.seconds * MOVIE_FPS), f"demo.mp4 has {counts}, not every frame")
    require(counts.get("soun", 0) > 50, f"demo.mp4 has no sound: {counts}")
    print(f"verify: {folder} is whole: {counts['vide']} frames with sound")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
