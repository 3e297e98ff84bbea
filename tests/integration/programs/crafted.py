"""Has this machine's kernel judge lab.agent.wire; prints what its sockets made of every packet.

It runs in a network namespace of its own, with a veth pair. One end has an address; the other is a
mirror: it swaps a packet's addresses and sends it back, so that the kernel talks to itself as to a
neighbour. The kernel leaves TCP's and UDP's checksums to the device: what arrives, `mended` made
right. Each case replaces or answers some packets at the mirror.
"""

import errno
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

from lab.net import craft
from lab.net.checksum import mended
from lab.net.packet import ACK, SYN, TCP, Packet, parse

HERE = {4: "198.18.1.2", 6: "fd00::2"}
THERE = {4: "198.18.1.3", 6: "fd00::3"}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
OUR_MAC, THEIR_MAC = bytes.fromhex("020000000002"), bytes.fromhex("020000000003")
ETH_P_ALL = 3
IP_RECVERR, IP_MTU, IPV6_RECVERR, IPV6_MTU = 11, 14, 25, 24  # linux/in.h, linux/in6.h
WITHIN_S = 20
MTU_BYTES = 1300

Change = Callable[[Packet], bytes | None]


class Mirror(threading.Thread):
    """Sends each packet back, as `change` makes it."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.change: Change = mended
        self._far = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self._far.bind(("far", ETH_P_ALL))

    def run(self) -> None:
        while True:
            frame, (_, _, kind, _, _) = self._far.recvfrom(65535)
            if kind == socket.PACKET_OUTGOING or frame[:6] != THEIR_MAC:
                continue
            if made := self.change(parse(mended(parse(frame[14:])))):
                self._far.send(OUR_MAC + THEIR_MAC + frame[12:14] + returned(made))


def returned(data: bytes) -> bytes:
    """Swap the addresses of a packet from here; every checksum stays right."""
    packet = parse(data)
    if packet.source != socket.inet_pton(FAMILY[packet.version], HERE[packet.version]):
        return data  # an answer already
    at, size = (12, 4) if packet.version == 4 else (8, 16)
    return data[:at] + packet.destination + packet.source + data[at + 2 * size :]


def make_link() -> None:
    near, there = OUR_MAC.hex(":"), THEIR_MAC.hex(":")
    commands = [
        "link set lo up",
        f"link add near address {near} type veth peer name far",
        "link set far up",
        "link set near up",
        f"address add {HERE[4]}/24 dev near",
        f"address add {HERE[6]}/64 dev near nodad",
        *(f"neighbour add {THERE[version]} lladdr {there} dev near" for version in (4, 6)),
    ]
    for command in commands:
        subprocess.run(["ip", *command.split()], check=True)


def outcome(call: Callable[[], object]) -> str:
    """Return the name of the error that a call raised, or what it returned."""
    try:
        return repr(call())
    except TimeoutError:
        return "nothing"
    except OSError as error:
        return errno.errorcode[error.errno or 0]


def stream(version: int, change: Change, *, at_client: bool = False) -> str:
    """Connect and say hello; return what came of it: at the server, or what the client hears."""
    mirror.change = change
    with (
        socket.create_server((HERE[version], 0), family=FAMILY[version]) as listener,
        socket.socket(FAMILY[version]) as client,
    ):
        listener.settimeout(WITHIN_S)
        client.settimeout(WITHIN_S)
        connected = outcome(lambda: client.connect((THERE[version], listener.getsockname()[1])))
        if connected != "None":
            return f"connect: {connected}"
        server, _ = listener.accept()
        with server:
            server.settimeout(WITHIN_S)
            client.sendall(b"hello")
            return outcome(lambda: (client if at_client else server).recv(9))


def datagram(version: int, reason: str) -> str:
    """Send one; return what the sender hears of it, and of the path's MTU if that is new."""
    mirror.change = lambda packet: craft.icmp_error(packet, reason, mtu_bytes=MTU_BYTES)
    ipv4 = version == 4
    level = socket.IPPROTO_IP if ipv4 else socket.IPPROTO_IPV6
    with socket.socket(FAMILY[version], socket.SOCK_DGRAM) as sender:
        sender.settimeout(WITHIN_S)
        sender.setsockopt(level, IP_RECVERR if ipv4 else IPV6_RECVERR, 1)
        sender.connect((THERE[version], 9))
        sender.send(b"hello")
        heard = outcome(lambda: sender.recv(9))
        mtu_bytes = sender.getsockopt(level, IP_MTU if ipv4 else IPV6_MTU)
        return f"{heard}, {mtu_bytes}" if reason == "fragmentation-needed" else heard


def two_datagrams(version: int) -> str:
    """Send two, the first with a wrong checksum; return the first that arrives."""
    mirror.change = lambda packet: packet.data.replace(b"wrong", b"WRONG")
    with (
        socket.socket(FAMILY[version], socket.SOCK_DGRAM) as receiver,
        socket.socket(FAMILY[version], socket.SOCK_DGRAM) as sender,
    ):
        receiver.settimeout(WITHIN_S)
        receiver.bind((HERE[version], 0))
        for data in (b"wrong", b"right"):
            sender.sendto(data, (THERE[version], receiver.getsockname()[1]))
        return outcome(lambda: receiver.recv(9))


def on(condition: Callable[[Packet], bool], change: Change) -> Change:
    return lambda packet: change(packet) if condition(packet) else packet.data


def is_data(packet: Packet) -> bool:
    return packet.protocol == TCP and packet.payload_length > 0


def is_syn(packet: Packet) -> bool:
    return packet.flags & (SYN | ACK) == SYN


def is_syn_ack(packet: Packet) -> bool:
    return packet.flags & (SYN | ACK) == SYN | ACK


make_link()
mirror = Mirror()
mirror.start()
found = {}
for version in (4, 6):
    found[f"IPv{version}"] = {
        "as it is": stream(version, mended),
        "data replaced": stream(version, on(is_data, craft.reset_to_receiver)),
        "SYN ACK replaced": stream(version, on(is_syn_ack, craft.reset_to_receiver)),
        "SYN answered": stream(version, on(is_syn, craft.reset_to_sender)),
        "data answered": stream(version, on(is_data, craft.reset_to_sender), at_client=True),
        "checksum wrong": two_datagrams(version),
        **{reason: datagram(version, reason) for reason in craft.REASONS},
    }
json.dump(found, sys.stdout)
