"""A capture keeps no thread that it does not need; one that cannot begin leaves none."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from socket import socket, socketpair

import pytest

from lab.api.capture import Capture
from lab.api.capture_requests import CaptureRequest
from lab.errors import EvidenceError
from tests.waiting import wait_until


def agent() -> socket:
    """Connect to one that says yes to everything, until it is left."""
    near, far = socketpair()

    def answer() -> None:
        # The other end may close before it is read (reset), or answered (EPIPE).
        with far, suppress(ConnectionError):
            while far.recv(1 << 16):
                far.sendall(json.dumps({"done": None}).encode() + b"\n")

    threading.Thread(target=answer, daemon=True).start()
    return near


def captured(folder: Path) -> Capture:
    requests = [CaptureRequest(name, agent, {}, 64) for name in ("one", "another")]
    return Capture(folder / "wire.pcapng", requests, snap_bytes=64)


def interrupted_before(_start: Callable[[], None]) -> None:
    raise KeyboardInterrupt


def interrupted_after(start: Callable[[], None]) -> None:
    start()
    raise KeyboardInterrupt


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("start", [interrupted_before, interrupted_after])
def test_interrupted_beginning_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Callable[[Callable[[], None]], None]
) -> None:
    threads = set(threading.enumerate())
    capture = captured(tmp_path)
    really = threading.Thread.start

    def started(thread: threading.Thread) -> None:
        if getattr(thread, "_target", None) == capture._record:
            start(lambda: really(thread))
        else:
            really(thread)

    monkeypatch.setattr(threading.Thread, "start", started)
    with pytest.raises(KeyboardInterrupt):
        capture.begin()
    wait_until(lambda: set(threading.enumerate()) <= threads, "the end of all threads")


def test_threads_that_begin_it_end_before_it_does(tmp_path: Path) -> None:
    capture = captured(tmp_path)
    capture.begin()
    there = {thread.name for thread in threading.enumerate()}
    with pytest.raises(EvidenceError):  # what these agents say is no capture
        capture.stop()
    assert not any(name.startswith("ThreadPoolExecutor") for name in there)
