import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptalker_blender.audio.clip import AudioClip
from ptalker_blender.audio.external_decoders import decode_audaspace
from ptalker_blender.audio.load import load_audio
from ptalker_blender.audio.soundfile_decoder import decode_soundfile
from ptalker_blender.errors import UserError

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="the ffmpeg program is not installed")


def chirp(rate, seconds=1.0):
    t = np.arange(round(rate * seconds)) / rate
    return 0.5 * np.sin(2 * np.pi * (200 + 400 * t) * t)


def correlation(a, b):
    n = min(len(a), len(b))
    return float(np.corrcoef(a[:n], b[:n])[0, 1])


@pytest.fixture
def wav(tmp_path):
    path = tmp_path / "line.wav"
    soundfile.write(path, chirp(16_000), 16_000)
    return path


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_any_rate_and_depth_gives_the_same_sound(tmp_path, rate, subtype):
    soundfile.write(tmp_path / "a.wav", chirp(rate), rate, subtype=subtype)
    clip = load_audio(tmp_path / "a.wav")
    assert clip.samples.shape == (16_000,) and clip.samples.dtype == np.float32
    tolerance = 0.02 if subtype == "PCM_U8" else 1e-3
    np.testing.assert_allclose(clip.samples[400:-400], chirp(16_000)[400:-400], atol=tolerance)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff"])
def test_formats(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, chirp(44_100), 44_100)
    clip = load_audio(path)
    assert clip.seconds == pytest.approx(1.0, abs=0.002)
    assert correlation(clip.samples[800:-800], chirp(16_000)[800:-800]) > 0.99  # so it is not shifted either


def test_opus(tmp_path):
    path = tmp_path / "a.opus"
    soundfile.write(path, chirp(48_000), 48_000, format="OGG", subtype="OPUS")
    assert correlation(load_audio(path).samples, chirp(16_000)) > 0.98


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_channels_are_averaged(tmp_path, channels):
    levels = np.arange(1, channels + 1) / 10
    soundfile.write(tmp_path / "a.wav", np.tile(levels, (1_600 * 2, 1)), 16_000, subtype="FLOAT")
    np.testing.assert_allclose(load_audio(tmp_path / "a.wav").samples, levels.mean(), rtol=1e-6)


def test_level_is_kept_and_only_excess_is_clipped(tmp_path):
    quiet, loud = tmp_path / "quiet.wav", tmp_path / "loud.wav"
    soundfile.write(quiet, np.full(3_200, 1e-3), 16_000, subtype="FLOAT")
    soundfile.write(loud, np.tile([0.5, 3.0, -3.0, -0.25], 800), 16_000, subtype="FLOAT")
    np.testing.assert_allclose(load_audio(quiet).samples, 1e-3, rtol=1e-6)
    np.testing.assert_array_equal(load_audio(loud).samples[:4], np.float32([0.5, 1.0, -1.0, -0.25]))


def test_sub_range_is_that_part(wav):
    whole, part = load_audio(wav).samples, load_audio(wav, 0.25, 0.75).samples
    np.testing.assert_array_equal(part, whole[4_000:12_000])
    np.testing.assert_array_equal(load_audio(wav, start=0.5).samples, whole[8_000:])


def test_sub_range_reads_only_what_it_needs(wav, monkeypatch):
    read = []
    original = soundfile.SoundFile.read

    def counting(self, frames=-1, *args, **kwargs):
        block = original(self, frames, *args, **kwargs)
        read.append(len(block))
        return block

    monkeypatch.setattr(soundfile.SoundFile, "read", counting)
    load_audio(wav, 0.5, 0.7)
    assert sum(read) == 3_200


@pytest.mark.parametrize(
    ("start", "end"),
    [(-0.1, None), (0.5, 0.5), (0.6, 0.2), (0, 1.5), (2, 3), (2, None), (float("nan"), 1), (0, float("inf"))],
)
def test_a_range_outside_the_file_is_refused(wav, start, end):
    with pytest.raises(UserError):
        load_audio(wav, start, end)


def test_an_end_rounded_to_the_millisecond_is_the_end(tmp_path):
    soundfile.write(tmp_path / "a.wav", chirp(16_000)[:15_994], 16_000)  # 0.999625 s
    assert len(load_audio(tmp_path / "a.wav", 0, 1.0).samples) == 15_994


