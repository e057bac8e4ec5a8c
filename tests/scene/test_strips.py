# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Strips: what is read agrees with what Blender plays, found by mixing a click down to a file."""

from __future__ import annotations

import wave
from types import SimpleNamespace

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.errors import UserError
from ptalker_blender.scene.compat import sequencer
from ptalker_blender.scene.strips import (
    StripTimes,
    add_sound_strip,
    audible_part,
    find_strip,
    is_there,
    read_strip,
    sound_strips,
)

pytestmark = pytest.mark.bpy
with_sound = pytest.mark.skipif(bpy.app.version < (4, 3), reason="the 4.2 wheel is built without Audaspace")
RATE = 48_000
CLICK = 1.0  # seconds into the file


def read_wav(path):
    with wave.open(str(path)) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
        return data[:, 0], file.getframerate()


@pytest.fixture
def click(tmp_path):
    """Three seconds of silence with a click at 1 s."""
    samples = np.zeros(3 * RATE, "<i2")
    samples[int(CLICK * RATE)] = 30_000
    path = tmp_path / "click.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


def set_times(strip, **trims):
    """Set trims by the names of 4.2, which 5.1 renamed."""
    new = {
        "frame_offset_start": "left_handle_offset",
        "frame_offset_end": "right_handle_offset",
        "animation_offset_start": "content_trim_start",
        "animation_offset_end": "content_trim_end",
    }
    for name, value in trims.items():
        setattr(strip, new[name] if name in new and hasattr(strip, new[name]) else name, value)


TRIMS = [
    {},
    {"frame_offset_start": 5, "frame_offset_end": 10},
    {"frame_offset_start": -5},
    {"animation_offset_start": 6},
    {"sound_offset": 0.21},
    {"sound_offset": -0.21},
    {"sound_offset": 0.2, "frame_offset_start": 10, "frame_offset_end": 3},
]


@with_sound
@pytest.mark.parametrize("trims", TRIMS, ids=str)
@pytest.mark.parametrize(("fps", "base", "start"), [(25, 1.0, 1), (24, 1.001, 1001)])
def test_click_is_where_blender_plays_it(scene, click, tmp_path, trims, fps, base, start):
    if base != 1.0 and "animation_offset_start" in trims and bpy.app.version < (5, 1):
        pytest.skip("up to 5.0 Blender plays hard trims a frame late, or ignores them, at some lengths and rates")
    scene.render.fps, scene.render.fps_base = fps, base
    scene.frame_start, scene.frame_end = start, start + 150
    strip = add_sound_strip(scene, click, start + 25)
    set_times(strip, **trims)
    audio = read_strip(strip)
    mixed = tmp_path / "mix.wav"
    bpy.ops.sound.mixdown(filepath=str(mixed), container="WAV", codec="PCM", format="S16")
    samples, rate = read_wav(mixed)
    heard = np.argmax(np.abs(samples.astype(int))) / rate
    assert np.abs(samples).max() > 10_000
    expected_frame = audio.visible_start_frame + (CLICK - audio.start_s) * fps / base
    assert (expected_frame - start) / (fps / base) == pytest.approx(heard, abs=2e-3)
    assert audio.path == click
    assert audio.note == ""


@with_sound
def test_end_is_open_unless_trimmed(scene, click):
    scene.render.fps = 25
    strip = add_sound_strip(scene, click, 11)
    assert (read_strip(strip).start_s, read_strip(strip).end_s) == (0.0, None)
    set_times(strip, frame_offset_start=5, frame_offset_end=10)
    audio = read_strip(strip)
    assert audio.start_s == pytest.approx(0.2)
    assert audio.end_s == pytest.approx(2.6)
    assert audio.visible_start_frame == 16.0


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (StripTimes(100, 200, 100, False), (0.0, None, 100)),
        (StripTimes(110, 190, 100, True), (0.4, 3.6, 110)),
        (StripTimes(95, 200, 100, False), (0.0, None, 100)),
        (StripTimes(100, 200, 104.5, True), (0.0, 3.82, 104.5)),
    ],
)
def test_audible_part(times, expected):
    start, end, frame = audible_part(times, 25.0)
    assert start == pytest.approx(expected[0])
    assert end == (None if expected[1] is None else pytest.approx(expected[1]))
    assert frame == expected[2]


