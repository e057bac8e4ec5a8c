"""Frames survive a round trip, and anything else is refused."""

from __future__ import annotations

import contextlib
import io
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ptalker_blender.engine import protocol
from ptalker_blender.engine.protocol import Message, ProtocolError, read_message, write_message

ARRAYS = st.sampled_from(protocol.DTYPES).flatmap(
    lambda code: hnp.arrays(np.dtype(code), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)
MESSAGES = st.builds(
    Message,
    kind=st.text(),
    fields=st.dictionaries(st.text(), JSON, max_size=4),
    arrays=st.dictionaries(st.text(), ARRAYS, max_size=3),
)


def encode(*messages: Message) -> bytes:
    stream = io.BytesIO()
    for message in messages:
        write_message(stream, message)
    return stream.getvalue()


def frame(header: object, payload: bytes = b"") -> io.BytesIO:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return io.BytesIO(struct.pack("<I", len(text)) + text + payload)


def one_array(**changes: object) -> dict[str, object]:
    entry = {"name": "a", "dtype": "<f4", "shape": [1]} | changes
    return {"kind": "k", "fields": {}, "arrays": [entry]}


@given(st.lists(MESSAGES, max_size=3))
def test_round_trip_of_several_frames(messages: list[Message]) -> None:
    stream = io.BytesIO(encode(*messages))
    for sent in messages:
        received = read_message(stream)
        assert received is not None
        assert (received.kind, received.fields, list(received.arrays)) == (sent.kind, sent.fields, list(sent.arrays))
        for name, array in sent.arrays.items():
            assert received.arrays[name].dtype == array.dtype
            assert received.arrays[name].shape == array.shape
            assert received.arrays[name].tobytes() == array.tobytes()  # bit for bit, NaN payloads too
    assert read_message(stream) is None


def test_bytes_on_the_wire_are_the_documented_ones() -> None:
    data = encode(Message("k", {}, {"a": np.array([1.0, -2.0], dtype=">f4")}))
    (length,) = struct.unpack("<I", data[:4])
    assert json.loads(data[4 : 4 + length]) == {
        "kind": "k",
        "fields": {},
        "arrays": [{"name": "a", "dtype": "<f4", "shape": [2]}],
    }
    assert data[4 + length :] == struct.pack("<2f", 1.0, -2.0)


def test_strided_and_writable() -> None:
    sent = np.arange(12, dtype=np.float32).reshape(3, 4).T[::2]
    received = read_message(io.BytesIO(encode(Message("k", {}, {"a": sent}))))
    assert received is not None
    np.testing.assert_array_equal(received.arrays["a"], sent)
    received.arrays["a"][0, 0] = 9.0


def test_undecodable_file_names_survive() -> None:
    name = b"caf\xe9.wav".decode("utf-8", "surrogateescape")
    received = read_message(io.BytesIO(encode(Message("k", {"path": name}))))
    assert received is not None
    assert received.fields["path"] == name


@given(st.binary(max_size=200))
def test_garbage_is_refused(data: bytes) -> None:
    try:
        message = read_message(io.BytesIO(data))
    except ProtocolError:
        return
    assert message is None
    assert data == b""


@given(MESSAGES, st.data())
def test_a_damaged_frame_never_escapes_as_another_error(message: Message, data: st.DataObject) -> None:
    encoded = bytearray(encode(message))
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ProtocolError):
        read_message(io.BytesIO(bytes(encoded)))


@given(MESSAGES, st.data())
def test_every_truncation_is_noticed(message: Message, data: st.DataObject) -> None:
    encoded = encode(message)
    cut = data.draw(st.integers(1, len(encoded) - 1))
    with pytest.raises(ProtocolError):
        read_message(io.BytesIO(encoded[:cut]))


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"kind": "k", "fields": {"x": NaN}, "arrays": []}',
        [],
        {"kind": "k", "fields": {}},
        {"kind": "k", "fields": {}, "arrays": [], "more": 1},
        {"kind": 1, "fields": {}, "arrays": []},
        {"kind": "k", "fields": [], "arrays": []},
        {"kind": "k", "fields": {}, "arrays": [[]]},
        {"kind": "k", "fields": {}, "arrays": [{"name": "a", "dtype": "<f4", "shape": []}] * 2},
        {"kind": "k", "fields": {}, "arrays": [{"name": str(i), "dtype": "<f4", "shape": [0]} for i in range(65)]},
        one_array(dtype="|O"),
        one_array(dtype="O"),
        one_array(dtype=["<f4"]),
        one_array(shape=[-1]),
        one_array(shape=[1.0]),
        one_array(shape=[True]),
        one_array(shape=3),
        one_array(shape=[1] * 9),
        one_array(shape=[2**40]),
        one_array(shape=[2**20, 2**20]),
        one_array(shape=[0, 2**30, 2**30, 2**30]),
        one_array(name=None),
    ],
)
def test_malformed_headers(header: object) -> None:
    with pytest.raises(ProtocolError):
        read_message(frame(header, b"\0" * 4096))


def test_a_false_length_is_refused_before_anything_is_allocated() -> None:
    class Counting(io.BytesIO):
        asked = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.asked = max(self.asked, size or 0)
            return super().read(size)

    liar = Counting(frame(one_array(shape=[2**28]), b"\0" * 8).getvalue())
    with pytest.raises(ProtocolError, match="ended after 8 of"):
        read_message(liar)
    assert liar.asked <= 1 << 20
    with pytest.raises(ProtocolError, match="at most"):
        read_message(io.BytesIO(b"\xff\xff\xff\xff"))


@pytest.mark.parametrize(
    "message",
    [
        Message("k", {"x": float("nan")}),
        Message("k", {"x": object()}),
        Message("k", {}, {"a": np.array(["text"])}),
        Message("k", {}, {"a": np.array([object()])}),
        Message("k", {}, {"a": np.zeros(2, dtype=np.complex64)}),
        Message("k" * (protocol.MAX_HEADER_BYTES + 1)),
    ],
)
def test_what_cannot_be_sent_writes_nothing(message: Message) -> None:
    stream = io.BytesIO()
    with pytest.raises(ProtocolError):
        write_message(stream, message)
    assert stream.getvalue() == b""


def test_short_reads_of_a_raw_pipe_are_joined() -> None:
    class Dribble(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 3))

    sent = Message("k", {"n": 1}, {"a": np.arange(50, dtype=np.int32)})
    received = read_message(Dribble(encode(sent)))
    assert received is not None
    np.testing.assert_array_equal(received.arrays["a"], sent.arrays["a"])
