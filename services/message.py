"""What a message is, and what its reply is. Pure: no sockets, no log.

On a stream a message is a line: the bytes up to a newline, less one carriage return before it,
since telnet ends its lines with both (RFC 854). Bytes left over at the end of data are a last
message. A datagram is a message as it is. Bytes are never decoded: any data survives.
"""

import time
from collections.abc import Iterator

DEFAULT_LIMIT = 16 * 1024 * 1024
# The longest payload of UDP over IPv4: 65,535 less the headers of IP (RFC 791) and UDP (RFC 768).
LONGEST_DATAGRAM = 65_535 - 20 - 8


class MessageTooLongError(Exception):
    """A line that outgrew the limit before its newline came."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"message longer than {limit} bytes")
        self.limit = limit


class Assembler:
    """Makes whole messages from pieces of any size.

    Each byte is looked at once and moved a bounded number of times, so a line of n bytes costs
    O(n) however finely it is cut.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self._line = bytearray()

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yields each message that `piece` completes, without its line end.

        Raises MessageTooLongError after the messages that came before the long one.
        """
        *ends, rest = piece.split(b"\n")
        for end in ends:
            self._grow(end)
            yield self._take()
        self._grow(rest)

    def rest(self) -> bytes:
        """Takes what came after the last newline; b"" if nothing did."""
        left, self._line = bytes(self._line), bytearray()
        return left

    def _grow(self, part: bytes) -> None:
        if len(self._line) + len(part) > self._limit:
            raise MessageTooLongError(self._limit)
        self._line += part

    def _take(self) -> bytes:
        if self._line.endswith(b"\r"):
            del self._line[-1]
        return self.rest()


def stamped(data: bytes) -> bytes:
    """`ctime:data`, the time in local time as in "Wed Jun  9 04:26:40 1993"."""
    return b"".join((time.ctime().encode("ascii"), b":", data))


def line_reply(data: bytes) -> bytes:
    """The reply to a message on a stream: `ctime:data` and a newline."""
    return stamped(data) + b"\n"


def datagram_reply(data: bytes) -> tuple[bytes, int]:
    """The reply to a datagram, and how many bytes had to be cut to fit one datagram."""
    reply = stamped(data)
    return reply[:LONGEST_DATAGRAM], max(0, len(reply) - LONGEST_DATAGRAM)
