"""What hosts have sent each other, and what has arrived, in numbers; as JSON and back. No I/O.

A host counts what leaves it, and what comes to it before any fault. The kernel counts what it
carries as one as one packet: a superpacket, too.
"""

import json
from dataclasses import dataclass
from typing import NamedTuple

from lab.net.packet import ACK, FIN, ICMP, ICMPV6, RST, SYN, TCP, UDP

DATA = "TCP data"
_MARKS = ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (ACK, "ACK"))
_PROTOCOLS = {UDP: "UDP", ICMP: "ICMP", ICMPV6: "ICMPv6", 132: "SCTP"}


class Count(NamedTuple):
    """Packets of one kind from one address to another; `data_bytes` are TCP's alone."""

    source: str
    destination: str
    kind: str
    packets: int
    data_bytes: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What one host has counted. `error` says why it cannot tell, for people; "": it can."""

    departures: tuple[Count, ...] = ()
    arrivals: tuple[Count, ...] = ()
    error: str = ""


def tcp_kind(flags: int, *, is_empty: bool) -> str:
    """Name the kind of a TCP segment by those of its flags that are SYN, FIN, RST and ACK."""
    if not is_empty and not flags & (SYN | FIN | RST):
        return DATA
    return f"TCP {'-'.join(name for bit, name in _MARKS if flags & bit) or 'without flags'}"


def protocol_kind(protocol: int) -> str:
    """Name the kind of packets of a protocol that is not TCP."""
    assert protocol != TCP
    return _PROTOCOLS.get(protocol, f"IP protocol {protocol}")


def encode(counts: Counts) -> bytes:
    """Return them as JSON."""
    both = {"departures": counts.departures, "arrivals": counts.arrivals}
    return json.dumps(both | {"error": counts.error}).encode()


def decode(data: bytes) -> Counts:
    """Return what `encode` was given; of what cannot be read, an error."""
    try:
        found = json.loads(data)
        departures, arrivals = (
            tuple(
                Count(str(a), str(b), str(kind), int(packets), int(bytes_))
                for a, b, kind, packets, bytes_ in found[key]
            )
            for key in ("departures", "arrivals")
        )
        return Counts(departures, arrivals, str(found["error"]))
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        return Counts(error=f"its counts cannot be read: {error!r}")