def refused(path, *words, **options):
    with pytest.raises(UserError) as caught:
        load_audio(path, **options)
    line = str(caught.value)
    assert "\n" not in line
    for word in words:
        assert word in line
    return line


def test_refusals_of_things_that_are_not_files_with_sound(tmp_path):
    refused(tmp_path / "missing.wav", "no file", "missing.wav")
    refused(tmp_path, "folder")
    (tmp_path / "empty.wav").touch()
    refused(tmp_path / "empty.wav", "empty.wav is empty")
    (tmp_path / "text.wav").write_text("hello " * 50)
    refused(tmp_path / "text.wav", "not audio")
    (tmp_path / "take.raw").write_bytes(bytes(3_200))
    refused(tmp_path / "take.raw", "rate")
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 16_000)
    refused(tmp_path / "none.wav", "no samples")
    refused(tmp_path / "nul\0.wav")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    refused(tmp_path / "pipe.wav", "not a regular file")


def test_an_unreadable_file_is_refused(wav, monkeypatch):
    # Permissions do not stop root, who runs tests in containers; the refusal by the system is what matters.
    def denied(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    refused(wav, "Permission denied", "permissions")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused_with_their_time(tmp_path, bad):
    samples = chirp(16_000)
    samples[8_000] = bad
    soundfile.write(tmp_path / "a.wav", samples, 16_000, subtype="FLOAT")
    refused(tmp_path / "a.wav", "NaN or infinite", "0.500 s")


def test_too_short_is_refused_also_after_cutting(tmp_path, wav):
    soundfile.write(tmp_path / "a.wav", chirp(16_000)[:1_599], 16_000)
    refused(tmp_path / "a.wav", "at least 0.1 s")
    refused(wav, "at least 0.1 s", start=0.2, end=0.25)
    soundfile.write(tmp_path / "b.wav", chirp(16_000)[:1_600], 16_000)
    assert len(load_audio(tmp_path / "b.wav").samples) == 1_600


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "mp3"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_cut_file_is_refused(tmp_path, suffix, share):
    whole, part = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    noise = 0.3 * np.random.default_rng(0).standard_normal(32_000).clip(-3, 3)
    soundfile.write(whole, noise, 16_000)
    data = whole.read_bytes()
    part.write_bytes(data[: round(len(data) * share)])
    assert load_audio(whole).seconds == pytest.approx(2.0, abs=0.01)
    refused(part, "truncated", decoders=(decode_soundfile,))


def test_a_streamed_wav_with_open_sizes_is_read(wav, tmp_path):
    data = bytearray(wav.read_bytes())
    at = data.index(b"data") + 4
    data[4:8] = data[at : at + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "open.wav").write_bytes(data)
    assert load_audio(tmp_path / "open.wav").seconds == pytest.approx(1.0, abs=0.001)


@given(
    st.binary(max_size=300),
    st.sampled_from(["wav", "flac", "ogg", "mp3"]),
    st.sampled_from(["", "RIFF", "fLaC", "OggS"]),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbage_is_only_ever_refused(tmp_path, garbage, suffix, magic):
    path = tmp_path / f"garbage.{suffix}"
    path.write_bytes(magic.encode() + garbage)
    with pytest.raises(UserError):
        load_audio(path, decoders=(decode_soundfile,))


@given(st.integers(0, 43), st.integers(0, 255))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_header_gives_sound_or_a_refusal(wav, at, value):
    data = bytearray(wav.read_bytes())
    data[at] = value
    damaged = wav.with_name("damaged.wav")
    damaged.write_bytes(data)
    try:
        clip = load_audio(damaged, decoders=(decode_soundfile,))
    except UserError:
        return
    assert np.isfinite(clip.samples).all() and np.abs(clip.samples).max() <= 1.0


@needs_ffmpeg
@pytest.mark.parametrize(("suffix", "codec"), [("m4a", "aac"), ("mp4", "aac"), ("mkv", "pcm_s16le")])
def test_ffmpeg_reads_what_libsndfile_does_not(tmp_path, wav, suffix, codec):
    path = tmp_path / f"a.{suffix}"
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, "-c:a", codec, path], check=True, stdin=subprocess.DEVNULL)
    assert correlation(load_audio(path).samples, chirp(16_000)) > 0.98
    part = load_audio(path, 0.25, 0.75)
    assert part.seconds == pytest.approx(0.5, abs=1e-3)
    assert correlation(part.samples, chirp(16_000)[4_000:12_000]) > 0.98
    refused(path, "ends at", start=0.0, end=5.0)


