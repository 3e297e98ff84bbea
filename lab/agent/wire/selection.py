"""Which of the packets that match a fault acts on: counted ones first, then seeded ones.

`idle_ms` leaves only packets of TCP connections that were idle for longer; `after` and
`after_bytes` set where the counting begins; `nth`, `first` and `every` pick by count; of what is
then left, `probability` or the bursts of Gilbert and Elliott pick at random.

Arriving packets tell what is idle, as in firewalls and NATs (RFC 5382, 5). A strict one forgets a
TCP connection until a SYN begins it anew. UDP has no SYN: any datagram from inside makes a NAT's
mapping anew (RFC 4787, 4.3), and packets of one direction do not show which side is inside. So
`idle_ms` means TCP only.
"""

from collections.abc import Mapping
from typing import Any

from lab.agent.wire.flows import Counter, Flow
from lab.agent.wire.rng import Draw, KeyedGenerator
from lab.net.packet import Packet
from lab.net.parameters import Parameter, ParameterError

_COUNTED = ("nth", "first", "every")
_A_WEEK_MS = 7 * 24 * 3600 * 1000
PARAMETERS = (
    Parameter("nth", int, "only the n-th", 1),
    Parameter("first", int, "only the first so many", 1),
    Parameter("every", int, "only every n-th", 1),
    Parameter("after", int, "only after so many packets; counting begins there"),
    Parameter("after_bytes", int, "only from the byte after so many of the flow's payload on"),
    Parameter(
        "idle_ms",
        float,
        "only of TCP connections without a packet on this link for longer, until a new SYN",
        0.001,
        _A_WEEK_MS,
    ),
    Parameter("probability", float, "each with this probability", 0, 1, draws=True),
    Parameter(
        "burst_enter", float, "bursts: probability to enter one, per packet", 0, 1, draws=True
    ),
    Parameter(
        "burst_leave", float, "bursts: probability to leave one, per packet", 0, 1, draws=True
    ),
    Parameter(
        "burst_probability", float, "bursts: probability within one (default 1)", 0, 1, draws=True
    ),
    Parameter(
        "gap_probability", float, "bursts: probability between them (default 0)", 0, 1, draws=True
    ),
    Parameter("seed", int, "of the random draws", default=1),
    Parameter(
        "per",
        str,
        "count for each flow, or all together",
        choices=("flow", "fault"),
        default="fault",
    ),
)


