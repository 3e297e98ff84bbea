"""Sockets and interfaces."""

import fcntl
import socket
import struct

from .trying import GIVEN, attempt


@attempt("a raw socket")
def _raw() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()


@attempt("a packet socket")
def _packet() -> None:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()


@attempt("a socket for ping")
def _ping() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).close()


@attempt("bind port 80")
def _port() -> None:
    socket.create_server(("127.0.0.1", 80)).close()


@attempt("take an interface down")
def _link_down() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        name = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack_from("16xH", fcntl.ioctl(sock, 0x8913, name))[0]
        fcntl.ioctl(sock, 0x8914, struct.pack("16sH14x", b"lo", flags))  # as they are


@attempt("reach the lab's own socket")
def _lab_socket() -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect("\0" + GIVEN["address"])
