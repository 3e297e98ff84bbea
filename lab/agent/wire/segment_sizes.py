"""How large the segments of superpackets are, which the kernel's queue does not say.

A packet socket sees the same superpackets just before they come to the queue, each with its segment
size. It is a hint with a check: a superpacket whose own headers have not been seen here has no
known size, and the kernel is asked to cut it.
"""

from collections import OrderedDict

from lab.agent.wire.superpacket_headers import SuperpacketHeaders, header

_MOST = 8192  # headers kept, of superpackets that no queue brought


class SegmentSizes:
    """Knows those that were seen of late. Where there are no packet sockets it knows none."""

    def __init__(self) -> None:
        self._headers: SuperpacketHeaders | None = None
        self._is_refused = False
        self._sizes: OrderedDict[bytes, int] = OrderedDict()

    def of(self, data: bytes) -> int:
        """Return the size of a superpacket's segments in bytes of data; 0: unknown.

        The first one that is asked for is unknown: from then on they are seen.
        """
        if self._headers is None:
            self._open()
            return 0
        key = header(data)
        if key not in self._sizes:
            self._read(self._headers)
        return self._sizes.pop(key, 0)

    def _open(self) -> None:
        if not self._is_refused:
            try:
                self._headers = SuperpacketHeaders()
            except OSError:
                self._is_refused = True

    def _read(self, headers: SuperpacketHeaders) -> None:
        """Take all that has been seen until now."""
        sizes = self._sizes
        for key, size in headers.take():
            sizes[key] = size
            if len(sizes) > _MOST:
                sizes.popitem(last=False)

    def close(self) -> None:
        """See no more of them, until one is asked for again."""
        self._sizes.clear()
        if self._headers:
            self._headers.close()
            self._headers = None
