"""Sends messages, options, and a descriptor over a socket."""

import contextlib
import fcntl
import os
import socket
import struct

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.sendmsg(
    [b"two ", b"parts"], [], socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL, server.getsockname()
)
assert server.recvmsg(100)[0] == b"two parts"
client.connect(server.getsockname())
ours, theirs = socket.socketpair()
socket.send_fds(ours, [b"x"], [client.fileno()])
taken = socket.recv_fds(theirs, 1, 1)[1]
os.write(taken[0], b"by another descriptor")
stream = socket.socket()
stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3))
stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("qq", 1, 500_000))
stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
stream.setblocking(False)
unused = socket.socket()
unused.bind(("127.0.0.1", 0))
with contextlib.suppress(BlockingIOError):
    stream.connect(unused.getsockname())  # nobody listens there
assert stream.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
os.close(fcntl.fcntl(stream, fcntl.F_DUPFD_CLOEXEC, 20))
stream.close()
print("done")
