"""What a container wrote, as Docker keeps it.

Docker drops the beginning if its settings say so (the log driver's max-size), and tells nobody.
"""

from collections.abc import Iterator
from datetime import datetime

from docker import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container

from lab.api.outputs import Piece


def pieces(
    client: DockerClient, container: Container, *, alone: bool, follow: bool
) -> Iterator[Piece]:
    """Yield it in pieces; with `follow`, until the container is removed."""
    if not follow or container.attrs["Config"]["Tty"]:
        # On a terminal nothing marks where one of Docker's entries ends: followed to its stop.
        for data in container.logs(stream=True, follow=follow, stderr=not alone):
            yield Piece(data)
    else:
        yield from _followed(client, container, alone=alone)


class Entries:
    """The entries of one output of a container, each once; an entry is a line, or a part of one.

    Docker gives the parts of a line the same time, and later ones never an earlier one.
    """

    def __init__(self, container: Container, stream: str) -> None:
        self._container = container
        self._stream = stream
        self._last = b""  # the time of the last one that was read, as Docker writes it
        self._read = 0  # how many of that time were
        self._unfinished = False

    def new(self) -> Iterator[Piece]:
        """Yield those that have come since it was asked last, with their times."""
        yield from self._new()
        if self._unfinished and self._has_ended():
            yield from self._new()  # what it wrote before its end is there by now
            if self._unfinished:
                yield self._end_of_line()

    def _has_ended(self) -> bool:
        """Has the program that wrote the last entry ended?"""
        self._container.reload()
        state = self._container.attrs["State"]
        seconds, _, fraction = state["StartedAt"].rstrip("Z").partition(".")
        return not state["Running"] or f"{seconds}.{fraction:0<9}Z".encode() > self._last

    def _end_of_line(self) -> Piece:
        self._unfinished = False
        return Piece(b"\n", 0, _time_ns(self._last), self._stream)

    def _new(self) -> Iterator[Piece]:
        again = self._read
        for entry in self._entries():
            stamp, _, data = entry.partition(b" ")
            if stamp < self._last:
                continue
            if stamp == self._last:
                again -= 1
                if again >= 0:
                    continue
            elif self._unfinished:  # its program has ended in the midst of a line
                yield self._end_of_line()
            self._read = self._read + 1 if stamp == self._last else 1
            self._last = stamp
            self._unfinished = not data.endswith(b"\n")
            yield Piece(data, 0, _time_ns(stamp), self._stream)

    def _entries(self) -> Iterator[bytes]:
        since = _second(self._last) if self._last else None
        out = self._stream == "stdout"
        if not self._container.attrs["Config"]["Tty"]:
            yield from self._container.logs(
                stdout=out, stderr=not out, stream=True, follow=False, timestamps=True, since=since
            )
        elif out:  # a terminal has one output, and ends lines in its own way
            whole = self._container.logs(follow=False, timestamps=True, since=since)
            yield from whole.replace(b"\r\n", b"\n").splitlines(keepends=True)


def _followed(client: DockerClient, container: Container, *, alone: bool) -> Iterator[Piece]:
    """Docker's own stream ends when the container stops; then wait for its next start."""
    # Asked first, so that nothing happens unseen between the end of a stream and the question.
    wanted = {"container": container.id, "event": ["start", "destroy"]}
    events = client.events(filters=wanted, decode=True)
    last = b""
    try:
        while True:
            for stamp, data in _entries(container, last, alone=alone):
                last = stamp
                yield Piece(data)
            container.reload()
            if container.attrs["State"]["Running"]:
                continue  # Docker has ended the stream early, or it has been started again
            if next(events, {"Action": "destroy"})["Action"] == "destroy":
                return
    except NotFound:  # it has just been removed
        return
    finally:
        events.close()


def _entries(container: Container, last: bytes, *, alone: bool) -> Iterator[tuple[bytes, bytes]]:
    """Yield time and data of the entries after `last`; times have nine digits after the point."""
    since = _second(last) if last else None
    for entry in container.logs(
        stream=True, follow=True, stderr=not alone, timestamps=True, since=since
    ):
        stamp, _, data = entry.partition(b" ")
        if stamp > last:
            yield stamp, data


def _second(stamp: bytes) -> int:
    """Return the second of a time as Docker writes it: 2026-01-02T03:04:05.000000006Z."""
    return int(datetime.fromisoformat(stamp[:19].decode() + "+00:00").timestamp())


def _time_ns(stamp: bytes) -> int:
    return _second(stamp) * 10**9 + int(stamp[20:29])
