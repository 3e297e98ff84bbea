"""Starts a program whose standard streams are a socket, as inetd(8) does."""

import socket
import subprocess
import sys

ours, theirs = socket.socketpair()
CODE = "import os; os.write(1, os.read(0, 100))"
child = subprocess.Popen(
    [sys.executable, "-S", "-c", CODE], stdin=theirs.fileno(), stdout=theirs.fileno()
)
ours.send(b"question")
assert ours.recv(100) == b"question"
child.wait()
print("done")
