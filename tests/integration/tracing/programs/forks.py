"""A server that forks for its client, and a child that runs another program with a socket."""

import os
import socket
import subprocess
import sys

listener = socket.create_server(("127.0.0.1", 0))
child = os.fork()
if not child:
    connection, _ = listener.accept()
    grandchild = os.fork()
    if not grandchild:
        connection.sendall(b"from the grandchild")
        os._exit(0)
    os.waitpid(grandchild, 0)
    os._exit(0)
client = socket.create_connection(listener.getsockname())
assert client.recv(100) == b"from the grandchild"
os.waitpid(child, 0)
ours, theirs = socket.socketpair()
CODE = "import os, sys; os.write(int(sys.argv[1]), b'inherited')"
subprocess.run(
    [sys.executable, "-c", CODE, str(theirs.fileno())], pass_fds=(theirs.fileno(),), check=True
)
assert ours.recv(100) == b"inherited"
print("done")
