"""To which of this machine's addresses a datagram came, so that the reply leaves from the same.

Without this the kernel picks the source by its routes, and on a machine with several addresses
the client may get an answer from a stranger (ip(7), IP_PKTINFO; RFC 3542, 6). Owns the layout of
the control messages, nothing else.
"""

import socket
import struct

Control = list[tuple[int, int, bytes]]

IP_PKTINFO = 8  # Linux; the socket module has no name for it before Python 3.14
_IPV4 = struct.Struct("i4s4s")  # interface, local address, destination in the header
_IPV6 = struct.Struct("16si")  # destination in the header, interface
SPACE = socket.CMSG_SPACE(_IPV4.size) + socket.CMSG_SPACE(_IPV6.size)
_LINK_LOCAL = (b"\xfe\x80", 0xC0)


def ask(sock: socket.socket) -> None:
    """Makes each recvmsg on `sock` tell the address that the datagram was sent to."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    elif sock.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)


def source(received: Control) -> Control:
    """The control message that makes a reply leave from where `received` says it came to.

    The interface is left to the routes, except that a link-local address means nothing without.
    """
    for level, kind, data in received:
        if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
            # A datagram that came before ask() has only the destination of its header.
            _, local, destination = _IPV4.unpack(data)
            local = destination if local == bytes(4) else local
            return [(level, kind, _IPV4.pack(0, local, bytes(4)))]
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            local, interface = _IPV6.unpack(data)
            return [(level, kind, _IPV6.pack(local, interface if _is_link_local(local) else 0))]
    return []


def _is_link_local(address: bytes) -> bool:
    start, mask = _LINK_LOCAL
    return address[0] == start[0] and address[1] & mask == start[1]
