"""The headers of superpackets as they come, each with the size of its segments, from the kernel.

A packet socket with a ring in memory (packet(7), PACKET_RX_RING; linux/if_packet.h, TPACKET_V2): a
superpacket costs it as much as is kept of it. What a socket queues costs its buffer as much as the
packet is long, and 4 MB of that are gone while this process waits for a processor once.
"""

import ctypes
import fcntl
import mmap
import socket
import struct
from collections.abc import Iterator

_SOL_PACKET, _VNET_HDR, _IGNORE_OUTGOING, _RX_RING, _VERSION = 263, 15, 23, 5, 10
_TPACKET_V2 = 1
_ALL_PROTOCOLS = 0x0003
_SO_ATTACH_FILTER = 26
_SIOCGIFMTU = 0x8921
_LEAST_MTU = 1280
_INTERFACE, _LOOPBACK = 0xFFFFF000 + 8, 1  # SKF_AD_IFINDEX; `lo` is the first of every namespace
_KEPT_BYTES = 128  # the headers of IP and TCP without options, and those before them
_LINK_BYTES = 14  # an Ethernet header
_INSTRUCTION = struct.Struct("=HBBI")
_FRAME_BYTES, _FRAMES = 256, 4096
_BLOCK_BYTES = max(mmap.PAGESIZE, 1 << 16)
_STATUS = struct.Struct("=I")
_BY_KERNEL, _FOR_US = 0, 1
# Of struct tpacket2_hdr: the bytes kept, where they begin, and where the IP header does.
_LENGTHS = struct.Struct("=8xIHH")
_VNET = struct.Struct("=BBHH")  # of struct virtio_net_hdr: flags, type, header's length, size
_VNET_BYTES = 10
_TCP_TYPES = {1, 4}
_HEADERS = {4: 40, 6: 60}  # of IP and TCP, without options


def header(packet: bytes) -> bytes:
    """Return what a superpacket is known by: its headers of IP and TCP, without options."""
    return packet[: _HEADERS.get(packet[0] >> 4, 0)]


class SuperpacketHeaders:
    """Those that have come and have not been taken. OSError where there are no packet sockets."""

    def __init__(self) -> None:
        self._socket = socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS)
        )
        try:
            self._socket.setsockopt(_SOL_PACKET, _VNET_HDR, 1)
            self._socket.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
            self._socket.setsockopt(_SOL_PACKET, _VERSION, _TPACKET_V2)
            _only_longer_than(self._socket, _LINK_BYTES + _least_mtu(self._socket))
            ring_bytes = _FRAMES * _FRAME_BYTES
            blocks = ring_bytes // _BLOCK_BYTES  # struct tpacket_req
            request = struct.pack("=IIII", _BLOCK_BYTES, blocks, _FRAME_BYTES, _FRAMES)
            self._socket.setsockopt(_SOL_PACKET, _RX_RING, request)
            self._ring = mmap.mmap(self._socket.fileno(), ring_bytes)
        except OSError:
            self._socket.close()
            raise
        self._frame = 0  # which comes next

    def take(self) -> Iterator[tuple[bytes, int]]:
        """Yield each that has come: its header, and the bytes of data in each of its segments."""
        ring = self._ring
        for _ in range(_FRAMES):
            at = self._frame * _FRAME_BYTES
            if not _STATUS.unpack_from(ring, at)[0] & _FOR_US:
                return
            kept, begin, ip = _LENGTHS.unpack_from(ring, at)
            _, type_, _, size = _VNET.unpack_from(ring, at + begin - _VNET_BYTES)
            seen = ring[at + ip : at + begin + kept]
            _STATUS.pack_into(ring, at, _BY_KERNEL)
            self._frame = (self._frame + 1) % _FRAMES
            if type_ & 0x7F in _TCP_TYPES and seen:
                yield header(seen), size

    def close(self) -> None:
        """See no more of them."""
        self._ring.close()
        self._socket.close()


def _least_mtu(any_socket: socket.socket) -> int:
    """Return the smallest MTU of the interfaces here: what is longer is a superpacket."""
    found = []
    for _, name in socket.if_nameindex():
        if name != "lo":
            asked = name.encode().ljust(40, b"\0")  # struct ifreq
            answer = fcntl.ioctl(any_socket, _SIOCGIFMTU, asked)
            found.append(struct.unpack_from("=i", answer, 16)[0])
    return max(_LEAST_MTU, min(found, default=_LEAST_MTU))


def _only_longer_than(opened: socket.socket, least_bytes: int) -> None:
    """Let the socket take only longer packets, and of those the beginning (linux/filter.h)."""
    program = b"".join(
        _INSTRUCTION.pack(*one)
        for one in (
            (0x20, 0, 0, _INTERFACE),  # ld ifindex
            (0x15, 2, 0, _LOOPBACK),  # jeq
            (0x80, 0, 0, 0),  # ld len
            (0x25, 1, 0, least_bytes),  # jgt
            (0x06, 0, 0, 0),  # ret
            (0x06, 0, 0, _LINK_BYTES + _KEPT_BYTES),
        )
    )
    # struct sock_fprog: the number of instructions, and where they are.
    held = bytearray(program)
    place = (ctypes.c_char * len(held)).from_buffer(held)
    described = struct.pack("@HP", len(program) // _INSTRUCTION.size, ctypes.addressof(place))
    opened.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)