class Selection:
    """Picks from the packets that matched, made from the values of PARAMETERS."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        given = [name for name in _COUNTED if values[name] is not None]
        if len(given) > 1:
            text = f"{given[0]} and {given[1]}: choose one way to count"
            raise ParameterError(text)
        self._nth: int | None = values["nth"]
        self._first: int | None = values["first"]
        self._every: int | None = values["every"]
        self._after: int = values["after"] or 0
        self._after_bytes: int | None = values["after_bytes"]
        self._idle_ns = round((values["idle_ms"] or 0) * 1e6)
        if self.asks_idle:
            _refuse_what_is_never_idle(values)
        self._probability = values["probability"]
        self._enter, self._leave = values["burst_enter"], values["burst_leave"]
        self._in_burst = _or(values["burst_probability"], 1.0)
        self._in_gap = _or(values["gap_probability"], 0.0)
        if (self._enter is None) != (self._leave is None):
            raise ParameterError("burst_enter and burst_leave: give both, or none")
        if self._enter is None and (
            values["burst_probability"] is not None or values["gap_probability"] is not None
        ):
            raise ParameterError("bursts: give burst_enter and burst_leave, too")
        if self._enter is not None and self._probability is not None:
            raise ParameterError("probability and bursts: choose one of them")
        self._refuse_never()
        self.per_flow: bool = values["per"] == "flow"

    def _refuse_never(self) -> None:
        if self._probability == 0:
            raise ParameterError("probability 0: must be above 0; it would never act")
        if self._enter is not None and not self._in_gap:
            for name, value in (
                ("burst_enter", self._enter),
                ("burst_probability", self._in_burst),
            ):
                if value == 0:
                    text = f"{name} 0: must be above 0, or gap_probability; it would never act"
                    raise ParameterError(text)

    @property
    def needs_whole_flows(self) -> bool:
        """Must the wire see a flow from its first packet to know?"""
        return self.per_flow or self._after_bytes is not None or self.asks_idle

    @property
    def protocol(self) -> str | None:
        """The only protocol that it picks from, as in the match; None: any."""
        return "tcp" if self.asks_idle else None

    @property
    def asks_idle(self) -> bool:
        """Does it pick from idle connections only?"""
        return self._idle_ns > 0

    def is_idle(self, flow: Flow, packet: Packet, at_ns: int) -> bool:
        """Tell whether a packet is of a connection that was idle for too long.

        Call it for every packet of the flow, in order; the clock is `Transit`'s.
        """
        return flow.is_forgotten(packet, at_ns, self._idle_ns)

    @property
    def takes_all(self) -> bool:
        """Does it pick all packets, whichever come?"""
        counts = self._nth or self._first or self._every or self._after or self.asks_idle
        draws = self._probability is not None or self._enter is not None
        return not counts and not draws and self._after_bytes is None

    @property
    def has_last(self) -> bool:
        """Is there a last packet that can be taken?"""
        return not self.per_flow and (self._nth is not None or self._first is not None)

    def is_over(self, counter: Counter) -> bool:
        """Tell whether no later packet can be taken, whichever comes."""
        last = self._nth or self._first
        return last is not None and not self.per_flow and self._place(counter) >= last

    @property
    def may_begin_within(self) -> bool:
        """May what it picks begin in the middle of a segment?"""
        return self._after_bytes is not None

    def begins_at(self, first_byte: int, end_byte: int) -> int | None:
        """Return how many bytes of a segment come before what it picks, where some do, and others
        not; the segment has the bytes of its flow from the first on to the end.
        """
        if self._after_bytes is None or not first_byte < self._after_bytes < end_byte:
            return None
        return self._after_bytes - first_byte

    def counts(self, counter: Counter, end_byte: int) -> bool:
        """Tell whether it may take the packet that its counter has just counted, by the count.

        `end_byte` is how many bytes of its flow's payload there are up to its end.
        """
        if self._after_bytes is not None and end_byte <= self._after_bytes:
            counter.skipped += 1
            return False
        n = counter.packets - counter.skipped - self._after
        if n < 1:
            return False
        if self._nth is not None:
            return n == self._nth
        if self._first is not None:
            return n <= self._first
        return self._every is None or n % self._every == 0

    def takes(self, counter: Counter, generator: KeyedGenerator, count: int) -> bool | None:
        """Tell whether it takes the next `count` packets: all (True), none (False), or only some.

        It changes nothing. None, too, where only one after the other can tell.
        """
        last = self._place(counter) + count
        first = last - count + 1
        if last < 1:
            return False
        if first < 1 or self._enter is not None:
            return None
        by_count = self._counts_all(first, last)
        if not by_count or self._probability is None:
            return by_count
        ordinal, begin = counter.ordinal, counter.packets + 1
        for n in range(begin, begin + count):
            if generator.draw(ordinal, n, b"probability") < self._probability:
                return None
        return False

    def _counts_all(self, first: int, last: int) -> bool | None:
        """Tell whether, by their places, all of some packets are taken, none, or only some."""
        if self._nth is not None:
            taken = int(first <= self._nth <= last)
        elif self._first is not None:
            taken = max(0, min(last, self._first) - first + 1)
        elif self._every is not None:
            taken = last // self._every - (first - 1) // self._every
        else:
            return True
        return False if not taken else True if taken == last - first + 1 else None

    def skips(self, first_end: int, last_end: int) -> bool | None:
        """Tell whether `after_bytes` leaves out all packets that end in a range, none, or some."""
        if self._after_bytes is None or first_end > self._after_bytes:
            return False
        return True if last_end <= self._after_bytes else None

    def is_drawn(self, counter: Counter, draw: Draw) -> bool:
        """Tell whether it takes a packet that it may take by the count: chance has a say."""
        if self._enter is not None:
            return self._in_a_burst(counter, draw)
        return self._probability is None or draw.number(b"probability") < self._probability

    def _place(self, counter: Counter) -> int:
        return counter.packets - counter.skipped - self._after

    def _in_a_burst(self, counter: Counter, draw: Draw) -> bool:
        # Gilbert 1960, Elliott 1963; tc-netem(8) calls it gemodel: p, r, 1-h, 1-k.
        change = draw.number(b"burst")
        counter.in_burst = change >= self._leave if counter.in_burst else change < self._enter
        within = self._in_burst if counter.in_burst else self._in_gap
        return draw.number(b"probability") < within


def _refuse_what_is_never_idle(values: Mapping[str, Any]) -> None:
    if values["protocol"] not in {None, "tcp"}:
        text = f"idle_ms with protocol {values['protocol']}: only TCP shows what begins anew, a SYN"
        raise ParameterError(text)
    for name, value in (("tcp", "syn"), ("tcp", "syn-ack"), ("fragment", "later")):
        if values[name] == value:
            text = f"idle_ms with {name} {value}: such a packet is of no idle connection"
            raise ParameterError(f"{text}; it would never act")


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
