"""Any faults, coming and going, and any packets at all: each comes out once, and nothing raises."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lab.agent.wire import match, selection
from lab.agent.wire.fault import Fault
from lab.agent.wire.impairments import load, names
from lab.agent.wire.pipeline import Pipeline
from lab.agent.wire.transit import Transit
from lab.net.packet import Packet, parse
from lab.net.parameters import Parameter, ParameterError
from tests.unit.lab.agent.test_diversions import packets
from tests.unit.lab.agent.wire_faults import MS, datagram, fault
from tests.unit.lab.agent.wire_packets import any_bytes

RESET_BEFORE = ("dropped", "its connection has been reset")
LOSE = ("drop", "reject", "reset", "mtu", "rate")

# Faults, of all that may be asked for, about packets as they are here.
_LIKELY: dict[str, list[Any]] = {
    **{name: [1, 2, 5] for name in ("nth", "first", "every", "after", "copies", "gap")},
    **{name: [40312, 21567] for name in ("port", "source_port", "destination_port")},
    **{name: [0.0, 0.3, 1.0] for name in ("probability", "burst_enter", "burst_leave")},
    **{name: [0.0, 0.5] for name in ("burst_probability", "gap_probability")},
    **{"after_bytes": [0, 10], "min_bytes": [0, 40], "max_bytes": [40, 100], "ip_version": [4, 6]},
    **{"delay_ms": [0, 1, 7], "jitter_ms": [0, 1], "hold_ms": [1, 10], "mtu_bytes": [68, 1280]},
    **{"rate_bps": [8e4, 8e6], "limit_packets": [0, 3], "limit_bytes": [0, 200]},
    **{"bits": [1, 64], "offset_bytes": [0, 20], "seed": [1, 7], "idle_ms": [0.5, 2]},
    "size_bytes": [1, 4],
    **{"payload_starts_with": ["h", {"hex": "ff"}], "payload_contains": ["l", "zz"]},
    **{"payload_matches": ["l+o", "^$"], "find": ["l", "hello"], "replacement": ["x", "longer"]},
}


def _values(parameter: Parameter) -> st.SearchStrategy[Any]:
    words = parameter.choices or (False, True)
    return st.sampled_from(_LIKELY.get(parameter.name, words))


@st.composite
def faults(draw: st.DrawFn, of: tuple[str, ...] = tuple(names())) -> Fault:
    name = draw(st.sampled_from(of))
    parameters = (*load(name).PARAMETERS, *match.PARAMETERS, *selection.PARAMETERS)
    some = draw(st.sets(st.sampled_from(parameters), max_size=3))
    some |= {parameter for parameter in parameters if parameter.required}
    asked = {parameter.name: draw(_values(parameter)) for parameter in sorted(some)}
    try:
        return fault(name, **asked)
    except ParameterError:
        return fault("delay", delay_ms=3)


@settings(max_examples=200)
@given(
    st.lists(faults(), max_size=5),
    st.lists(st.tuples(packets() | any_bytes(), st.integers(0, 3 * MS)), max_size=15),
)
def test_any_packet_comes_out_whole_of_any_faults(
    some: list[Fault], arrivals: list[tuple[bytes, int]]
) -> None:
    link, now_ns, done = Pipeline(), 0, []
    for one in some:
        link.add(one, 0)
    for n, (data, step_ns) in enumerate(arrivals):
        now_ns += step_ns
        done += link.arrive(bytes([n]), parse(data), now_ns)
    while (due_ns := link.next_due_ns()) is not None:
        done += link.due(due_ns)
    of_the_kernel = [out for out in done if out.id]
    assert sorted(out.id for out in of_the_kernel) == [bytes([n]) for n in range(len(arrivals))]
    assert all(out.whole for out in done if not out.id)
    for out in done:
        by_names = {by.name for by, _ in out.actions}
        assert not out.lost or by_names & set(LOSE)
        if not out.lost and not out.whole:
            assert (out.data is not None) == bool(by_names & {"corrupt", "replace", "reset"})
        assert (out.duplicates > 0) == ("duplicate" in by_names)
        assert out.at_ns >= out.arrived_ns
        assert not out.replies or by_names & {"reject", "reset", "mtu"}
        assert all(parse(answer).version for answer in out.replies)
    # What a reset does to later packets of its connection is noted, too, and not counted.
    effects = [
        effect for out in of_the_kernel for _, effect in out.actions if effect != RESET_BEFORE
    ]
    assert sum(one.acted_packets for one in some) == len(effects)
    assert all(one.acted_packets <= one.matched_packets <= len(arrivals) for one in some)


@given(st.lists(packets() | any_bytes(), max_size=20))
def test_what_no_fault_names_goes_through_at_once(arrivals: list[bytes]) -> None:
    link = Pipeline()
    for name in names():
        needed = {p.name: _LIKELY[p.name][1] for p in load(name).PARAMETERS if p.required}
        link.add(fault(name, **needed, port=4), 0)  # nobody's
    for n, data in enumerate(arrivals):
        packet = parse(data)
        (one,) = link.arrive(bytes([n]), packet, n)
        if 4 not in {packet.source_port, packet.destination_port}:
            assert (one.lost, one.data, one.duplicates, one.actions) == (False, None, 0, [])
    assert link.next_due_ns() is None


class LinkMachine(RuleBasedStateMachine):
    """One link, on which time passes, packets arrive, faults are put and lifted."""

    IN_ORDER = False

    def __init__(self) -> None:
        super().__init__()
        self.link = Pipeline()
        self.now_ns = 0
        self.sent = 0
        self.done: list[Transit] = []

    def arrived(self, packet: Packet) -> None:
        self.done += self.link.arrive(self.sent.to_bytes(4, "big"), packet, self.now_ns)
        self.sent += 1

    @rule(payload=st.sampled_from((b"", b"x" * 50)))
    def datagram_arrives(self, payload: bytes) -> None:
        self.arrived(datagram(payload))

    @rule(ns=st.sampled_from((1, MS // 2, MS, 5 * MS, 100 * MS)), late=st.booleans())
    def time_passes(self, ns: int, late: bool) -> None:
        end_ns = self.now_ns + ns
        while not late and (due_ns := self.link.next_due_ns()) is not None and due_ns <= end_ns:
            assert due_ns > self.now_ns
            self.now_ns = due_ns
            self.done += self.link.due(self.now_ns)
        self.now_ns = end_ns
        self.done += self.link.due(self.now_ns)

    @precondition(lambda self: self.link.faults)
    @rule(data=st.data())
    def fault_is_lifted(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.link.faults))
        self.done += self.link.lift(one, self.now_ns)
        assert one not in self.link.faults

    @invariant()
    def each_comes_out_once_at_most_and_not_before_its_time(self) -> None:
        ids = [one.id for one in self.done]
        assert len(ids) == len(set(ids))
        assert all(one.arrived_ns <= one.at_ns <= self.now_ns for one in self.done)

    @invariant()
    def what_has_not_come_out_is_waited_for(self) -> None:
        due_ns = self.link.next_due_ns()
        assert (due_ns is None) == (len(self.done) == self.sent)
        assert due_ns is None or due_ns > self.now_ns

    def teardown(self) -> None:
        for one in self.link.faults:
            self.done += self.link.lift(one, self.now_ns)
        assert self.link.next_due_ns() is None  # nothing is kept without a fault
        assert sorted(one.id for one in self.done) == [
            n.to_bytes(4, "big") for n in range(self.sent)
        ]
        delivered = [one for one in self.done if not one.lost]
        if self.IN_ORDER:
            assert [one.id for one in delivered] == sorted(one.id for one in delivered)


class AnyFaults(LinkMachine):
    @rule(one=faults())
    def fault_is_put(self, one: Fault) -> None:
        self.link.add(one, self.now_ns)

    @rule(data=packets() | any_bytes())
    def anything_arrives(self, data: bytes) -> None:
        self.arrived(parse(data))


class FaultsInOrder(LinkMachine):
    """Faults that keep the order, each for all packets: drops, rates, delays with their jitter."""

    IN_ORDER = True

    @rule(
        delay_ms=st.sampled_from((0, 1, 7, 50)),
        jitter=st.booleans(),
        distribution=st.sampled_from(("uniform", "normal", "pareto")),
    )
    def delay_is_put(self, delay_ms: int, jitter: bool, distribution: str) -> None:
        jitter_ms = delay_ms if jitter else 0
        asked = {"delay_ms": delay_ms, "jitter_ms": jitter_ms, "distribution": distribution}
        self.link.add(fault("delay", **asked), self.now_ns)

    @rule(rate_bps=st.sampled_from((8e4, 1e6)), limit=st.sampled_from((0, 2, 1000)))
    def rate_is_put(self, rate_bps: float, limit: int) -> None:
        self.link.add(fault("rate", rate_bps=rate_bps, limit_packets=limit), self.now_ns)

    @rule(probability=st.sampled_from((0.3, 1.0)))
    def drop_is_put(self, probability: float) -> None:
        self.link.add(fault("drop", probability=probability), self.now_ns)


_STEPS = settings(max_examples=60, stateful_step_count=40)
TestAnyFaults = AnyFaults.TestCase
TestFaultsInOrder = FaultsInOrder.TestCase
TestAnyFaults.settings = TestFaultsInOrder.settings = _STEPS
