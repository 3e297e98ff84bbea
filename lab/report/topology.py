"""The small picture of the hosts and the links between them. Pure."""

import math
from dataclasses import dataclass

from lab.report.model import Run

_WIDTH, _RADIUS = 280, 62
_NODE = 46
_CUTTING = frozenset({"drop", "reject", "reset"})


@dataclass(frozen=True, slots=True)
class Node:
    """A host."""

    name: str
    address: str
    x: int
    y: int
    is_hurt: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A link that something crossed, or a fault was on; `fault` is "" where none was.

    `is_cut`: the fault kept packets from coming.
    """

    x1: int
    y1: int
    x2: int
    y2: int
    fault: str
    words: str
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Topology:
    """Nodes, edges, and how much room they need; `label` names the faults between two hosts."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    label: str = ""


def topology(run: Run) -> Topology:
    """Return it."""
    hosts = run.hosts
    places, height = _places(hosts)
    faults: dict[tuple[str, str], str] = {}
    hurt = {fault.host for fault in run.faults if fault.host}
    for fault in run.faults:
        for link in fault.links:
            faults.setdefault(link, f"{fault.name}: {fault.what}")
    used = {(one.source, one.target) for one in run.packets} | set(faults)
    edges = []
    for source, target in sorted(used):
        if source in places and target in places:
            ends = _beside(places[source], places[target])
            said = faults.get((source, target), "")
            is_cut = said.rpartition(": ")[2].split(" ")[0] in _CUTTING
            words = f"{source} \N{RIGHTWARDS ARROW} {target}"
            edges.append(Edge(*ends, said, words, is_cut))
    nodes = tuple(
        Node(host, next(iter(run.addresses.get(host, ())), ""), *places[host], host in hurt)
        for host in hosts
    )
    on_links = {fault.what.split(" ")[0]: None for fault in run.faults if fault.links}
    label = ", ".join(on_links) if len(hosts) == 2 else ""
    return Topology(_WIDTH, height, nodes, tuple(edges), label)


def _places(hosts: tuple[str, ...]) -> tuple[dict[str, tuple[int, int]], int]:
    if len(hosts) <= 2:
        xs = (60, _WIDTH - 60) if len(hosts) == 2 else (_WIDTH // 2,)
        return {host: (x, 34) for host, x in zip(hosts, xs, strict=False)}, 78
    radius = _RADIUS + 6 * max(0, len(hosts) - 5)
    height = 2 * radius + 70
    places = {}
    for number, host in enumerate(hosts):
        angle = math.pi * (2 * number / len(hosts) - 1 / 2) + math.pi / len(hosts)
        x = _WIDTH / 2 + (radius + 22) * math.cos(angle)
        places[host] = round(x), round(radius + 26 + radius * math.sin(angle))
    return places, height


def _beside(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the ends of an arrow a little to the right of the way between two nodes."""
    (x1, y1), (x2, y2) = one, other
    length = math.hypot(x2 - x1, y2 - y1) or 1
    ux, uy = (x2 - x1) / length, (y2 - y1) / length
    aside = 5
    reach = _NODE * abs(ux) + 17 * abs(uy)
    return (
        round(x1 + ux * reach - uy * aside),
        round(y1 + uy * reach + ux * aside),
        round(x2 - ux * reach - uy * aside),
        round(y2 - uy * reach + ux * aside),
    )
