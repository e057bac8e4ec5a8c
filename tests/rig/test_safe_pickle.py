"""Pickles: what arrays need is read as the standard library reads it; all else is refused, and nothing ever runs."""

import collections
import pickle
import pickletools
import struct
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.errors import UserError
from ptalker_blender.rig.safe_pickle import loads, read_pickle
from ptalker_blender.rig.safe_pickle_values import Limits, ObjectArray, SparseMatrix, Unevaluated

PROTOCOLS = range(6)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text() | st.binary()
)
keys = st.text() | st.integers(-(2**63), 2**63) | st.binary()
data = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(keys, inner),
    max_leaves=20,
)


def is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(is_plain(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple | set):
        return all(is_plain(part) for part in value)
    if isinstance(value, ObjectArray):
        return is_plain(value.items)
    return value is None or isinstance(
        value, bool | int | float | complex | str | bytes | np.ndarray | SparseMatrix | Unevaluated
    )


@given(data, st.sampled_from(PROTOCOLS))
def test_plain_data_is_read_as_the_standard_library_reads_it(value, protocol):
    assert loads(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "array",
    [
        np.arange(24, dtype=np.float64).reshape(2, 3, 4),
        np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        np.arange(5, dtype=">i4"),
        np.array([[4294967295, 0], [1, 2]], np.uint32),
        np.array(True),
        np.zeros((0, 3), np.int64),
        np.array(["lbs", "ä"]),
        np.array([b"x", b"yz"]),
        np.array([1 + 2j], np.complex64),
    ],
    ids=lambda array: f"{array.dtype.str}{array.shape}",
)
def test_arrays_of_every_protocol(array, protocol, legacy_dumps):
    pickles = [pickle.dumps(array, protocol)]
    if protocol <= 2:
        pickles.append(legacy_dumps(array, protocol))
    for raw in pickles:
        read = loads(raw)
        assert read.dtype == array.dtype and read.shape == array.shape
        assert np.array_equal(read, array)
        assert not read.flags.writeable


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numpy_2_names_and_scalars(protocol):
    value = {"n": np.float64(0.25), "i": np.int64(-3), "a": np.arange(3.0), "o": collections.OrderedDict(b=1, a=2)}
    raw = pickle.dumps(value, protocol)
    if protocol >= 4:  # text is counted there: only the older protocols end names at line ends
        raw = raw.replace(b"\x95" + raw[3:11], b"", 1).replace(
            b"\x15numpy.core.multiarray", b"\x16numpy._core.multiarray"
        )
    else:
        raw = raw.replace(b"cnumpy.core.multiarray\n", b"cnumpy._core.multiarray\n")
    read = loads(raw)
    assert read["n"] == 0.25 and read["i"] == -3 and list(read["o"].items()) == [("b", 1), ("a", 2)]
    assert read["a"].tolist() == [0, 1, 2]
    assert type(read["n"]) is float and type(read["i"]) is int


def test_python_2_strings_are_latin_1(legacy_dumps):
    assert loads(legacy_dumps({"bs_type": "lrotmin", "note": "\xe9\\n'\""}, 0)) == {
        "bs_type": "lrotmin", "note": "\xe9\\n'\"",
    }  # fmt: skip
    every = bytes(range(256))
    assert loads(legacy_dumps(every, 0)).encode("latin-1") == every
    assert loads(legacy_dumps(every, 2)).encode("latin-1") == every


@pytest.mark.parametrize("protocol", [0, 1, 2, 4])
@pytest.mark.parametrize("layout", ["csc", "csr"])
@pytest.mark.parametrize("module", ["scipy.sparse", "scipy.sparse.{0}", "scipy.sparse._{0}"])
def test_sparse_matrices(layout, protocol, module, legacy_dumps):
    dense = np.array([[0, 1.5, 0, 0], [2, 0, 0, -1], [0, 0, 0, 0]])
    matrix = getattr(scipy.sparse, f"{layout}_matrix")(dense)
    # Old scipy pickled the instance dictionary, with numbers of numpy in its shape now and then.
    attributes = {"_shape": (np.int64(3), 4), "maxprint": 50, "format": layout, "_has_sorted_indices": True}
    old = type(f"{layout}_matrix", (), {"__module__": module.format(layout)})()
    old.__dict__.update(attributes, data=matrix.data, indices=matrix.indices, indptr=matrix.indptr)
    for raw in (pickle.dumps(matrix, protocol), legacy_dumps(old, protocol, python2=protocol < 3)):
        read = loads(raw)
        assert isinstance(read, SparseMatrix) and read.shape == (3, 4)
        assert np.array_equal(read.dense(), dense)


def test_sparse_entries_given_twice_are_added():
    twice = scipy.sparse.csc_matrix((np.array([1.0, 2.0]), (np.array([1, 1]), np.array([0, 0]))), shape=(2, 2))
    twice.data, twice.indices, twice.indptr = np.array([1.0, 2.0]), np.array([1, 1]), np.array([0, 2, 2])
    assert np.array_equal(loads(pickle.dumps(twice)).dense(), [[0, 0], [3, 0]])


@pytest.mark.parametrize("protocol", [0, 1, 2])
def test_chumpy_arrays_are_their_values(protocol, legacy_dumps, chumpy):
    x = np.arange(24.0).reshape(2, 3, 4)
    leaf = chumpy("ch.Ch", x=x)
    value = {
        "leaf": leaf,
        "select": chumpy("reordering.Select", a=leaf, idxs=np.array([5, 0, 23]), preferred_shape=(3, 1)),
        "reshape": chumpy("reordering.Reshape", a=leaf, newshape=(4, -1)),
        "transpose": chumpy("reordering.transpose", a=leaf, axes=(2, 0, 1)),
        "joined": chumpy("reordering.Concatenate", dterms=["m0", "m1"], m0=leaf, m1=leaf, axis=2),
        "product": chumpy("ch_ops.multiply", a=leaf, b=leaf),
        "above": chumpy("reordering.Reshape", a=chumpy("ch_ops.add", a=leaf, b=leaf), newshape=(24,)),
    }
    read = loads(legacy_dumps(value, protocol))
    assert np.array_equal(read["leaf"], x)
    assert np.array_equal(read["select"], [[5], [0], [23]])
    assert np.array_equal(read["reshape"], x.reshape(4, 6))
    assert np.array_equal(read["transpose"], x.transpose(2, 0, 1))
    assert np.array_equal(read["joined"], np.concatenate([x, x], axis=2))
    assert read["product"] == Unevaluated("chumpy.ch_ops.multiply")
    assert isinstance(read["above"], Unevaluated)


def test_arrays_of_objects_hold_plain_data_only():
    matrix = scipy.sparse.csc_matrix(np.eye(2))
    boxed = np.empty((), object)
    boxed[()] = matrix
    read = loads(pickle.dumps({"r": boxed, "l": np.array(["a", None], object)}))
    assert isinstance(read["r"], ObjectArray) and read["r"].shape == ()
    assert np.array_equal(read["r"].items[0].dense(), np.eye(2))
    assert read["l"].items == ("a", None)


# Hostile files. Each would leave the canary file if anything in it ran; the first test proves that they can.


def commands(canary: str) -> dict[str, bytes]:
    touch = f"open({canary!r}, 'w').close()"
    text = pickle.dumps(touch, 0)[:-1]
    return {
        "REDUCE": b"c__builtin__\nexec\n(" + text + b"tR.",
        "INST": b"(" + text + b"i__builtin__\nexec\n.",
        "OBJ": b"(c__builtin__\nexec\n" + text + b"o.",
        "STACK_GLOBAL": b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93(" + text + b"tR.",
        "os.system": b"cposix\nsystem\n(S'touch " + canary.encode() + b"'\ntR.",
        "two steps": b"c__builtin__\ngetattr\n(c__builtin__\n__import__\n(S'os'\ntRS'system'\ntR(S'touch "
        + canary.encode()
        + b"'\ntR.",
        "inside data": b"}S'v_template'\nc__builtin__\nexec\n(" + text + b"tRs.",
    }


WORKING = tuple(commands(""))


@pytest.mark.parametrize("way", WORKING)
def test_nothing_in_a_hostile_file_runs(way, tmp_path):
    canary = tmp_path / "canary"
    hostile = commands(str(canary))[way]
    with pytest.raises(UserError, match="contains"):
        loads(hostile)
    assert not canary.exists()
    pickle.loads(hostile)
    assert canary.exists(), "this pickle proves nothing: it is harmless to the standard library too"


class Setter:
    """What BUILD would call on an object of an arbitrary class."""

    def __setstate__(self, state):
        Path(state["canary"]).touch()


class Maker:
    """What NEWOBJ would call."""

    def __new__(cls, canary):
        Path(canary).touch()
        return super().__new__(cls)

    def __getnewargs__(self):
        return (str(self.canary),)


class KeywordMaker(Maker):
    """What NEWOBJ_EX would call."""

    def __new__(cls, *, canary):
        return Maker.__new__(cls, canary)

    def __getnewargs_ex__(self):
        return (), {"canary": str(self.canary)}


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("of", [Setter, Maker, KeywordMaker])
def test_no_object_of_another_class_is_made_or_filled(of, protocol, tmp_path):
    canary = tmp_path / "canary"
    value = object.__new__(of)
    value.canary = str(canary)
    raw = pickle.dumps(value, protocol)
    with pytest.raises(UserError):
        loads(raw)
    assert not canary.exists()


ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
FLOATS = b"cnumpy\ndtype\n(S'f8'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"


def filled(shape: bytes, dtype: bytes, raw: bytes) -> bytes:
    return ARRAY + b"(I1\n(" + shape + b"t" + dtype + b"I00\n" + raw + b"tb."


REFUSED = {
    "nothing": b"",
    "no end": b"(",
    "empty stack": b".",
    "a mark as result": b"(.",
    "EXT1": b"\x80\x02\x82\x01.",
    "EXT2": b"\x80\x02\x83\x01\x00.",
    "EXT4": b"\x80\x02\x84\x01\x00\x00\x00.",
    "PERSID": b"Pfile\n.",
    "BINPERSID": b"S'file'\nQ.",
    "NEXT_BUFFER": b"\x80\x05\x97.",
    "protocol 6": b"\x80\x06N.",
    "unknown opcode": b"\xff.",
    "class as value": b"cnumpy\nndarray\n.",
    "call of a class": b"cnumpy\nndarray\n(I3\ntR.",
    "chumpy called": b"cchumpy.ch\nCh\n(I3\ntR.",
    "state for a list": b"](I1\ntb.",
    "state twice": filled(b"I1\n", FLOATS, b"S'12345678'\n")[:-1] + b"(I1\n(t" + FLOATS + b"I00\nS''\ntb.",
    "items for a tuple": b")Na.",
    "array without state": ARRAY + b".",
    "huge shape": filled(b"I2000000000\nI2000000000\n", FLOATS, b"S'12345678'\n"),
    "huge empty shape": filled(b"I0\nI2000000000\nI2000000000\nI2000000000\n", FLOATS, b"S''\n"),
    "negative shape": filled(b"I-1\n", FLOATS, b"S'12345678'\n"),
    "too few bytes": filled(b"I2\n", FLOATS, b"S'12345678'\n"),
    "too many bytes": filled(b"", FLOATS, b"S'123456789'\n"),
    "bytes that are text": filled(b"", FLOATS, b"V1234567\\u20ac\n"),
    "no bytes": filled(b"I1\n", FLOATS, b"N"),
    "objects missing": filled(b"I5\n", b"cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR", b"(lNa"),
    "pointers as bytes": filled(b"", b"cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR", b"S'12345678'\n"),
    "void type": filled(b"", b"cnumpy\ndtype\n(S'V8'\nI0\nI1\ntR", b"S'12345678'\n"),
    "type of no size": filled(b"I9\n", b"cnumpy\ndtype\n(S'S0'\nI0\nI1\ntR", b"S''\n"),
    "type with a comma": filled(b"", b"cnumpy\ndtype\n(S'f4,f4'\nI0\nI1\ntR", b"S'12345678'\n"),
    "masked array": b"cnumpy.ma.core\nMaskedArray\n.",
    "array of another class": ARRAY.replace(b"ndarray", b"memmap") + b".",
    "number of 10 bytes": b"\x80\x02\x8a\x0a" + bytes(10) + b".",
    "endless number": b"I" + b"9" * 5000 + b"\n.",
    "bad number": b"I0x10\n.",
    "bad float": b"Fone\n.",
    "bad escape": b"S'\\q'\n.",
    "split escape": b"S'\\x4\\\\1'\n.",
    "no quotes": b"Sabc\n.",
    "bad utf-8": b"X\x01\x00\x00\x00\xff.",
    "bad unicode escape": b"V\\u12\n.",
    "negative length": b"T\xff\xff\xff\xff.",
    "frame beyond the end": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7fN.",
    "odd dictionary": b"(S'a'\nd.",
    "list as key": b"}(]Nu.",
    "tuple as key": b"}()Nu.",
    "list in a set": b"\x80\x04\x8f(]\x90.",
    "never stored": b"g7\n.",
    "list in itself": b"]q\x00h\x00a.",
    "chumpy without state": b"\x80\x02cchumpy.ch\nCh\n)\x81.",
    "chumpy of text": b"\x80\x02cchumpy.ch\nCh\n)\x81}U\x01xU\x01asb.",
    "bool as length": b"\x80\x02cchumpy.reordering\nSelect\n)\x81}(U\x01aK\x01U\x04idxsK\x05ub.",
    "impossible character": b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S'U1'\nI0\nI1\ntR"
    b"S'\\xff\\xff\\xff\\xff'\ntR.",
    "sparse without tables": b"\x80\x02cscipy.sparse.csc\ncsc_matrix\n)\x81}U\x06_shapeK\x01K\x02\x86sb.",
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_refused_with_one_line(raw):
    with pytest.raises(UserError, match=r"^model\.pkl contains .+; expected .+; .+$"):
        loads(raw, "model.pkl")


@pytest.mark.parametrize("of", [list, tuple, dict])
def test_laughs_are_counted_as_often_as_they_are_reached(of):
    value: object = "ha"
    for _ in range(20):
        value = {k: value for k in range(10)} if of is dict else of([value] * 10)
    raw = pickle.dumps(value, 2)
    assert len(raw) < 2000
    with pytest.raises(UserError, match="items"):
        loads(raw)


def test_nested_arrays_of_objects_do_not_multiply():
    shared = b"]q\x00(" + b"N" * 1000 + b"e0"
    dtype = b"cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR"
    one = ARRAY + b"(I1\n(I1000\nt" + dtype + b"I00\nh\x00tb"
    with pytest.raises(UserError, match="together"):
        loads(shared + b"(" + one * 60 + b"l.", limits=Limits(array_bytes=1_000_000))


@pytest.mark.parametrize("raw", [b"]" * 200_000 + b"a" * 199_999 + b".", b")" + b"\x85" * 200_000 + b"."])
def test_depth_is_a_message_and_not_a_crash(raw):
    with pytest.raises(UserError, match="within each other"):
        loads(raw)


def test_one_array_used_over_and_over_is_paid_every_time():
    blob = b"\x80\x02B" + struct.pack("<I", 80_000) + bytes(80_000) + b"q\x000"
    one = ARRAY + b"(K\x01(M\x10\x27t" + FLOATS + b"\x89h\x00tb0"
    assert loads(blob + one * 10 + b"N.") is None
    with pytest.raises(UserError, match="arrays of more than"):
        loads(blob + one * 10 + b"N.", limits=Limits(array_bytes=500_000))


def test_files_and_limits(tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"f": np.arange(3)}))
    assert read_pickle(path)["f"].tolist() == [0, 1, 2]
    with pytest.raises(UserError, match="at most 10"):
        read_pickle(path, Limits(file_bytes=10))
    with pytest.raises(UserError, match="cannot be read"):
        read_pickle(tmp_path / "absent.pkl")
    with pytest.raises(UserError, match="cannot be read"):
        read_pickle(tmp_path)
    with pytest.raises(UserError, match="steps"):
        loads(b"N0" * 100 + b"N.", limits=Limits(opcodes=150))


# Properties: whatever the bytes, plain data or one line.


def plain_or_refused(raw: bytes) -> None:
    try:
        value = loads(raw, limits=Limits(array_bytes=10_000_000, opcodes=10_000))
    except UserError:
        return
    assert is_plain(value)


@given(st.binary(max_size=200))
def test_any_bytes_are_data_or_refused(raw):
    plain_or_refused(raw)


ARGUMENTS = {
    "uint1": st.binary(min_size=1, max_size=1),
    "uint2": st.binary(min_size=2, max_size=2),
    "int4": st.integers(-3, 30).map(lambda n: struct.pack("<i", n)),
    "uint4": st.integers(0, 30).map(lambda n: struct.pack("<I", n)),
    "uint8": st.integers(0, 30).map(lambda n: struct.pack("<Q", n)),
    "float8": st.binary(min_size=8, max_size=8),
}
WORDS = st.sampled_from(
    [b"x", b"a", b"data", b"f8", b"O8", b"U3", b"<", b"latin1", b"_shape", b"indptr", b"indices", b"idxs", b"newshape"]
)
NAMES = st.sampled_from(
    [
        b"cnumpy\nndarray\n", b"cnumpy\ndtype\n", b"cnumpy.core.multiarray\n_reconstruct\n", b"cchumpy.ch\nCh\n",
        b"cnumpy.core.multiarray\nscalar\n", b"cnumpy.core.numeric\n_frombuffer\n", b"c_codecs\nencode\n",
        b"cscipy.sparse.csc\ncsc_matrix\n", b"ccopy_reg\n_reconstructor\n", b"c__builtin__\nobject\n",
        b"c__builtin__\nset\n", b"ccollections\nOrderedDict\n", b"cchumpy.reordering\nSelect\n",
        b"cchumpy.reordering\nReshape\n", b"cchumpy.reordering\nConcatenate\n", b"cposix\nsystem\n",
        ARRAY, FLOATS, FLOATS[:42], b"cchumpy.ch\nCh\n)\x81", b"cscipy.sparse.csr\ncsr_matrix\n)\x81",
    ]
)  # fmt: skip
OPCODES = st.sampled_from([info for info in pickletools.opcodes if info.code != "."]).flatmap(
    lambda info: (
        ARGUMENTS[info.arg.name]
        if info.arg is not None and info.arg.name in ARGUMENTS
        else (st.just(b"") if info.arg is None else st.binary(max_size=6).map(lambda raw: raw + b"\n"))
    ).map(lambda raw: info.code.encode("latin-1") + raw)
)
STRINGS = WORDS.map(lambda word: b"U" + bytes([len(word)]) + word)
SMALL = st.integers(0, 5).map(lambda n: b"K" + bytes([n]))
PIECES = (
    NAMES
    | OPCODES
    | STRINGS
    | SMALL
    | st.sampled_from([b"(", b"t", b"R", b"b", b"\x81", b"q\x00", b"h\x00", b"}", b"s"])
)


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=40))
def test_any_program_of_known_opcodes_is_data_or_refused(pieces):
    plain_or_refused(b"".join(pieces) + b".")


def realistic() -> bytes:
    return pickle.dumps(
        {
            "f": np.arange(6, dtype=np.uint32).reshape(2, 3),
            "J_regressor": scipy.sparse.csc_matrix(np.eye(3)),
            "bs_type": "lrotmin",
            "o": np.array([None, "x"], object),
        },
        2,
    )


@settings(max_examples=400)
@given(st.data())
def test_any_damage_to_a_real_file_is_data_or_refused(draw):
    raw = bytearray(realistic())
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(raw) - 1))
        raw[at] = draw.draw(st.integers(0, 255))
    plain_or_refused(bytes(raw[: draw.draw(st.integers(1, len(raw)))]))
