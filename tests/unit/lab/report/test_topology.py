"""The small picture of hosts and links: nothing lies on anything, and every fault is there."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from lab.report.model import Fault, Run
from lab.report.reading import read
from lab.report.topology import Edge, Topology, topology
from tests import made_evidence as made


def fault(number: int, kind: str, *links: tuple[str, str]) -> Fault:
    return Fault(number, f"f{number}", kind, kind, 0, None, links)


def of(folder: Path, hosts: tuple[str, ...], *faults: Fault) -> Topology:
    """Return the picture of a run in which all hosts are there and only faults use links."""
    run: Run = read(made.write(folder))
    return topology(replace(run, hosts=hosts, packets=(), faults=faults))


@pytest.mark.parametrize("order", [("delay", "drop"), ("drop", "delay")])
def test_every_fault_on_a_link_is_there_and_any_may_cut_it(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    link = ("client", "server")
    there = [fault(number, kind, link) for number, kind in enumerate(order)]
    (edge,) = of(tmp_path, ("client", "server"), *there).edges
    assert edge.is_cut
    assert edge.fault == f"f0: {order[0]}; f1: {order[1]}"


def all_pairs(count: int) -> tuple[tuple[str, ...], Fault]:
    hosts = tuple(f"host{number}" for number in range(count))
    pairs = [(a, b) for a in hosts for b in hosts if a != b]
    return hosts, fault(0, "delay", *pairs)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 8, 10, 16, 24])
def test_boxes_are_within_the_frame_and_on_no_other(tmp_path: Path, count: int) -> None:
    hosts, every = all_pairs(count)
    found = of(tmp_path, hosts, every)
    for node in found.nodes:
        assert found.half <= node.x <= found.width - found.half
        assert 20 <= node.y <= found.height - 20
    for one, other in combinations(found.nodes, 2):
        assert abs(one.x - other.x) > 2 * found.half or abs(one.y - other.y) > 40


def through(edge: Edge, found: Topology) -> set[str]:
    """Return the boxes that a link goes through, its ends left out."""
    steps = [number / 200 for number in range(4, 197)]
    places = [
        (edge.x1 + (edge.x2 - edge.x1) * part, edge.y1 + (edge.y2 - edge.y1) * part)
        for part in steps
    ]
    return {
        node.name
        for node in found.nodes
        for x, y in places
        if abs(x - node.x) < found.half - 1 and abs(y - node.y) < 19
    }


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 8, 10])
def test_links_go_from_box_to_box_and_through_none(tmp_path: Path, count: int) -> None:
    hosts, every = all_pairs(count)
    found = of(tmp_path, hosts, every)
    boxes = {node.name: node for node in found.nodes}
    for edge in found.edges:
        assert through(edge, found) == set()
        source, _, target = edge.words.split(" ")
        for name, x, y in ((source, edge.x1, edge.y1), (target, edge.x2, edge.y2)):
            beyond = max(
                abs(x - boxes[name].x) - found.half,
                abs(y - boxes[name].y) - 20,
            )
            assert -2 <= beyond <= 4
