"""Bake the bundled line in two styles on two heads: ``python -m tools.demo [-o FOLDER]``.

Writes demo.blend (both heads, their takes and the sound), demo.csv (Live Link Face, the first style), demo.mp4 and
demo.png (a contact sheet over the waveform).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from ptalker_blender.audio.load import load_audio
from ptalker_blender.engine.messages import BakeJob
from ptalker_blender.engine.provenance import provenance
from ptalker_blender.engine.session import Request, Session
from ptalker_blender.errors import UserError
from ptalker_blender.motion.livelink import write_livelink_csv
from ptalker_blender.motion.resample import resample_motion
from ptalker_blender.style.library import load_style

from .make_line import ASSETS
from .scene import Performed, build_scene, drop_subsurface

if TYPE_CHECKING:
    from collections.abc import Iterator

    import bpy

ROOT = ASSETS.parents[1]
LINE, LABELS = ASSETS / "line.wav", ASSETS / "line.phone.json"
STYLES = ("neutral", "wry")  # the second differs from the first at a glance: half a smile, a brow, a tilted head
FPS = 25.0
CSV_FPS = 60.0  # the rate of Live Link Face
SIZE = (640, 360)
SAMPLES = 4
PICTURES = 9


class Steps:
    """Progress on standard error: one line per step, with its time, and the share done on a terminal."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Time one step."""
        began = time.monotonic()
        print(f"[demo] {what} ...", file=sys.stderr, flush=True)
        yield
        print(f"[demo] {what}: {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)

    def share(self, done: float) -> None:
        """Show how much of the step is done."""
        if sys.stderr.isatty():
            print(f"\r[demo] {done:4.0%} ", end="\r", file=sys.stderr, flush=True)

    def total(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started


def perform(steps: Steps) -> list[Performed]:
    """The line in each of ``STYLES``."""
    audio = load_audio(LINE)
    with steps.step("loading the network"):
        session = Session()
    takes = []
    for name in STYLES:
        with steps.step(f"performing the line in the style '{name}'"):
            motion = session.predict(Request(audio, load_style(name)))
        job = BakeJob(audio_path=str(LINE.relative_to(ROOT)), style=name, device=session.device)
        takes.append(Performed(name, motion, provenance(job, audio.sha256(), session.weights_sha256)))
    return takes


def draw(heads: list[bpy.types.Object], output: Path, steps: Steps) -> None:
    """Write the contact sheet of the open file's heads."""
    from tools.sheet.bands import split_bands
    from tools.sheet.drawing import draw_sheet
    from tools.sheet.filming import Film, film
    from tools.sheet.labels import read_captions

    audio, labels = load_audio(LINE), read_captions(LABELS)
    bands = split_bands(audio.seconds, labels.phones, 5.0, PICTURES)
    moments = [moment for band in bands for moment in band.moments]
    with tempfile.TemporaryDirectory() as folder:
        rows = [film(head, head.name, moments, Path(folder), Film(), steps.share) for head in heads]
        draw_sheet(output, "PTalker: one line, two manners", audio, labels, bands, rows)


def run(folder: Path) -> list[Path]:
    """Make everything in ``folder``; the files."""
    from ptalker_blender.scene.document import save_document
    from ptalker_blender.scene.render import render_movie

    steps = Steps()
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"demo.{suffix}" for suffix in ("blend", "csv", "png", "mp4")]
    blend, csv, png, mp4 = files
    takes = perform(steps)
    write_livelink_csv(resample_motion(takes[0].motion, CSV_FPS), csv)
    with steps.step("building the scene"):
        heads = build_scene(takes, LINE, FPS, SIZE[0] / SIZE[1])
        save_document(blend)
    with steps.step("drawing the contact sheet"):
        draw(heads, png, steps)
    with steps.step("rendering the movie"):
        drop_subsurface()
        render_movie(heads[0].users_scene[0], mp4, SIZE, samples=SAMPLES, progress=steps.share)
    print(f"[demo] done in {steps.total():.0f} s", file=sys.stderr)
    return files


@contextmanager
def quiet_blender() -> Iterator[None]:
    """Send what Blender itself prints on standard output (a line per frame) to nowhere, below Python."""
    sys.stdout.flush()
    kept = os.dup(1)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            with redirect_stdout(nowhere):
                yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def main() -> int:
    """Parse the command line and run; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.demo", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path("out/demo"), help="folder (default out/demo)")
    args = parser.parse_args()
    try:
        with quiet_blender():
            files = run(args.output)
    except UserError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    for file in files:
        print(file)
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # some bpy wheels hang or crash in a normal exit
