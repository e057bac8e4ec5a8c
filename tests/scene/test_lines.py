# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Lines of a scene: which strips they are, who speaks them, and what the artist is told before."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.scene.compat import sequencer
from ptalker_blender.scene.lines import (
    NOBODY,
    Choice,
    Line,
    Member,
    begins,
    cast_lines,
    guess_cast,
    head_named,
    lines_of,
    member_of,
    on_whole_frame,
    overlapping,
    why_no_head,
)
from ptalker_blender.scene.strips import StripAudio, read_strip

pytestmark = pytest.mark.bpy
with_sound = pytest.mark.skipif(bpy.app.version < (4, 3), reason="the 4.2 wheel is built without Audaspace")
CAST = (Member("Anna"), Member("Ben", "ep?_ben", 3), Member("Annabel", channel=2))


@pytest.fixture
def add(scene, tmp_path):
    """Add a strip of one second of noise, at 25 frames per second."""
    scene.render.fps, scene.render.fps_base = 25, 1.0
    path = tmp_path / "noise.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.random.default_rng(0).integers(-9000, 9000, 16_000, "<i2").tobytes())

    def make(name, channel=1, frame=1):
        return sequencer.strips(scene, create=True).new_sound(name, str(path), channel, frame)

    return make


@pytest.mark.parametrize(
    ("name", "own", "channel", "expected"),
    [
        ("ANNA_012", "", 9, 0),
        ("anna12.wav", "", 9, 0),
        ("Anna", "", 3, 0),  # the name comes before the channel
        ("Annabel 3", "", 9, 2),
        ("Annabella_1", "", 9, None),
        ("ep1_BEN_04", "", 1, 1),
        ("Ben_04", "", 1, None),  # a beginning of its own takes the place of the name
        ("take 7", "", 3, 1),
        ("take 7", "", 2, 2),
        ("take 7", "", 1, None),
        ("ANNA_012", "ben", 9, 1),  # what the strip itself says comes first
        ("ANNA_012", "Zoe", 9, None),
        ("ANNA_012", NOBODY, 3, None),
    ],
)
def test_who_speaks(name, own, channel, expected):
    assert member_of(name, own, channel, CAST) == expected


def test_the_longest_beginning_speaks_then_the_first():
    cast = (Member("A", "ANNA"), Member("B", "ANNA_phone"), Member("C", "ANNA"))
    assert member_of("ANNA_phone_2", "", 1, cast) == 1 and member_of("ANNA_2", "", 1, cast) == 0
    assert not begins("anything", "") and not begins("anything", "  ")


@with_sound
def test_lines_are_all_strips_in_order_also_inside_metas(scene, add):
    second, first = add("BEN_2", 5, 40), add("ANNA_1", 2, 10)
    meta = sequencer.strips(scene).new_meta("Scene", 7, 1)
    second.move_to_meta(meta)
    for name in ("right_handle", "frame_final_end"):
        if hasattr(meta, name):
            setattr(meta, name, 52)
            break
    second["ptalker_character"] = "anna"  # as a script or another tool would write it
    found = lines_of(scene, CAST, Choice())
    assert [(line.strip, line.member) for line in found] == [(first.name, 0), (second.name, 0)]
    assert (found[0].first, found[0].end) == (10.0, 35.0)
    assert found[1].end <= 52.0
    second["ptalker_character"] = ""
    assert second.channel != meta.channel
    by_channel = lines_of(scene, (Member("x", channel=second.channel),), Choice())
    assert [line.strip for line in by_channel if line.member == 0] == [second.name]


@with_sound
def test_which_strips_are_chosen(scene, add):
    one, two = add("one", 1, 1), add("two", 4, 50)
    one.select, two.select = False, True
    assert [line.strip for line in lines_of(scene, (), Choice("SELECTED"))] == ["two"]
    assert [line.strip for line in lines_of(scene, (), Choice("CHANNEL", 1))] == ["one"]
    assert [line.member for line in lines_of(scene, (), Choice())] == [0, 0]
    two["ptalker_character"] = NOBODY
    assert [line.member for line in lines_of(scene, (), Choice())] == [0, None]


