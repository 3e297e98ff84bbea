"""Faults and packets for the tests of what the wire decides: short ways to write them."""

from collections.abc import Iterable
from typing import Any

from lab.agent.wire.fault import Fault
from lab.agent.wire.pipeline import Pipeline
from lab.agent.wire.transit import Transit
from lab.net.packet import ACK, TCP, UDP, Packet, parse
from tests.unit.lab.agent.wire_packets import PORTS, ipv4, tcp, udp

MS = 1_000_000  # nanoseconds


def fault(name: str, **asked: Any) -> Fault:
    """Return a fault as it is on a link: with generator of its own."""
    made = Fault(name, asked)
    made.seed_for("client", 0)
    return made


def segment(
    flags: int = ACK, payload: bytes = b"", *, sequence: int = 1, ports: tuple[int, int] = PORTS
) -> Packet:
    return parse(ipv4(TCP, tcp(flags, payload, sequence=sequence, ports=ports)))


def datagram(payload: bytes = b"hello", *, ports: tuple[int, int] = PORTS) -> Packet:
    return parse(ipv4(UDP, udp(payload, ports=ports)))


def pipeline(*faults: Fault) -> Pipeline:
    made = Pipeline()
    for one in faults:
        made.add(one, 0)
    return made


def transit(packet: Packet, at_ns: int = 0, id_: bytes = b"") -> Transit:
    return Transit(id_, packet, (), at_ns)


def fates(one: Fault, packets: Iterable[Packet]) -> list[bool]:
    """Let packets meet a fault that ends their way; tell of each whether it was lost."""
    found = []
    for packet in packets:
        met = transit(packet)
        one.meet(met)
        found.append(met.lost)
    return found


def taken(packets: Iterable[Packet], **asked: Any) -> list[int]:
    """Return the places (from 1) of those that a drop takes."""
    lost = fates(fault("drop", **asked), packets)
    return [place for place, is_lost in enumerate(lost, 1) if is_lost]


def out(transits: Iterable[Transit]) -> list[str]:
    """Return the ids of packets that came out of a pipeline, in order; the lost with a minus."""
    return [("-" if one.lost else "") + one.id.decode() for one in transits]
