"""What the kernel is told of its packets: as much at once as a socket takes, and in order."""

import errno
import os
from typing import Any

import pytest

from lab.agent.wire import netlink
from lab.agent.wire.nfqueue import Queue

DEFAULT_BYTES = 212_992 - 32  # net.core.wmem_default, less what netlink keeps of it


class Netlink:
    """A socket of the usual size that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, data: bytes) -> None:
        if len(data) > DEFAULT_BYTES:
            raise OSError(errno.EMSGSIZE, os.strerror(errno.EMSGSIZE))
        self.sent.append(data)

    def setsockopt(self, *_option: Any) -> None:
        pass

    def setblocking(self, _blocking: bool) -> None:
        pass


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Netlink:
    made = Netlink()
    monkeypatch.setattr(netlink, "connect", lambda: made)
    monkeypatch.setattr(netlink, "ask", lambda *_messages: None)
    return made


def ids(sent: list[bytes]) -> list[int]:
    messages = [body for data in sent for _, body in netlink.read(data)]
    # After nfgenmsg and the attribute's header: the verdict, then the id.
    return [int.from_bytes(body[12:16], "big") for body in messages]


@pytest.mark.parametrize("size", [0, 1500, 3400, 9000, 65_000])
def test_changed_packets_of_any_size_are_all_answered_in_order(kernel: Netlink, size: int) -> None:
    queue = Queue()
    for number in range(200):
        id_ = number.to_bytes(4, "big")
        if number % 3:
            queue.accept(id_, bytes(size))
        else:
            queue.drop(id_)
    queue.flush()
    assert ids(kernel.sent) == list(range(200))
    assert all(len(data) <= DEFAULT_BYTES for data in kernel.sent)
