"""The small picture of the hosts and the links between them. Pure.

Hosts stand on an ellipse, so that no link need cross a third one; it is as large as that takes.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

from lab.agent.wire import impairments
from lab.report.model import Run
from lab.report.wrapping import word_width

_WIDTH, _SHOWN = 280, 400  # at least, in its own units; at most, in those of the page
_RADII = (86, 58)
_BOX, _HEIGHT = 48, 20  # halves
_FREE, _ASIDE, _MARGIN, _LOWER = 8, 5, 8, 10
_LOOP = 12  # how far the link of a host to itself goes below its box, and how wide it is
_STEPS_OF_GROWTH = 60

Point = tuple[float, float]
Links = Collection[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Node:
    """A host, at the middle of its box."""

    name: str
    address: str
    x: int
    y: int
    is_hurt: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A link that something crossed, or faults were on; `fault` is "" where there were none.

    `is_cut`: a fault kept packets from coming.
    """

    x1: int
    y1: int
    x2: int
    y2: int
    fault: str
    words: str
    is_cut: bool
    is_loop: bool = False  # from a host to itself, below its box

    @property
    def middle(self) -> tuple[int, int]:
        """Where the mark of a fault stands."""
        return (self.x1 + self.x2) // 2, (self.y1 + self.y2) // 2 + (_LOOP if self.is_loop else 0)


@dataclass(frozen=True, slots=True)
class Topology:
    """Nodes, edges, and how much room they need; `label` names the faults between two hosts.

    `half` is half of a box's width, `shown` how wide the picture is on the page.
    """

    width: int
    height: int
    half: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    label: str = ""

    @property
    def shown(self) -> int:
        """How wide it is on the page."""
        return min(self.width, _SHOWN)


def topology(run: Run) -> Topology:
    """Return it."""
    faults: dict[tuple[str, str], list[str]] = {}
    cut = set()
    for fault in run.faults:
        for link in fault.links:
            faults.setdefault(link, []).append(f"{fault.name}: {fault.what}")
            cut |= {link} if impairments.find(fault.kind).CUTS else set()
    used = {(one.source, one.target) for one in run.packets} | set(faults)
    used = {link for link in used if set(link) <= set(run.hosts)}
    addresses = {host: next(iter(run.addresses.get(host, ())), "") for host in run.hosts}
    half = _half(addresses)
    places, width, height = _places(run.hosts, used, half)
    edges = [
        Edge(
            *_arrow(places[source], places[target], half),
            "; ".join(faults.get((source, target), ())),
            f"{source} \N{RIGHTWARDS ARROW} {target}",
            (source, target) in cut,
            is_loop=source == target,
        )
        for source, target in sorted(used)
    ]
    hurt = {fault.host for fault in run.faults if fault.host}
    nodes = tuple(
        Node(host, addresses[host], *_rounded(places[host]), host in hurt) for host in run.hosts
    )
    kinds = list(dict.fromkeys(fault.kind for fault in run.faults if fault.links))
    label = _label(kinds, width) if len(run.hosts) == 2 else ""
    if word_width("fault", label) > width - 4 * half - 8:
        height += _LOWER  # it is under the boxes, not between them
    if any(one.is_loop for one in edges):
        height += _LOOP
    return Topology(width, height, half, nodes, tuple(edges), label)


def _label(kinds: Sequence[str], room: int) -> str:
    """Return the kinds of faults, those that there is room for: `delay, drop and 4 more`."""
    for count in range(len(kinds), 0, -1):
        more = len(kinds) - count
        text = ", ".join(kinds[:count]) + (f" and {more} more" if more else "")
        if word_width("fault", text) <= room:
            return text
    return f"{len(kinds)} faults" if kinds else ""


def _half(addresses: dict[str, str]) -> int:
    """Return half of the width that the names and addresses need."""
    widest = [8 * len(host) for host in addresses] + [7 * len(one) for one in addresses.values()]
    return max(_BOX, max(widest, default=0) // 2 + 5)


def _places(hosts: Sequence[str], used: Links, half: int) -> tuple[dict[str, Point], int, int]:
    if len(hosts) <= 2:
        width = max(_WIDTH, 4 * half + 84)
        xs = (half + 2, width - half - 2) if len(hosts) == 2 else (width / 2,)
        y = _HEIGHT + _MARGIN
        return {host: (x, y) for host, x in zip(hosts, xs, strict=False)}, width, 2 * y + 8
    for step in range(_STEPS_OF_GROWTH):
        scale = 1.08**step
        rx, ry = max(_RADII[0], half + 30) * scale, _RADII[1] * scale
        places = {}
        for number, host in enumerate(hosts):
            angle = math.pi * (2 * number / len(hosts) - 1 / 2) + math.pi / len(hosts)
            places[host] = rx * (1 + math.cos(angle)), ry * (1 + math.sin(angle))
        if _is_clear(places, used, half):
            break
    dx, dy = half + _MARGIN, _HEIGHT + _MARGIN
    moved = {host: (x + dx, y + dy) for host, (x, y) in places.items()}
    return moved, round(2 * rx + 2 * dx), round(2 * ry + 2 * dy)


def _is_clear(places: dict[str, Point], used: Links, half: int) -> bool:
    """Tell whether no box lies on another, and no link goes through a third host's."""
    for (ax, ay), (bx, by) in combinations(places.values(), 2):
        if abs(ax - bx) < 2 * half + _FREE and abs(ay - by) < 2 * _HEIGHT + _FREE:
            return False
    return not any(
        _crosses(places[source], places[target], place, half)
        for source, target in used
        for host, place in places.items()
        if source != target and host not in {source, target}
    )


def _crosses(one: Point, other: Point, box: Point, half: int) -> bool:
    """Tell whether the way between two points comes into a box: clip it to the box's sides."""
    begin, end = 0.0, 1.0
    for at, to, middle, reach in zip(one, other, box, (half + 4, _HEIGHT + 4), strict=True):
        low, high, way = middle - reach - at, middle + reach - at, to - at
        if not way:
            if low > 0 or high < 0:
                return False
            continue
        first, last = sorted((low / way, high / way))
        begin, end = max(begin, first), min(end, last)
    return begin < end


def _arrow(one: Point, other: Point, half: int) -> tuple[int, int, int, int]:
    """Return the ends of an arrow a little to the right of the way between two boxes."""
    (x1, y1), (x2, y2) = one, other
    if one == other:
        below = y1 + _HEIGHT
        return *_rounded((x1 + half / 2, below)), *_rounded((x1 + half / 2 - _LOOP, below + 2))
    length = math.hypot(x2 - x1, y2 - y1) or 1
    ux, uy = (x2 - x1) / length, (y2 - y1) / length
    aside = -uy * _ASIDE, ux * _ASIDE
    begin, end = _way_out(aside, (ux, uy), half), _way_out(aside, (-ux, -uy), half) + 2
    x1, y1, x2, y2 = x1 + aside[0], y1 + aside[1], x2 + aside[0], y2 + aside[1]
    return (
        *_rounded((x1 + ux * begin, y1 + uy * begin)),
        *_rounded((x2 - ux * end, y2 - uy * end)),
    )


def _way_out(at: Point, direction: Point, half: int) -> float:
    """Return how far it is from a point of a box, given from its middle, to the box's edge."""
    ways = [
        ((reach if way > 0 else -reach) - place) / way
        for place, way, reach in zip(at, direction, (half, _HEIGHT), strict=True)
        if way
    ]
    return min(ways, default=0)


def _rounded(point: Point) -> tuple[int, int]:
    return round(point[0]), round(point[1])