@with_sound
def test_what_is_left_out_is_told(scene, add, make_mesh):
    head = make_mesh(("jawOpen",), "Anna")
    add("ANNA_1", 1, 1)
    add("ANNA_2", 2, 20)  # begins before the first has ended
    add("ANNA_3", 3, 60).mute = True
    add("music", 9, 1)
    add("ben", 4, 1)["ptalker_character"] = "Zoe"
    add("BEN_9", 5, 1)
    cast = (Member("Anna"), Member("Ben"))
    casting = cast_lines(lines_of(scene, cast, Choice()), cast, (head, None))
    assert [(obj.name, [line.strip for line in own]) for obj, own in casting.spoken] == [("Anna", ["ANNA_1", "ANNA_2"])]
    assert casting.count == 2
    told = " | ".join(finding.text for finding in casting.findings)
    for words in (
        "'ben' is spoken by Zoe, who is not in the cast",
        "Strip 'ANNA_3' is muted, so it is left out",
        "Nobody speaks 'music'",
        "Ben has no head to speak 1 line",
        "'ANNA_1' and 'ANNA_2' overlap on 'Anna'",
    ):
        assert words in told
    assert len(casting.findings) == 5
    make_mesh((), "Ben Body")
    found = lines_of(scene, cast, Choice())
    casting = cast_lines(found, cast, (head, None), lambda member: why_no_head(scene.objects, member.name))
    assert "Ben has no head to speak 1 line: 'Ben Body' has no shape keys" in [one.text for one in casting.findings]


def test_two_members_on_one_head_are_one_take(make_mesh):
    head = make_mesh(("jawOpen",), "Anna")
    lines = (Line("a", 0.0, 10.0, 0), Line("b", 5.0, 20.0, 1))
    casting = cast_lines(lines, (Member("a"), Member("b")), (head, head))
    assert [own for _, own in casting.spoken] == [lines]
    assert len(casting.findings) == 1  # they overlap


def test_only_lines_that_share_time_overlap():
    lines = [Line("a", 0.0, 10.0, 0), Line("b", 10.0, 30.0, 0), Line("c", 12.0, 14.0, 0), Line("d", 29.0, 40.0, 0)]
    assert [(x.strip, y.strip) for x, y in overlapping(lines)] == [("b", "c"), ("b", "d")]


@with_sound
def test_a_cast_is_guessed_from_names_else_from_channels(scene, add, make_mesh):
    add("take", 3, 1)
    add("other", 1, 1)
    assert guess_cast(scene) == (Member("Channel 1", channel=1), Member("Channel 3", channel=3))
    add("ANNA_012", 4, 1)
    add("anna_013", 5, 1)
    add("Ben 2", 6, 1)
    add("hm", 7, 1)["ptalker_character"] = "Zoe"
    assert [member.name for member in guess_cast(scene)] == ["ANNA", "Ben", "Zoe"]
    make_mesh(("jawOpen",), "Anna.001")
    make_mesh((), "ben")
    assert head_named(scene.objects, "ANNA").name == "Anna.001"
    assert head_named(scene.objects, "Ben") is None  # without keys it cannot speak


@with_sound
def test_a_line_between_two_frames_is_heard_from_the_next_one_on(scene, add):
    strip = add("late", 1, 10)
    strip.sound_offset = 0.03 if hasattr(strip, "sound_offset") else 0.0
    heard = read_strip(strip)
    audio, frame = on_whole_frame(heard, 25.0)
    if heard.visible_start_frame == 10.75:
        assert frame == 11 and abs(audio.start_s - 0.01) < 1e-6 and audio.visible_start_frame == 11.0
    whole = StripAudio(Path("x.wav"), 1.0, None, 7.0)
    assert on_whole_frame(whole, 25.0) == (whole, 7)
    fast, frame = on_whole_frame(StripAudio(Path("x.wav"), 1.0, 3.0, 7.5, speed=2.0), 25.0)
    assert frame == 8 and fast.start_s == pytest.approx(1.04) and fast.end_s == 3.0


def test_many_overlaps_without_a_cast_are_one_line_with_the_button_that_fills_it(make_mesh):
    head = make_mesh(("jawOpen",), "Anna")
    lines = [Line(name, 0.0, 10.0, 0) for name in "abc"]
    (finding,) = cast_lines(lines, (), (head,)).findings
    assert finding.text.startswith("3 pairs of strips overlap on 'Anna'") and finding.fix == "ptalker.fill_cast"
