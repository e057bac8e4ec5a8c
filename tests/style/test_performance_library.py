import numpy as np
import pytest

from ptalker_blender.engine.request import resolve_style
from ptalker_blender.errors import UserError
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.npz import write_motion_npz
from ptalker_blender.style.library import import_style, list_styles, load_style, save_style
from ptalker_blender.style.performance import Performance, load_performance, parse_range
from ptalker_blender.weights_path import weights_dir


@pytest.fixture
def motion():
    return Motion(np.random.default_rng(0).random((150, 55)).astype(np.float32), 30.0)


@pytest.fixture
def clip(tmp_path, motion):
    write_motion_npz(motion, tmp_path / "calm take.npz")
    return tmp_path / "calm take.npz"


def test_whole_and_part(clip, motion):
    whole = load_performance(clip)
    assert whole.name == "calm take" and whole.audio is None
    np.testing.assert_array_equal(whole.motion.values, motion.values)
    np.testing.assert_array_equal(load_performance(clip, 1.0, 2.5).motion.values, motion.values[30:75])
    np.testing.assert_array_equal(load_performance(clip, start=4.0).motion.values, motion.values[120:])


@pytest.mark.parametrize(
    ("start", "end"), [(1.0, 1.5), (4.5, None), (-1, 3), (3, 2), (0, 6), (7, 9), (float("nan"), 2)]
)
def test_bad_ranges_are_refused(clip, start, end):
    with pytest.raises(UserError):
        load_performance(clip, start, end)


def test_a_performance_has_at_least_a_second(tmp_path, motion):
    write_motion_npz(Motion(motion.values[:29], 30.0), tmp_path / "a.npz")
    with pytest.raises(UserError, match="at least 1 s"):
        load_performance(tmp_path / "a.npz")
    write_motion_npz(Motion(motion.values[:30], 30.0), tmp_path / "a.npz")
    assert load_performance(tmp_path / "a.npz").motion.seconds == 1.0


def test_ranges_are_parsed():
    assert parse_range("1.5:4") == (1.5, 4.0)
    assert parse_range(" :4 ") == (None, 4.0)
    assert parse_range("2:") == (2.0, None)
    for text in ("", "4", "a:b", "1:2:3", "-1:2", "nan:2", "1e3:2"):
        with pytest.raises(UserError):
            parse_range(text)


def test_library_round_trip(tmp_path, motion):
    save_style(Performance(motion), "Calm and low", tmp_path / "calm.npz", {"jaw": 0.5})
    save_style(Performance(motion), "Big and bright", tmp_path / "bright-2.npz")
    styles = list_styles(tmp_path)
    assert [style.name for style in styles] == ["bright-2", "calm"]
    assert [style.description for style in styles] == ["Big and bright", "Calm and low"]
    assert styles[1].performer == {"jaw": 0.5} and styles[0].performer == {}
    loaded = load_style("calm", tmp_path)
    assert loaded.identity == "calm"
    assert load_performance(tmp_path / "calm.npz").identity == ""  # a file is nobody the network knows
    assert loaded.name == "calm"
    np.testing.assert_array_equal(loaded.motion.values, motion.values)
    np.testing.assert_array_equal(load_performance(tmp_path / "calm.npz").motion.values, motion.values)


def test_unknown_names_list_the_known_ones(tmp_path, motion):
    save_style(Performance(motion), "Calm", tmp_path / "calm.npz")
    for name in ("angry", "../calm", "calm.npz", ""):
        with pytest.raises(UserError, match="one of: calm"):
            load_style(name, tmp_path)
    with pytest.raises(UserError, match="library is empty"):
        load_style("calm", tmp_path / "nowhere")
    assert list_styles(tmp_path / "nowhere") == ()


def test_a_motion_without_description_is_not_a_style(tmp_path, motion):
    write_motion_npz(motion, tmp_path / "a.npz")
    with pytest.raises(UserError, match="no description"):
        list_styles(tmp_path)


@pytest.mark.parametrize(
    ("file", "text"), [("my style.npz", "x"), ("a.csv", "x"), ("a.npz", ""), ("a.npz", "two\nlines")]
)
def test_style_names_have_no_spaces_and_descriptions_one_line(tmp_path, motion, file, text):
    with pytest.raises(ValueError, match="style"):
        save_style(Performance(motion), text, tmp_path / file)


def test_weights_are_found_by_setting_then_environment_then_installation(tmp_path, monkeypatch, motion):
    setting, environment = tmp_path / "setting", tmp_path / "environment"
    setting.mkdir()
    (environment / "styles").mkdir(parents=True)
    monkeypatch.setenv("PTALKER_WEIGHTS", str(environment))
    assert weights_dir(setting) == setting and weights_dir() == environment
    save_style(Performance(motion), "Calm", environment / "styles" / "calm.npz")
    whole, part = resolve_style("calm"), resolve_style("calm", (0.0, 1.5))
    assert whole is not None and part is not None and whole.identity == part.identity == "calm"
    assert part.motion.seconds == 1.5
    assert [style.name for style in list_styles()] == ["calm"]
    with pytest.raises(UserError, match="no folder"):
        weights_dir(tmp_path / "missing")
    monkeypatch.setenv("PTALKER_WEIGHTS", str(tmp_path / "missing"))
    with pytest.raises(UserError, match="PTALKER_WEIGHTS"):
        weights_dir()


def test_a_shared_style_is_copied_byte_for_byte(tmp_path, motion):
    shared, own = tmp_path / "shared", tmp_path / "own"
    shared.mkdir()
    own.mkdir()
    save_style(Performance(motion, "calm"), "Quiet", shared / "calm.npz")
    entry = import_style(shared / "calm.npz", own / "still.npz")
    assert (entry.name, entry.description) == ("still", "Quiet")
    assert (own / "still.npz").read_bytes() == (shared / "calm.npz").read_bytes()
    assert [style.name for style in list_styles(own)] == ["still"]


def test_what_is_no_style_is_not_imported(tmp_path, motion, clip):
    (tmp_path / "torn.npz").write_bytes(clip.read_bytes()[:200])
    no_motion = tmp_path / "words.npz"
    np.savez(no_motion, description="Words alone")
    for given, words in ((clip, "no description"), (tmp_path / "torn.npz", "cannot be read"), (no_motion, "has no")):
        with pytest.raises(UserError, match=words):
            import_style(given, tmp_path / "target.npz")
        assert not (tmp_path / "target.npz").exists()


def test_a_performance_itself_takes_the_place_of_a_name(motion):
    first, second = Performance(motion, "Action"), Performance(Motion(motion.values[::-1].copy(), 30.0), "Mesh")
    assert resolve_style("voice", given=first) is first
    mixed = resolve_style("", given=first, given_mix=second, mix_share=0.25)
    assert [(part.name, share) for part, share in mixed.parts] == [("Action", 0.75), ("Mesh", 0.25)]
    with_library = resolve_style("", given=first, mix="stern")
    assert [part.name for part, _ in with_library.parts] == ["Action", "stern"]
    with pytest.raises(UserError, match="a style to mix in without a style"):
        resolve_style("voice", given_mix=second)
