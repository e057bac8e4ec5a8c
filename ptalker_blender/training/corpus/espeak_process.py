"""Speak one sentence with libespeak-ng; run as a program, never imported by the package.

A process of its own for every sentence, because the library keeps state between sentences (half of its variants
sound different after another voice has spoken, and starting it anew after espeak_Terminate can hang), and so that
libespeak-ng is never loaded into a process of ours. Standard library only, so that it starts in a few hundredths
of a second.

stdin: JSON {library, text, voice, rate, pitch, range, ipa}; ipa: names of phones in IPA, not in espeak's mnemonics.
stdout: one JSON line {"rate": Hz, "onsets": [[name, sample], ...]}, then the samples as native int16.
Exit status 3: no such library; 4: no such voice; 5: no data.
"""

import ctypes
import json
import sys


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int), ("unique_identifier", ctypes.c_uint), ("text_position", ctypes.c_int),
        ("length", ctypes.c_int), ("audio_position", ctypes.c_int), ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p), ("id", _Id),
    ]  # fmt: skip


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))
# Constants of speak_lib.h.
_EVENT_LIST_END, _EVENT_PHONEME = 0, 7
_PARAMETERS = {"rate": 1, "pitch": 3, "range": 4}
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_PHONEME_EVENTS, _PHONEME_IPA, _DONT_EXIT = 0x0001, 0x0002, 0x8000
_POS_CHARACTER, _CHARS_UTF8 = 1, 1


def main() -> int:
    """Serve the one request on stdin."""
    request = json.load(sys.stdin)
    try:
        library = ctypes.CDLL(request["library"])
    except OSError as error:
        print(error, file=sys.stderr)
        return 3
    options = _PHONEME_EVENTS | _DONT_EXIT | (_PHONEME_IPA if request["ipa"] else 0)
    rate = library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, None, options)
    if rate <= 0:
        return 5
    chunks: list[bytes] = []
    onsets: list[tuple[str, int]] = []

    def receive(samples, count, events):  # type: ignore[no-untyped-def]  # the signature is _CALLBACK
        if count > 0 and samples:
            chunks.append(ctypes.string_at(samples, 2 * count))
        k = 0
        while events[k].type != _EVENT_LIST_END:
            event = events[k]
            if event.type == _EVENT_PHONEME:
                # Eight raw bytes, not always NUL-terminated.
                raw = ctypes.string_at(ctypes.addressof(event) + _Event.id.offset, 8).split(b"\0")[0]
                onsets.append((raw.decode("utf-8", "replace"), event.sample))
            k += 1
        return 0

    callback = _CALLBACK(receive)  # kept alive until the end of the synthesis
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(request["voice"].encode()):
        return 4
    for name, number in _PARAMETERS.items():
        library.espeak_SetParameter(number, int(request[name]), 0)
    text = request["text"].encode("utf-8") + b"\0"
    library.espeak_Synth(text, ctypes.c_size_t(len(text)), 0, _POS_CHARACTER, 0, _CHARS_UTF8, None, None)
    library.espeak_Synchronize()
    sys.stdout.buffer.write(json.dumps({"rate": rate, "onsets": onsets}).encode() + b"\n" + b"".join(chunks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
