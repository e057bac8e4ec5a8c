# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Sounds as the worker gets them, and strips that are retimed or inside metas, against what Blender mixes down."""

from __future__ import annotations

import shutil
import subprocess
import wave
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.audio.load import load_audio
from ptalker_blender.audio.soundfile_decoder import decode_soundfile
from ptalker_blender.errors import UserError
from ptalker_blender.scene import sounds
from ptalker_blender.scene.compat import sequencer
from ptalker_blender.scene.strips import (
    active_sound,
    add_sound_strip,
    find_strip,
    heard_part,
    make_heard,
    read_file,
    read_strip,
    sound_strips,
    why_silent,
)

pytestmark = [
    pytest.mark.bpy,
    pytest.mark.skipif(bpy.app.version < (4, 3), reason="the 4.2 wheel is built without Audaspace"),
]
RATE, FPS = 48_000, 25
CLICKS = (0.5, 1.0, 1.5, 2.0, 2.5)


def write_wav(path, samples, rate=RATE):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, len(samples), "NONE", ""))
        file.writeframes(np.asarray(samples, "<i2").tobytes())
    return path


@pytest.fixture
def clicks(tmp_path):
    """A little over three seconds of silence with five clicks."""
    samples = np.zeros(round(3.013 * RATE))
    samples[[round(time * RATE) for time in CLICKS]] = 30_000
    return write_wav(tmp_path / "clicks.wav", samples)


@pytest.fixture
def timeline(scene):
    scene.render.fps, scene.frame_start, scene.frame_end = FPS, 1, 300
    return scene


