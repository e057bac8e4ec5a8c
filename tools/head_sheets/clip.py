"""A line spoken in some styles side by side, as a movie with sound and a strip of stills. Needs bpy."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import bpy
import soundfile
from PIL import Image

from ptalker_blender.audio.clip import SAMPLE_RATE, AudioClip
from ptalker_blender.audio.load import load_audio
from ptalker_blender.engine.messages import BakeJob
from ptalker_blender.engine.provenance import provenance
from ptalker_blender.engine.session import Request, Session
from ptalker_blender.errors import UserError
from ptalker_blender.scene.render import render_frames, render_movie
from ptalker_blender.scene.timing import effective_fps, seconds_to_frame
from ptalker_blender.style.library import load_style
from tools.demo.scene import Performed, build_scene, drop_subsurface

from .layout import captioned

Progress = Callable[[str], None]

STYLES = ("neutral", "bright")
FPS = 25.0
ASPECT = 16 / 9
STILLS, ACROSS = 12, 4
STILL_SAMPLES = 8
VOICE = "slt"  # of flite
# 9.9 s in that voice: p, b and m at the start, in the middle and at the end of words; f, v, th; oo, ee, ah; a cry.
TEXT = (
    "Papa bought five big boats, and my brother thinks we should move them. Oh, look over there! "
    "Three blue fish jump for a bit of food. Ah, beautiful! Who put them in my bathtub?"
)


def make_clip(
    path: Path, audio: Path | None, styles: Sequence[str], seconds: float, width: int, samples: int, progress: Progress
) -> Image.Image:
    """Write the movie.

    Args:
        path: the .mp4, replaced only when complete; its folder is made if there is none.
        audio: a sound file; None for ``TEXT`` spoken by flite.
        styles: names in the style library, one head each from left to right.
        seconds: at most so much of the sound.
        width: of the movie in pixels; both sides are rounded to even numbers.
        samples: per pixel of the movie.
        progress: told what is done.

    Returns:
        the strip of ``STILLS`` pictures.

    Raises:
        UserError: unknown style, unreadable audio, no flite, a size or length that gives no movie.
    """
    if path.suffix.lower() != ".mp4" or width < 32 or samples < 1 or seconds < 1 / FPS:
        raise UserError(f"{path.name}, {width} pixels, {samples} samples, {seconds} s", "an .mp4, at least 32 pixels "
                        "wide, 1 sample and one frame", "correct the options")  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    size = 2 * round(width / 2), 2 * round(width / ASPECT / 2)
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "line.wav"
        clip = load_audio(audio or speak(wave), 0.0, None)
        clip = AudioClip(clip.samples[: round(seconds * SAMPLE_RATE)])
        soundfile.write(wave, clip.samples, SAMPLE_RATE, subtype="PCM_16")
        heads = build_scene(perform(clip, styles, progress), wave, FPS, ASPECT)
        scene = heads[0].users_scene[0]
        strip = _stills(scene, clip.seconds, size, Path(folder), progress)
        drop_subsurface()
        render_movie(scene, path, size, samples=samples, progress=lambda share: progress(f"movie {share:4.0%}"))
    return strip


def speak(wave: Path) -> Path:
    """Let flite write ``TEXT`` to ``wave`` (16 kHz, mono); return it.

    Raises:
        UserError: no flite.
        subprocess.CalledProcessError: flite failed.
    """
    flite = shutil.which("flite")
    if flite is None:
        raise UserError("no flite on this machine", "flite, which speaks the clip's line", "install it or give --audio")
    subprocess.run([flite, "-voice", VOICE, "-t", TEXT, "-o", str(wave)], capture_output=True, check=True)
    return wave


def perform(clip: AudioClip, styles: Sequence[str], progress: Progress) -> list[Performed]:
    """The clip in each of the styles."""
    performances = [load_style(style) for style in styles]
    session = Session()
    takes = []
    for style, performance in zip(styles, performances, strict=True):
        progress(f"performing in the style '{style}'")
        motion = session.predict(Request(clip, performance))
        job = BakeJob(audio_path="line.wav", style=style, device=session.device)
        takes.append(Performed(style, motion, provenance(job, clip.sha256(), session.weights_sha256)))
    return takes


def _stills(
    scene: bpy.types.Scene, seconds: float, size: tuple[int, int], folder: Path, progress: Progress
) -> Image.Image:
    """Lay out pictures of moments at equal distances, each under its time."""
    moments = [(k + 0.5) / STILLS * seconds for k in range(STILLS)]
    frames = [seconds_to_frame(moment, effective_fps(scene), scene.frame_start) for moment in moments]
    paths = render_frames(
        scene, frames, folder, size, samples=STILL_SAMPLES, progress=lambda share: progress(f"stills {share:4.0%}")
    )
    tiles = []
    for moment, path in zip(moments, paths, strict=True):
        with Image.open(path) as picture:
            tiles.append((f"{moment:.2f} s", picture.convert("RGB")))
    return captioned(tiles, ACROSS, f"{STILLS} frames of the clip")
