"""Tables: rows, editing, merging, files."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import CONTROLS
from ptalker_blender.rig.mapping import Combination, MappingTable, Row, VisemeRow, load_table, save_table
from ptalker_blender.rig.mapping.poses import VISEMES

numbers = st.floats(-100, 100)
key_names = st.text(min_size=1, max_size=12).filter(lambda text: text.isprintable())
tables = st.builds(
    MappingTable,
    st.lists(
        st.builds(Row, st.sampled_from(CONTROLS), key_names, numbers, numbers), unique_by=lambda r: (r.control, r.key)
    ).map(tuple),
    st.lists(
        st.builds(
            Combination,
            st.lists(st.sampled_from(CONTROLS), min_size=2, max_size=3, unique=True).map(tuple),
            key_names,
            st.sampled_from(["product", "min"]),
            numbers,
            numbers,
        ),
        unique_by=lambda r: (r.controls, r.key),
    ).map(tuple),
    st.lists(
        st.builds(VisemeRow, st.sampled_from(list(VISEMES)), key_names, numbers, numbers),
        unique_by=lambda r: (r.viseme, r.key),
    ).map(tuple),
    st.dictionaries(key_names, st.tuples(st.floats(-10, 0), st.floats(0, 10))),
    st.lists(st.sampled_from(CONTROLS), unique=True, max_size=2).map(tuple),
)


@given(tables)
def test_files_bring_back_the_same_table(tmp_path_factory, table):
    path = tmp_path_factory.mktemp("table") / "head.json"
    save_table(table, path)
    assert load_table(path) == table
    first = path.read_bytes()
    save_table(load_table(path), path)
    assert path.read_bytes() == first


HEAD = '{"format": "ptalker-mapping 1", '
BAD = {
    "no json": "{",
    "a list": "[]",
    "another version": '{"format": "ptalker-mapping 9"}',
    "unknown entry": HEAD + '"row": []}',
    "unknown control": HEAD + '"rows": [{"control": "jawopen", "key": "a"}]}',
    "no key": HEAD + '"rows": [{"control": "jawOpen"}]}',
    "empty key": HEAD + '"rows": [{"control": "jawOpen", "key": ""}]}',
    "text as gain": HEAD + '"rows": [{"control": "jawOpen", "key": "a", "gain": "1"}]}',
    "truth as gain": HEAD + '"rows": [{"control": "jawOpen", "key": "a", "gain": true}]}',
    "nan": HEAD + '"rows": [{"control": "jawOpen", "key": "a", "gain": NaN}]}',
    "infinite": HEAD + '"rows": [{"control": "jawOpen", "key": "a", "gain": 1e999}]}',
    "huge integer": HEAD + '"rows": [{"control": "jawOpen", "key": "a", "gain": 1' + "0" * 400 + "}]}",
    "twice": HEAD + '"rows": [{"control": "jawOpen", "key": "a"}, {"control": "jawOpen", "key": "a"}]}',
    "one control": HEAD + '"combinations": [{"controls": ["jawOpen"], "key": "a"}]}',
    "operation": HEAD + '"combinations": [{"controls": ["jawOpen", "jawLeft"], "key": "a", "operation": "max"}]}',
    "viseme": HEAD + '"visemes": [{"viseme": "zz", "key": "a"}]}',
    "limits": HEAD + '"limits": {"a": [1, 0]}}',
    "limits of one": HEAD + '"limits": {"a": [1]}}',
    "rows no list": HEAD + '"rows": {}}',
    "silent": HEAD + '"silent": ["nobody"]}',
    "deep": "[" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_bad_files_are_refused_in_one_line(tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"bad\.json could not be read as a mapping table") as caught:
        load_table(path)
    assert "\n" not in str(caught.value)


def test_the_faulty_entry_is_named(tmp_path):
    path = tmp_path / "t.json"
    rows = [{"control": "jawOpen", "key": "a"}, {"control": "browDown", "key": "b"}]
    path.write_text(json.dumps({"format": "ptalker-mapping 1", "rows": rows}))
    with pytest.raises(UserError, match=r"rows, entry 2: 'browDown' is no control"):
        load_table(path)


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_but_a_user_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bytes") / "x.json"
    path.write_bytes(data)
    with pytest.raises(UserError):
        load_table(path)


def test_missing_and_unwritable(tmp_path):
    with pytest.raises(UserError):
        load_table(tmp_path / "none.json")
    with pytest.raises(UserError):
        save_table(MappingTable(), tmp_path / "no folder" / "x.json")


def test_a_failed_save_keeps_the_old_file(tmp_path):
    path = tmp_path / "t.json"
    save_table(MappingTable((Row("jawOpen", "a"),)), path)
    broken = MappingTable((Row("jawOpen", "\ud800"),))  # a lone surrogate has no UTF-8
    with pytest.raises((UnicodeEncodeError, UserError)):
        save_table(broken, path)
    assert load_table(path).keys == ("a",)
    assert [item.name for item in tmp_path.iterdir()] == ["t.json"]


def test_set_replaces_in_place_and_appends():
    table = MappingTable((Row("jawOpen", "a"), Row("jawLeft", "b")))
    assert table.set(Row("jawOpen", "a", 0.5)).rows == (Row("jawOpen", "a", 0.5), Row("jawLeft", "b"))
    assert table.set(Row("jawOpen", "c")).rows[2] == Row("jawOpen", "c")
    assert table.set(VisemeRow("aa", "A")).set(VisemeRow("aa", "A", 2.0)).visemes == (VisemeRow("aa", "A", 2.0),)
    pair = Combination(("jawOpen", "jawLeft"), "d")
    assert table.set(pair).combinations == (pair,)


def test_remove_by_control_key_or_both():
    both = Combination(("jawOpen", "mouthFunnel"), "c")
    table = MappingTable(
        (Row("jawOpen", "a"), Row("jawOpen", "b"), Row("jawLeft", "b")), (both,), (VisemeRow("aa", "a"),)
    )
    assert table.remove(control="jawOpen") == MappingTable((Row("jawLeft", "b"),), (), (VisemeRow("aa", "a"),))
    assert table.remove(key="b").rows == (Row("jawOpen", "a"),)
    assert table.remove(control="jawOpen", key="b").rows == (Row("jawOpen", "a"), Row("jawLeft", "b"))
    assert table.remove(key="a").visemes == ()
    with pytest.raises(ValueError, match="control or a key"):
        table.remove()


def test_the_artist_wins_over_the_guess():
    guess = MappingTable(
        (Row("jawOpen", "Mouth"), Row("eyeBlinkLeft", "BL"), Row("browInnerUp", "Brow"), Row("cheekPuff", "Puff")),
        limits={"Mouth": (0, 1), "BL": (0, 1)},
    )
    own = MappingTable((Row("jawOpen", "Big", 2.0), Row("mouthFunnel", "BL")), limits={"Big": (0, 3)}).silence(
        "cheekPuff"
    )
    merged = own.merged_over(guess)
    assert {(row.control, row.key) for row in merged.rows} == {
        ("jawOpen", "Big"),
        ("mouthFunnel", "BL"),  # the artist gave the key another meaning, so the guess's is gone
        ("browInnerUp", "Brow"),
    }
    assert merged.limits["Big"] == (0, 3) and merged.limits["Mouth"] == (0, 1)
    assert merged.silent == ("cheekPuff",) and merged.set(Row("cheekPuff", "Puff")).silent == ()
    assert MappingTable().merged_over(guess) == guess


def test_restriction_to_an_object_names_what_is_missing():
    table = MappingTable((Row("jawOpen", "a"), Row("jawLeft", "b")), limits={"a": (0, 1), "b": (0, 1)})
    kept, absent = table.restricted(["a", "z"])
    assert kept == MappingTable((Row("jawOpen", "a"),), limits={"a": (0, 1)}) and absent == ("b",)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Row("nobody", "a"),
        lambda: Row("jawOpen", "a", float("nan")),
        lambda: Row("jawOpen", "a", offset=float("inf")),
        lambda: Combination(("jawOpen", "jawOpen"), "a"),
        lambda: Combination(("jawOpen", "jawLeft"), "a", "max"),
        lambda: VisemeRow("zz", "a"),
        lambda: MappingTable((Row("jawOpen", "a"), Row("jawOpen", "a", 2.0))),
        lambda: MappingTable(limits={"a": (0.0, float("nan"))}),
    ],
)
def test_impossible_rows_are_refused(make):
    with pytest.raises(ValueError):
        make()
