"""Small data sets in the released layouts of VOCASET and BIWI, made of numbers drawn at random."""

import pickle
import struct
from pathlib import Path

import numpy as np
import soundfile

SOUND_RATE = 22_000


def write_sequence(folder: Path, name: str, frames: int, vertices: int, seconds: float, seed: int = 0) -> np.ndarray:
    """vertices_npy/NAME.npy, float64 [frames, 3V] as the released scripts write it, and wav/NAME.wav."""
    for part in ("vertices_npy", "wav"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((seed, len(name)))
    moved = rng.normal(scale=0.002, size=(frames, 3 * vertices)) + rest(vertices).ravel()
    np.save(folder / "vertices_npy" / f"{name}.npy", moved)
    sound = 0.1 * rng.standard_normal(round(seconds * SOUND_RATE))
    soundfile.write(folder / "wav" / f"{name}.wav", sound, SOUND_RATE)
    return moved


def rest(vertices: int) -> np.ndarray:
    """A neutral mesh, float64 [V, 3]."""
    return np.random.default_rng(vertices).uniform(-0.1, 0.1, (vertices, 3))


def write_templates(folder: Path, performers: list[str], vertices: int, protocol: int = 2) -> None:
    """templates.pkl; protocol 2 is what Python 2 wrote."""
    folder.mkdir(parents=True, exist_ok=True)
    templates = {performer: rest(vertices) for performer in performers}
    (folder / "templates.pkl").write_bytes(pickle.dumps(templates, protocol))


def binary_ply(count: int, faces: np.ndarray, order: str = "<") -> bytes:
    """A mesh as meshlab writes it: float positions, triangles as lists with a uchar count."""
    kind = "little" if order == "<" else "big"
    header = (
        f"ply\nformat binary_{kind}_endian 1.0\ncomment made by a test\nelement vertex {count}\nproperty float x\n"
        f"property float y\nproperty float z\nelement face {len(faces)}\nproperty list uchar int vertex_indices\n"
        "end_header\n"
    )
    positions = np.zeros((count, 3), f"{order}f4").tobytes()
    lists = b"".join(struct.pack(f"{order}B{len(face)}i", len(face), *face) for face in faces)
    return header.encode() + positions + lists
