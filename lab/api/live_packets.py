"""The packets that come to the wires of hosts, with their fates, as soon as these are known."""

import select
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack

from lab.api.capture_requests import CaptureRequest, begun
from lab.errors import EvidenceError
from lab.evidence.pcapng import Blocks, Record, record
from lab.net import pcapng

_MOST_BYTES = 1 << 20
_ENDS_WITHIN_S = 30.0


class LivePackets(AbstractContextManager["LivePackets"]):
    """Those that arrive in its `with` block; one that was split or is a superpacket is one.

    `on_packet` is called with each, and `on_end` with a host whose wire has ended before the block;
    both in a thread of its own. Beginning raises EngineError when a host has no wire.
    """

    def __init__(
        self,
        hosts: Sequence[CaptureRequest],
        on_packet: Callable[[Record], object],
        on_end: Callable[[str], object],
    ) -> None:
        self._hosts = hosts
        self._on_packet = on_packet
        self._on_end = on_end
        self._entered = ExitStack()
        self._streams: dict[int, _Stream] = {}
        self._changed = threading.Condition()
        self._ending = False

    def __enter__(self) -> "LivePackets":
        with ExitStack() as entered:
            agents = entered.enter_context(begun(self._hosts, counted=False))
            self._agents = agents
            for host, agent in agents.items():
                stream = _Stream(host, *agent.stream())
                self._streams[stream.socket.fileno()] = stream
            self._live = {stream.host: stream for stream in self._streams.values()}
            self._thread = threading.Thread(target=self._read, daemon=True)
            self._thread.start()
            self._entered = entered.pop_all()
        return self

    def catch_up(self, within_s: float) -> bool:
        """Return when all packets have been passed on whose fates were known before; in time?"""
        asked = {}
        with self._changed:
            for host, stream in self._live.items():
                stream.asked += 1
                asked[stream] = stream.asked
                # What it has counted is of no interest: it says so after the packets before it.
                self._agents[host].post("counts")
            return self._changed.wait_for(
                lambda: all(one.has_ended or one.answered >= n for one, n in asked.items()),
                within_s,
            )

    def __exit__(self, *_exception: object) -> None:
        self._ending = True
        with self._entered:
            for agent in self._agents.values():
                agent.end()
            self._thread.join(_ENDS_WITHIN_S)
            for agent in self._agents.values():
                agent.abort()
            self._thread.join(_ENDS_WITHIN_S)

    def _read(self) -> None:
        poll = select.poll()
        for descriptor, stream in self._streams.items():
            poll.register(descriptor, select.POLLIN)
            self._take(stream, b"")
        while self._streams:
            for descriptor, _ in poll.poll():
                stream = self._streams[descriptor]
                data = _received(stream.socket)
                # Its statistics are its last words; that it is closed, too, takes Docker a while.
                if self._take(stream, data) and data and not stream.is_whole:
                    continue
                poll.unregister(descriptor)
                with self._changed:
                    stream.has_ended = True
                    del self._streams[descriptor], self._live[stream.host]
                    self._changed.notify_all()
                if not self._ending:
                    self._on_end(stream.host)

    def _take(self, stream: "_Stream", data: bytes) -> bool:
        """Read what has come; tell whether it is a capture."""
        try:
            for kind, block in stream.blocks.feed(data):
                if kind == pcapng.PACKET:
                    if (found := record(block)).interface == pcapng.ARRIVED:
                        self._on_packet(found)
                elif kind == pcapng.STATISTICS:
                    stream.statistics += 1
                elif kind == pcapng.CUSTOM_BLOCK:
                    with self._changed:
                        stream.answered += 1
                        self._changed.notify_all()
        except (EvidenceError, ValueError):
            return False
        return True


class _Stream:
    """One host's; `asked` and `answered` count the marks in it."""

    def __init__(self, host: str, stream: socket.socket, begin: bytes) -> None:
        self.host = host
        self.socket = stream
        self.blocks = Blocks()
        self.blocks.rest = begin
        self.statistics = self.asked = self.answered = 0
        self.has_ended = False

    @property
    def is_whole(self) -> bool:
        return self.statistics == len(pcapng.INTERFACES)


def _received(stream: socket.socket) -> bytes:
    try:
        return stream.recv(_MOST_BYTES)
    except ConnectionResetError:
        return b""
