"""Waits for a socket by epoll, poll and select, and for a pipe, which is nobody's affair."""

import os
import select
import socket

reader, writer = socket.socketpair()
unseen, end = os.pipe()
with select.epoll() as epoll, select.epoll() as of_pipes:
    of_pipes.register(unseen, select.EPOLLIN)
    os.write(end, b"x")
    assert of_pipes.poll(1)
    epoll.register(reader, select.EPOLLIN)
    assert not epoll.poll(0)
    writer.send(b"x")
    assert epoll.poll(2) == [(reader.fileno(), select.EPOLLIN)]
poll = select.poll()
poll.register(reader, select.POLLIN)
assert poll.poll(2000)
assert select.select([reader], [], [], 2)[0]
assert select.select([unseen], [], [], 2)[0]
print("done")