def heard_frames(tmp_path) -> list[float]:
    """Scene frames at which Blender plays the clicks."""
    mixed = tmp_path / "mix.wav"
    bpy.ops.sound.mixdown(filepath=str(mixed), container="WAV", codec="PCM", format="S16")
    with wave.open(str(mixed)) as file:
        rate, channels = file.getframerate(), file.getnchannels()
        level = np.abs(np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, channels)[:, 0].astype(int))
    found = []
    while level.max() > 2000:
        at = int(level.argmax())
        found.append(1 + at / rate * FPS)
        level[max(0, at - rate // 20) : at + rate // 20] = 0
    return sorted(found)


def expected_frames(strip) -> list[float]:
    """Where the clicks fall by what we read of a strip."""
    part = heard_part(strip)
    inside = [t for t in CLICKS if t >= part.start_s and (part.end_s is None or t < part.end_s)]
    return [part.frame + (t - part.start_s) / part.speed * FPS for t in inside]


@contextmanager
def in_sequencer(scene, strip):
    """The context of an open sequencer, with one strip selected and active."""
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = "SEQUENCE_EDITOR"
    if hasattr(window.workspace, "sequencer_scene"):
        window.workspace.sequencer_scene = scene
    strip.select, scene.sequence_editor.active_strip = True, strip
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        yield


def make_meta(scene, strip):
    with in_sequencer(scene, strip):
        assert bpy.ops.sequencer.meta_make() == {"FINISHED"}
    return next(one for one in sequencer.strips(scene) if one.type == "META")


@pytest.mark.parametrize("percent", [50.0, 80.0, 150.0, 200.0])
@pytest.mark.parametrize("trims", [(0, 0), (6, 4)])
def test_constant_speed_is_that_of_blender(timeline, clicks, tmp_path, percent, trims):
    strip = add_sound_strip(timeline, clicks, 11)
    with in_sequencer(timeline, strip):
        bpy.ops.sequencer.retiming_segment_speed_set(speed=percent)
    strip.frame_offset_start, strip.frame_offset_end = trims
    part = heard_part(strip)
    # Keys lie on whole frames, so the speed is not quite what was typed.
    assert part.speed == pytest.approx(percent / 100, rel=0.03)
    assert part.frame == 11 + trims[0]
    if bpy.app.version < (5, 0):
        pytest.skip("the 4.5 wheel crashes or is silent when it mixes a retimed strip down")
    assert part.keep_pitch
    strip.pitch_correction = False
    assert not heard_part(strip).keep_pitch
    heard, expected = heard_frames(tmp_path), expected_frames(strip)
    # Blender's own mixing of changed pitch is late by up to 0.7 frames (measured also at 100 %); the pace is exact.
    assert len(heard) == len(expected) >= 3
    assert np.abs(np.subtract(heard, expected)).max() < 0.75
    assert np.diff(heard) == pytest.approx(np.diff(expected), abs=0.05)


def test_retimed_at_its_own_speed_is_not_retimed(timeline, clicks):
    strip = add_sound_strip(timeline, clicks, 11)
    with in_sequencer(timeline, strip):
        bpy.ops.sequencer.retiming_segment_speed_set(speed=100.0)
    assert len(strip.retiming_keys) == 2
    assert heard_part(strip).speed == 1.0 and not heard_part(strip).keep_pitch


@pytest.mark.parametrize(("length", "refused"), [(75, False), (74, False), (50, True)])
def test_before_keys_are_told_the_length_betrays_a_retimed_strip(timeline, clicks, length, refused):
    """A record with the attributes of 4.2 and 4.3, whose sound strips have no ``retiming_keys``."""
    strip = add_sound_strip(timeline, clicks, 11)
    old = {name: getattr(strip, name) for name in ("name", "type", "sound", "id_data", "frame_start",
           "frame_final_start", "frame_final_end", "frame_offset_end", "animation_offset_start",
           "animation_offset_end", "parent_meta")}  # fmt: skip
    record = SimpleNamespace(**old, frame_duration=length)
    if refused:
        with pytest.raises(UserError, match="seems to be retimed"):
            heard_part(record)
    else:
        assert heard_part(record) == heard_part(strip)


def test_changing_speed_is_refused(timeline, clicks):
    strip = add_sound_strip(timeline, clicks, 11)
    with in_sequencer(timeline, strip):
        bpy.ops.sequencer.retiming_key_add(timeline_frame=30)
    with pytest.raises(UserError, match="3 keys, so its speed changes"):
        read_strip(strip)


@pytest.mark.parametrize(("trims", "moved"), [((0, 0), 0), ((12, 0), 0), ((12, 20), 0), ((12, 20), 26), ((-5, 20), 26)])
def test_strip_in_a_meta_is_heard_where_blender_plays_it(timeline, clicks, tmp_path, trims, moved):
    strip = add_sound_strip(timeline, clicks, 11)
    strip.frame_offset_start = 3
    meta = make_meta(timeline, strip)
    meta.frame_offset_start, meta.frame_offset_end = trims
    meta.frame_start += moved
    (inner,) = sound_strips(timeline)
    assert find_strip(timeline, "") == find_strip(timeline, inner.name) == inner
    assert expected_frames(inner) == pytest.approx(heard_frames(tmp_path), abs=0.06)
    assert (heard_part(inner).end_s is None) == (trims[1] == 0)


def test_strip_cut_away_by_its_meta(timeline, clicks):
    strip = add_sound_strip(timeline, clicks, 11)
    meta = make_meta(timeline, strip)
    strip = sound_strips(timeline)[0]
    meta.frame_offset_end = 70
    strip.frame_offset_start = 40
    with pytest.raises(UserError, match="nothing of its sound left"):
        heard_part(strip)


def test_why_a_strip_is_silent(timeline, clicks, tmp_path):
    strip = add_sound_strip(timeline, clicks, 11)
    assert why_silent(strip) == ""
    name, meta = strip.name, make_meta(timeline, strip)
    strip = find_strip(timeline, name)
    causes = [
        (strip, "mute", True, "is muted"),
        (strip, "volume", 0.0, "volume 0"),
        (meta, "mute", True, "Meta strip"),
        (timeline.sequence_editor.channels[meta.channel], "mute", True, "channel"),
        (meta.channels[strip.channel], "mute", True, "channel"),
    ]
    for thing, setting, value, words in causes:
        setattr(thing, setting, value)
        assert words in why_silent(strip)
        assert heard_frames(tmp_path) == []
        assert read_strip(strip).path == clicks  # a bake hears it all the same
        make_heard(strip)
        assert why_silent(strip) == ""
        assert len(heard_frames(tmp_path)) == len(CLICKS)


def test_active_sound(timeline, clicks):
    assert active_sound(timeline) is None
    first, second = (add_sound_strip(timeline, clicks, frame) for frame in (1, 100))
    timeline.sequence_editor.active_strip = first
    assert active_sound(timeline) == first
    timeline.sequence_editor.active_strip = None
    first.select, second.select = False, True
    assert active_sound(timeline) == second


def test_relative_path_of_a_linked_library(timeline, clicks, tmp_path):
    """A sound linked from a library is found beside the library, not beside the file that links it."""
    shots, assets = tmp_path / "shots", tmp_path / "assets"
    shots.mkdir()
    assets.mkdir()
    shutil.copy(clicks, assets / "line.wav")
    bpy.ops.wm.save_as_mainfile(filepath=str(assets / "sound.blend"))
    scene = bpy.context.scene
    strip = add_sound_strip(scene, assets / "line.wav", 1)
    strip.sound.filepath = "//line.wav"
    assert read_strip(strip).path == assets / "line.wav"
    strip.sound.name = "Line"
    strip.sound.use_fake_user = True
    bpy.ops.wm.save_as_mainfile(filepath=str(assets / "sound.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(shots / "shot.blend"))
    with bpy.data.libraries.load(str(assets / "sound.blend"), link=True, relative=True) as (_, wanted):
        wanted.sounds = ["Line"]
    linked = bpy.data.sounds["Line"]
    assert linked.library is not None and linked.library.filepath.startswith("//")
    assert sounds.sound_path(linked).resolve() == assets / "line.wav"
    assert sounds.sound_file(linked).path.samefile(assets / "line.wav")
    (assets / "line.wav").unlink()
    with pytest.raises(UserError, match=r"line\.wav is missing"):
        sounds.require_sound_file(linked)


def test_relative_path_without_a_saved_file(scene):
    sound = SimpleNamespace(name="Line", filepath="//line.wav", library=None, packed_file=None)
    with pytest.raises(UserError, match="never saved"):
        sounds.require_sound_file(sound)


@pytest.fixture
def m4a(tmp_path):
    """Two seconds of a rising tone as M4A, which libsndfile does not read."""
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("no ffmpeg to make an M4A with")
    time = np.arange(2 * RATE) / RATE
    source = write_wav(tmp_path / "tone.wav", 12_000 * np.sin(2 * np.pi * (300 + 200 * time) * time))
    target = tmp_path / "tone.m4a"
    subprocess.run([program, "-v", "error", "-i", source, "-c:a", "aac", "-b:a", "128k", target], check=True)
    return target


def test_what_only_blender_decodes(scene, m4a, monkeypatch):
    if sounds.audaspace() is None:
        pytest.skip("this Blender's sound module cannot be used from Python")
    assert sounds.readable_file(m4a) == sounds.SoundFile(m4a)  # ffmpeg is there: the worker will use it
    by_ffmpeg = load_audio(m4a).samples
    monkeypatch.setattr(sounds.shutil, "which", lambda _program: None)
    made = read_file(m4a, 7.0)
    assert made.path.suffix == ".wav" and "decoded by Blender" in made.note
    assert (made.source, made.name, made.visible_start_frame) == (m4a, "tone", 7.0)
    written = made.path.stat().st_mtime_ns
    by_blender = load_audio(made.path, decoders=(decode_soundfile,)).samples
    assert len(by_blender) == pytest.approx(len(by_ffmpeg), abs=0.07 * 16_000)  # AAC pads to whole frames
    model = by_ffmpeg[8_000:24_000]
    lags = [float(np.dot(model, by_blender[8_000 + lag : 24_000 + lag])) for lag in range(-600, 600)]
    assert abs(int(np.argmax(lags)) - 600) < 80  # 5 ms
    assert max(lags) == pytest.approx(float(np.dot(model, model)), rel=0.02)
    assert read_file(m4a, 7.0).path.stat().st_mtime_ns == written  # not decoded twice
    assert not [left for left in made.path.parent.glob(f".{made.path.stem}*")]


def test_a_packed_sound_is_found_again_after_a_restart(timeline, clicks):
    strip = add_sound_strip(timeline, clicks, 5)
    plain = read_strip(strip)
    assert (plain.sound, plain.source) == (strip.sound.name, clicks)
    strip.sound.pack()
    packed = read_strip(strip)
    heard, know = packed.path.read_bytes(), (packed.path, packed.sound, packed.source)
    packed.path.unlink()  # as Blender does when it ends
    clicks.unlink()
    again = sounds.found_again(*know)
    assert again.read_bytes() == heard
    strip.sound.filepath = str(clicks.with_name("another line.wav"))  # the name belongs to another recording now
    again.unlink()
    assert sounds.found_again(*know) == packed.path
    assert not packed.path.exists()


def test_a_recording_is_found_where_its_sound_has_moved(timeline, clicks, tmp_path):
    strip = add_sound_strip(timeline, clicks, 5)
    know = (clicks, strip.sound.name, clicks)
    assert sounds.found_again(*know) == clicks
    moved = tmp_path / "moved" / clicks.name
    moved.parent.mkdir()
    clicks.rename(moved)
    assert sounds.found_again(*know) == clicks  # nobody knows where it went
    strip.sound.filepath = str(moved)
    assert sounds.found_again(*know) == moved


def test_what_blender_decoded_is_decoded_again(scene, m4a, monkeypatch):
    if sounds.audaspace() is None:
        pytest.skip("this Blender's sound module cannot be used from Python")
    monkeypatch.setattr(sounds.shutil, "which", lambda _program: None)
    made = read_file(m4a, 7.0)
    heard = made.path.read_bytes()
    made.path.unlink()
    assert sounds.found_again(made.path, made.sound, made.source).read_bytes() == heard


def test_what_blender_does_not_know_is_left_to_the_worker(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(sounds.shutil, "which", lambda _program: None)
    path = tmp_path / "words.m4a"
    path.write_bytes(b"no sound at all")
    assert sounds.readable_file(path) == sounds.SoundFile(path)
    assert read_file(Path("nowhere.m4a"), 1.0).path == Path("nowhere.m4a")