def test_sound_pushed_out_of_its_strip():
    with pytest.raises(UserError, match="nothing"):
        audible_part(StripTimes(100, 110, 110, True), 25.0)


@with_sound
def test_first_free_channel(scene, click):
    scene.render.fps = 25
    first = add_sound_strip(scene, click, 1)
    second = add_sound_strip(scene, click, 50)
    third = add_sound_strip(scene, click, 76)
    assert [strip.channel for strip in (first, second, third)] == [1, 2, 1]
    assert [sequencer.visible_range(strip)[0] for strip in (first, second, third)] == [1, 50, 76]
    assert add_sound_strip(scene, click, 1, channel=7).channel == 7
    assert [strip.channel for strip in sound_strips(scene)] == [1, 1, 2, 7]


@with_sound
def test_packed_sound_is_read_through_a_file(scene, click):
    strip = add_sound_strip(scene, click, 1)
    original = click.read_bytes()
    strip.sound.pack()
    click.unlink()
    audio = read_strip(strip)
    assert audio.path.read_bytes() == original
    assert "packed" in audio.note


@with_sound
def test_missing_file_is_named(scene, click):
    strip = add_sound_strip(scene, click, 1)
    click.unlink()
    with pytest.raises(UserError, match=r"click\.wav is missing"):
        read_strip(strip)


def test_retimed_strip_is_refused():
    keys = [SimpleNamespace(timeline_frame=frame) for frame in (1, 20, 40)]
    strip = SimpleNamespace(name="Line", type="SOUND", sound=object(), retiming_keys=keys, id_data=bpy.context.scene)
    with pytest.raises(UserError, match="3 keys, so its speed changes"):
        read_strip(strip)


@with_sound
def test_other_strips_are_refused(scene):
    kind = "COLOR"
    arguments = {"name": "c", "type": kind, "channel": 1, "frame_start": 1}
    length = {"length": 10} if bpy.app.version >= (5, 0) else {"frame_end": 11}
    strip = sequencer.strips(scene, create=True).new_effect(**arguments, **length)
    with pytest.raises(UserError, match="no sound"):
        read_strip(strip)


@with_sound
def test_file_blender_cannot_play(scene, tmp_path):
    path = tmp_path / "missing.wav"
    with pytest.raises(UserError, match=r"missing\.wav"):
        add_sound_strip(scene, path, 1)


@with_sound
def test_a_strip_that_is_there_is_recognised(scene, click, tmp_path):
    assert not is_there(scene, click, 10)
    add_sound_strip(scene, click, 10)
    assert is_there(scene, click, 10)
    assert not is_there(scene, click, 11)
    assert not is_there(scene, tmp_path / "other.wav", 10)


@with_sound
def test_find_strip(scene, click):
    with pytest.raises(UserError, match="0 sound strips"):
        find_strip(scene, "")
    with pytest.raises(UserError, match="no strip 'x'"):
        find_strip(scene, "x")
    first = add_sound_strip(scene, click, 1)
    assert find_strip(scene, "") == first
    second = add_sound_strip(scene, click, 1)
    assert find_strip(scene, second.name) == second
    scene.sequence_editor.active_strip = first
    assert find_strip(scene, "") == first
    scene.sequence_editor.active_strip = None
    first.select, second.select = False, True
    assert find_strip(scene, "") == second
    second.select = False
    with pytest.raises(UserError, match="2 sound strips"):
        find_strip(scene, "")


@pytest.mark.skipif(not hasattr(bpy.types.WorkSpace, "sequencer_scene") and bpy.app.version < (5, 0),
                    reason="before 5.0 the sequencer is always that of the scene")  # fmt: skip
def test_scene_of_the_sequencer(scene):
    """From 5.0 a workspace may edit the strips of another scene; without one it is the scene that is seen."""
    editing, window = bpy.data.scenes.new("Edit"), bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window):
        window.workspace.sequencer_scene = None
        assert sequencer.sequencer_scene(bpy.context) == scene
        window.workspace.sequencer_scene = editing
        assert sequencer.sequencer_scene(bpy.context) == editing
        assert bpy.context.scene == scene
