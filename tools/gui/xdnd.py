"""Drop a file on a window of an X server, as a desktop's file manager does: python3 xdnd.py FILE X Y

X and Y are pixels from the top left of the screen. The source's half of XDND 5
(freedesktop.org/wiki/Specifications/XDND) over libX11, the only X library there is beside a packaged Blender. Status 0
when the target would take the file, asked for its address and ended the drag. Whether it took it Blender never says:
its XdndFinished tells of failure always.
"""

from __future__ import annotations

import ctypes
import sys
import time
from ctypes import POINTER, Structure, Union, byref, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p
from pathlib import Path

VERSION, SECONDS = 5, 20.0
CLIENT_MESSAGE, SELECTION_REQUEST, SELECTION_NOTIFY = 33, 30, 31


class ClientMessage(Structure):
    """XClientMessageEvent."""

    _fields_ = (
        ("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p), ("window", c_ulong),
        ("message_type", c_ulong), ("format", c_int), ("data", c_long * 5),
    )  # fmt: skip


class SelectionRequest(Structure):
    """XSelectionRequestEvent."""

    _fields_ = (
        ("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p), ("owner", c_ulong),
        ("requestor", c_ulong), ("selection", c_ulong), ("target", c_ulong), ("property", c_ulong), ("time", c_ulong),
    )  # fmt: skip


class SelectionNotify(Structure):
    """XSelectionEvent."""

    _fields_ = (
        ("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p), ("requestor", c_ulong),
        ("selection", c_ulong), ("target", c_ulong), ("property", c_ulong), ("time", c_ulong),
    )  # fmt: skip


class Event(Union):
    """XEvent."""

    _fields_ = (
        ("type", c_int), ("client", ClientMessage), ("request", SelectionRequest), ("notify", SelectionNotify),
        ("pad", c_long * 24),
    )  # fmt: skip


def library() -> ctypes.CDLL:
    """libX11 with the types of what is called here."""
    x11 = ctypes.CDLL("libX11.so.6")
    pointer, window = c_void_p, c_ulong
    signatures = {
        "XOpenDisplay": (pointer, (c_char_p,)),
        "XDefaultRootWindow": (window, (pointer,)),
        "XInternAtom": (c_ulong, (pointer, c_char_p, c_int)),
        "XCreateSimpleWindow": (window, (pointer, window, c_int, c_int, c_uint, c_uint, c_uint, c_ulong, c_ulong)),
        "XSetSelectionOwner": (c_int, (pointer, c_ulong, window, c_ulong)),
        "XSendEvent": (c_int, (pointer, window, c_int, c_long, POINTER(Event))),
        "XNextEvent": (c_int, (pointer, POINTER(Event))),
        "XPending": (c_int, (pointer,)),
        "XFlush": (c_int, (pointer,)),
        "XWarpPointer": (c_int, (pointer, window, window, c_int, c_int, c_uint, c_uint, c_int, c_int)),
        "XChangeProperty": (c_int, (pointer, window, c_ulong, c_ulong, c_int, c_int, c_char_p, c_int)),
        "XTranslateCoordinates": (
            c_int,
            (pointer, window, window, c_int, c_int, POINTER(c_int), POINTER(c_int), POINTER(window)),
        ),
        "XGetWindowProperty": (
            c_int,
            (
                pointer,
                window,
                c_ulong,
                c_long,
                c_long,
                c_int,
                c_ulong,
                POINTER(c_ulong),
                POINTER(c_int),
                POINTER(c_ulong),
                POINTER(c_ulong),
                POINTER(c_void_p),
            ),
        ),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(x11, name)
        function.restype, function.argtypes = result, arguments
    return x11


class Source:
    """A window that offers a file; ``read`` once somebody asked for its address."""

    def __init__(self, file: Path) -> None:
        self.x11 = library()
        self.display = self.x11.XOpenDisplay(None)
        if not self.display:
            sys.exit("xdnd: no X server at $DISPLAY")
        self.root = self.x11.XDefaultRootWindow(self.display)
        self.window = self.x11.XCreateSimpleWindow(self.display, self.root, 0, 0, 1, 1, 0, 0, 0)
        self.read = False
        self.text = f"{file.resolve().as_uri()}\r\n".encode()
        self.x11.XSetSelectionOwner(self.display, self.atom("XdndSelection"), self.window, 0)

    def atom(self, name: str) -> int:
        """The server's number for a name."""
        return int(self.x11.XInternAtom(self.display, name.encode(), 0))

    def target_at(self, x: int, y: int) -> int:
        """The window under a place that says it is aware of drags."""
        window, inside = self.root, c_ulong()
        left, top = c_int(), c_int()
        while True:
            self.x11.XTranslateCoordinates(
                self.display, self.root, window, x, y, byref(left), byref(top), byref(inside)
            )
            if not inside.value:
                sys.exit(f"xdnd: no window at {x}, {y} takes drags")
            window = inside.value
            if self.is_aware(window):
                return window

    def is_aware(self, window: int) -> bool:
        """Whether a window has the property XdndAware."""
        kind, format_, count, left, data = c_ulong(), c_int(), c_ulong(), c_ulong(), c_void_p()
        self.x11.XGetWindowProperty(
            self.display, window, self.atom("XdndAware"), 0, 1, 0, 0,
            byref(kind), byref(format_), byref(count), byref(left), byref(data),
        )  # fmt: skip
        return bool(kind.value)

    def send(self, window: int, name: str, *data: int) -> None:
        """Send a message of the protocol."""
        event = Event()
        event.client = ClientMessage(
            CLIENT_MESSAGE, 0, 1, self.display, window, self.atom(name), 32, (c_long * 5)(self.window, *data)
        )
        self.x11.XSendEvent(self.display, window, 0, 0, byref(event))
        self.x11.XFlush(self.display)

    def answer(self, request: SelectionRequest) -> None:
        """Hand the file's address to who asks for the selection."""
        self.x11.XChangeProperty(
            self.display, request.requestor, request.property, request.target, 8, 0, self.text, len(self.text)
        )
        event = Event()
        event.notify = SelectionNotify(
            SELECTION_NOTIFY, 0, 1, self.display,
            request.requestor, request.selection, request.target, request.property, request.time,
        )  # fmt: skip
        self.x11.XSendEvent(self.display, request.requestor, 0, 0, byref(event))
        self.x11.XFlush(self.display)

    def wait(self, name: str, seconds: float = SECONDS) -> list[int] | None:
        """The data of the next message of a name, with the selection handed out meanwhile; None if there is none."""
        end, wanted = time.monotonic() + seconds, self.atom(name)
        while time.monotonic() < end:
            if not self.x11.XPending(self.display):
                time.sleep(0.005)
                continue
            event = Event()
            self.x11.XNextEvent(self.display, byref(event))
            if event.type == SELECTION_REQUEST:
                self.answer(event.request)
                self.read = True
            elif event.type == CLIENT_MESSAGE and event.client.message_type == wanted:
                return list(event.client.data)
        return None


def main(file: Path, x: int, y: int) -> int:
    source = Source(file)
    target, uris = source.target_at(x, y), source.atom("text/uri-list")
    source.x11.XWarpPointer(source.display, 0, source.root, 0, 0, 0, 0, x, y)
    source.send(target, "XdndEnter", VERSION << 24, uris, 0, 0)
    accepted = 0
    for step in (-8, -4, 0):  # a drag moves
        source.send(target, "XdndPosition", 0, (x + step) << 16 | y, 0, source.atom("XdndActionCopy"))
        status = source.wait("XdndStatus")
        accepted = status[1] & 1 if status else 0
        time.sleep(0.1)
    source.send(target, "XdndDrop", 0, 0, 0, 0)
    finished = source.wait("XdndFinished") is not None
    print(f"xdnd: would be taken {bool(accepted)}, was read {source.read}, finished {finished}", flush=True)
    return 0 if accepted and source.read and finished else 1


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
