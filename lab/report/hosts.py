"""Which hosts have a lane, and in which order. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import permutations

from lab.agent.call_server.registry import Role
from lab.evidence.events import Event, HostUp
from lab.report.model import Call, Packet
from lab.report.traced_call import TracedCall

AnyCall = Call | TracedCall

_MOST_TRIED = 6  # 720 orders
_SERVING = {Role.SERVE, Role.ACCEPT}
_OPENING = {Role.CONNECT, Role.LOOK_UP}


def addresses_of(events: Iterable[Event]) -> dict[str, tuple[str, ...]]:
    """Return the addresses of the hosts, in the order in which they came up."""
    return {event.host: event.addresses for event in events if isinstance(event, HostUp)}


def in_order(
    known: Iterable[str],
    active: Collection[str],
    packets: Sequence[Packet],
    calls: Sequence[AnyCall],
) -> tuple[str, ...]:
    """Return the hosts with something to show: neighbours talk, and who begins is on the left."""
    hosts = [host for host in dict.fromkeys([*known, *sorted(active)]) if host in active]
    ranks = {host: _rank(host, calls) for host in hosts}
    hosts.sort(key=lambda host: ranks[host])
    if len(hosts) < 3 or len(hosts) > _MOST_TRIED:
        return tuple(hosts)
    talk: dict[tuple[str, str], int] = {}
    for packet in packets:
        talk[packet.source, packet.target] = talk.get((packet.source, packet.target), 0) + 1

    def cost(order: tuple[str, ...]) -> int:
        place = {host: number for number, host in enumerate(order)}
        return sum(count * abs(place[a] - place[b]) for (a, b), count in talk.items())

    # `min` keeps the first of equals: as close to the order of the ranks as can be.
    return min(permutations(hosts), key=cost)


def _rank(host: str, calls: Sequence[AnyCall]) -> int:
    own = [call for call in calls if call.host == host]
    serves = any(call.role in _SERVING for call in own)
    return serves - any(call.role in _OPENING or call.is_sent_to_an_address for call in own)


def names_by_address(addresses: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the host of each address."""
    return {address: host for host, them in addresses.items() for address in them}
