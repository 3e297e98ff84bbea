"""A time server over UDP: answers each datagram with the time and its bytes.  udp_server.py [PORT]

What first listings get wrong:
- There is nothing to listen for or to accept: one socket serves everybody, and each answer goes to
  the address that its question came from.
- A datagram is read at once. What the buffer has no room for is gone.
- An answer that cannot be sent ends this answer, not the server.
"""

import socket
import sys
from contextlib import suppress
from time import ctime

LONGEST = 65_535  # bytes, more than any datagram has

port = int(sys.argv[1]) if len(sys.argv) > 1 else 21567

with suppress(KeyboardInterrupt), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("", port))
    print(f"waiting for datagrams on port {port}", flush=True)
    while True:
        message, address = server.recvfrom(LONGEST)
        print(f"{len(message)} bytes from {address[0]}", flush=True)
        try:
            server.sendto(ctime().encode() + b":" + message + b"\n", address)
        except OSError as error:  # the answer is too long, or nothing leads to its address
            print(f"{address[0]}: {error}", flush=True)