@needs_ffmpeg
def test_a_video_without_sound_is_refused(tmp_path):
    video = tmp_path / "v.mp4"
    source = ["-f", "lavfi", "-i", "testsrc=d=0.2:s=64x64"]
    subprocess.run(["ffmpeg", "-v", "error", *source, video], check=True, stdin=subprocess.DEVNULL)
    refused(video, "no audio track")


@needs_ffmpeg
def test_ffmpeg_refuses_garbage_and_a_cut_file(tmp_path, wav):
    (tmp_path / "g.m4a").write_bytes(bytes(range(256)) * 4)
    refused(tmp_path / "g.m4a", "not audio")
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, "-movflags", "faststart", tmp_path / "a.m4a"], check=True)
    data = (tmp_path / "a.m4a").read_bytes()
    (tmp_path / "cut.m4a").write_bytes(data[: len(data) * 2 // 3])
    refused(tmp_path / "cut.m4a", "truncated")


@needs_ffmpeg
def test_a_variable_rate_mp3_without_a_length_is_not_cut_short(tmp_path):
    # libsndfile guesses 24 s for a minute of such a file; half silence, half noise makes the guess wrong either way.
    noise = 0.5 * np.random.default_rng(0).standard_normal(44_100 * 3).clip(-1, 1)
    soundfile.write(tmp_path / "a.wav", np.concatenate([np.zeros(44_100 * 3), noise]), 44_100)
    options = ["-c:a", "libmp3lame", "-q:a", "5", "-write_xing", "0"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", *options, tmp_path / "a.mp3"], check=True)
    assert load_audio(tmp_path / "a.mp3").seconds == pytest.approx(6.0, abs=0.1)


def test_without_any_other_decoder_the_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(400))
    refused(tmp_path / "a.m4a", "ffmpeg program was not found", "m4a and video sound need ffmpeg or Blender")


@pytest.mark.bpy
def test_audaspace_reads_the_same_sound(wav):
    pytest.importorskip("bpy")
    pytest.importorskip("aud", reason="this bpy has no audaspace")
    np.testing.assert_allclose(
        load_audio(wav, decoders=(decode_audaspace,)).samples, load_audio(wav).samples, atol=5e-5
    )
    part = load_audio(wav, 0.25, 0.75, decoders=(decode_audaspace,)).samples
    np.testing.assert_allclose(part, load_audio(wav, 0.25, 0.75).samples, atol=5e-5)


def test_the_hash_is_of_the_samples(wav, tmp_path):
    clip = load_audio(wav)
    assert clip.sha256() == hashlib.sha256(clip.samples.tobytes()).hexdigest()
    soundfile.write(tmp_path / "same.flac", *soundfile.read(wav))
    assert load_audio(tmp_path / "same.flac").sha256() == clip.sha256()
    assert load_audio(wav, 0, 0.5).sha256() != clip.sha256()


def test_a_clip_is_one_channel_of_float32():
    with pytest.raises(ValueError, match="float32"):
        AudioClip(np.zeros(5))
    with pytest.raises(ValueError, match="float32"):
        AudioClip(np.zeros((5, 2), np.float32))


@pytest.mark.data
def test_real_recordings(data_dir):
    expected = {
        "ljspeech/LJ001-0001.flac": 9.655,
        "librivox_three_little_kittens/threelittlekittens_01_rountreesmith.ogg": 356.571,
        "mfa/common_voice_ja_24511055.mp3": None,
        "nvidia_samples/Claire_neutral.wav": None,
    }
    for name, seconds in expected.items():
        clip = load_audio(data_dir / "speech" / name)
        assert 0.01 < np.abs(clip.samples).max() <= 1.0
        assert seconds is None or clip.seconds == pytest.approx(seconds, abs=1e-3)
