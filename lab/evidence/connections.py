"""Which packets belong to the socket of a call, by the addresses that the events have. Pure."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import NamedTuple

from lab.agent import calls
from lab.evidence.events import CallOutcome, CallStarted, Event
from lab.net.packet import TCP, UDP, Packet

_PROTOCOLS = {"tcp": TCP, "udp": UDP}

End = tuple[bytes, int]


class Ends(NamedTuple):
    """Both ends of a connection, as far as known; an address of all zeros or none is any."""

    protocol: int
    local: End | None
    peer: End | None

    def has(self, packet: Packet) -> bool:
        """Tell whether a packet is of it, or an ICMP message that one of its ends may have got."""
        source, destination = packet.source, packet.destination
        if packet.icmp_type is not None:
            hosts = {end[0] for end in (self.local, self.peer) if end}
            return bool(hosts & {source, destination})
        ends = (source, packet.source_port or 0), (destination, packet.destination_port or 0)
        return packet.protocol == self.protocol and (self._are(*ends) or self._are(*reversed(ends)))

    def _are(self, one: End, other: End) -> bool:
        return _fits(self.local, one) and _fits(self.peer, other)


def of_step(events: Sequence[Event], step: int | None) -> Ends | None:
    """Return the ends of the socket that a step's call was about; None where they are unknown.

    Of a call that has not returned they are those of the calls before it on the same socket.
    """
    made = [one for one in events if isinstance(one, CallOutcome | CallStarted)]
    outcomes = [one for one in made if isinstance(one, CallOutcome)]
    about = next((one for one in outcomes if one.step == step), None)
    if step is None or about is None:
        return None
    names = _names(about) | {_socket_of(made, about)}
    found: Ends | None = None
    for event in outcomes:
        if event.host == about.host and names & _names(event):
            found = _ends(event) or found
        if event is about:
            break
    return found


def _names(event: CallOutcome) -> set[str]:
    """Return the names of what a call was about, and of what it made."""
    named = (event.arguments.get(key) for key in ("as", "socket", "file"))
    return {name for name in named if isinstance(name, str)}


def _socket_of(made: Sequence[CallOutcome | CallStarted], about: CallOutcome) -> str:
    """Return the connection of the file that a call was about."""
    name = about.arguments.get("file")
    for event in made:
        is_file = calls.known(event.call).makes_file
        if name and is_file and event.arguments.get("as") == name:
            return str(event.arguments.get("socket"))
    return ""


def _ends(event: CallOutcome) -> Ends | None:
    local, peer = _end(event.addresses.local), _end(event.addresses.peer)
    if not peer:  # a connection that was refused has no ends any more
        peer = _end("0.0.0.0:" + str(event.arguments.get("to", "")).rpartition(":")[2])
    if event.addresses.protocol not in _PROTOCOLS or not (local or peer):
        return None
    return Ends(_PROTOCOLS[event.addresses.protocol], local, peer)


def _end(text: str) -> End | None:
    host, _, port_text = text.rpartition(":")
    try:
        address, port = ip_address(host.strip("[]").partition("%")[0]), int(port_text)
    except ValueError:
        return None
    return (b"" if address.is_unspecified else address.packed, port) if port else None


def _fits(end: End | None, seen: End) -> bool:
    return end is None or (end[0] in {b"", seen[0]} and end[1] == seen[1])
