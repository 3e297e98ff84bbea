"""A fault in force: an impairment with its match, on the link from one host; and its counters."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from lab.agent.wire import match, selection
from lab.agent.wire.flows import Counter, Flows
from lab.agent.wire.impairments import Base, load
from lab.agent.wire.rng import Draw, KeyedGenerator
from lab.agent.wire.superpacket import Superpacket
from lab.agent.wire.transit import Transit
from lab.net import checksum, parameters, segments
from lab.net.data import in_words
from lab.net.fate import Effect
from lab.net.packet import Packet


class Figures:
    """How many packets matched, on how many was acted, and their bytes."""

    __slots__ = ("acted", "acted_bytes", "matched")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.matched = self.acted = self.acted_bytes = 0

    def add(self, packets: int, bytes_: int, *, acted: bool) -> None:
        """Add what the kernel has counted."""
        self.matched += packets
        self.acted += packets if acted else 0
        self.acted_bytes += bytes_ if acted else 0


class Fault:
    """What is asked for, checked; then what has come of it.

    `asked` has the values that were given, by the names of the parameters of the impairment, of
    `match` and of `selection`. ParameterError if it makes no sense.
    """

    def __init__(self, name: str, asked: Mapping[str, Any]) -> None:
        kind = load(name)
        all_parameters = (*kind.PARAMETERS, *match.PARAMETERS, *selection.PARAMETERS)
        values = parameters.checked(all_parameters, asked, name)
        self.name = name
        # As it was written: data that are bytes here are none in evidence and requests.
        kinds = {p.name for p in all_parameters if issubclass(p.kind, parameters.Kind)}
        written = {**values, **{name: asked[name] for name in kinds & asked.keys()}}
        self.asked = {name: written[name] for name in asked if asked[name] is not None}
        defaults = {parameter.name: parameter.default for parameter in all_parameters}
        special = {name: written[name] for name in values if values[name] != defaults[name]}
        # In one line, the same for the same fault, however it was asked for.
        self.text = f"{self.name} {json.dumps(special, sort_keys=True)}"
        self.settings = description(self.name, self.asked)
        self.stage = kind.STAGE
        try:
            self.impairment: Base = kind({p.name: values[p.name] for p in kind.PARAMETERS})
            self.selection = selection.Selection(values)
            only = self.impairment.protocol or self.selection.protocol
            values["protocol"] = match.protocol(values, only=only)
            self.match = match.Match(values)
            self.impairment.refuse(values)
        except parameters.ParameterError as error:
            text = f"{name}: {error}"
            raise parameters.ParameterError(text) from None
        self._seed: int = values["seed"]
        self._follows = self.impairment.follows_flows
        # What has nothing to say is not asked: it would be, for every packet.
        self._concerns = _own(self.impairment, "concerns")
        self._sees = _own(self.impairment, "sees")
        self._needs_flows = self.selection.needs_whole_flows
        self._is_by_segment = self.match.is_by_segment or self._concerns is not None
        self.may_begin_within = self.selection.may_begin_within
        self._reads_payload = self.match.reads_payload or self.impairment.READS_PAYLOAD
        self._flows = Flows()
        self._all = Counter(0)
        self._generator = KeyedGenerator(self._seed, self.text)
        self.instance = 0
        self.number = 0
        self.lifted = False
        self._by_us = Figures()
        # What the kernel has counted for it by lines that there are, and by those there were.
        self.of_kernel = Figures()
        self.kept_of_kernel = Figures()

    @property
    def needs_whole_flows(self) -> bool:
        """Must the wire see every packet of a flow, and not only those that match?"""
        # What follows the SYN that it acted on is no flow.
        follows = self._follows and self.asked.get("tcp") != "syn"
        return follows or self.selection.needs_whole_flows

    @property
    def needs_bytes(self) -> bool:
        """Must the wire have all bytes of packets, and not only their headers?"""
        return self.impairment.NEEDS_BYTES or self._reads_payload or self.may_begin_within

    @property
    def injects(self) -> bool:
        """May it deliver packets to the host besides those that come?"""
        return self.impairment.INJECTS or self.may_begin_within

    @property
    def matched_packets(self) -> int:
        """How many packets its match fitted.

        Once they come no more (see `Diverting`) the kernel counts those that are never a part of a
        superpacket.
        """
        return sum(one.matched for one in self._figures)

    @property
    def acted_packets(self) -> int:
        """On how many packets it has acted."""
        return sum(one.acted for one in self._figures)

    @property
    def acted_bytes(self) -> int:
        """The bytes of those."""
        return sum(one.acted_bytes for one in self._figures)

    @property
    def _figures(self) -> tuple[Figures, ...]:
        return self._by_us, self.of_kernel, self.kept_of_kernel

    @cached_property
    def is_cut(self) -> bool:
        """Does it drop all that matches, as the kernel can, too?"""
        is_all = self.impairment.DROPS_ALL and self.selection.takes_all
        return is_all and self.match.is_droppable

    @property
    def may_be_spent(self) -> bool:
        """Is there a last packet that it acts on, after which it need not see any?"""
        return self.selection.has_last and not self._follows

    @property
    def exhausted(self) -> bool:
        """Has it acted on all that it was to act on, so that no later packet can concern it?"""
        return self.selection.is_over(self._all) and not self.impairment.looks_out

    def begin(self, now_ns: int) -> None:
        """Put it in force from then on: a connection from before had its last packet then."""
        self._flows = Flows(now_ns)

    def seed_for(self, link: str, instance: int) -> None:
        """Give it a generator of its own: each link, and each of equal faults there, differs."""
        self.instance = instance
        self._generator = KeyedGenerator(self._seed, f"{link} {instance} {self.text}")

    def part(self, transit: Transit) -> Sequence[Transit]:
        """Cut a segment in two where the fault begins within it; return what goes on after it.

        Both are to meet the fault: the first has the bytes before. Damaged ones stay whole.
        """
        if not segments.can_be_cut(transit.packet) or not self.match.passes(transit.packet):
            return ()
        end = self._flows.of(transit.packet).bytes_up_to(transit.packet)
        at = self.selection.begins_at(end - transit.packet.payload_length, end)
        packet = transit.current
        if at is None or not checksum.is_right(packet):
            return ()
        transit.actions.append(
            (self, Effect("cut in two", f"it begins {at} bytes after the first"))
        )
        transit.pieces = [checksum.mended(one) for one in segments.halves(packet, at)]
        return transit.split()

    def meet(self, transit: Transit) -> Sequence[Transit]:
        """Do to a packet what is to be done; return others that go on after it.

        Those are packets that it kept until this one came, or pieces of this one.
        """
        if self._follows and (effect := self.impairment.follows(transit)):
            transit.actions.append((self, effect))
            return ()
        packet = transit.packet
        counter, end_byte, is_idle, silence_ns = self._all, 0, True, 0
        if self._needs_flows:
            if not self.match.passes_flow(packet):
                return ()
            flow = self._flows.of(packet)
            end_byte = flow.bytes_up_to(packet)
            if self.selection.asks_idle:
                is_idle = self.selection.is_idle(flow, packet, transit.at_ns)
                silence_ns = flow.silence_ns
            if self.selection.per_flow:
                counter = flow
        if not self.match.passes(packet) or (self._concerns and not self._concerns(packet)):
            return ()
        self._by_us.matched += 1
        counter.packets += 1
        if not is_idle:
            counter.skipped += 1
        draw = Draw(self._generator, counter.ordinal, counter.packets)
        is_counted = is_idle and self.selection.counts(counter, end_byte)
        if not is_counted or not self.selection.is_drawn(counter, draw):
            return self._sees(transit) if self._sees else ()
        self._by_us.acted += 1
        self._by_us.acted_bytes += packet.length
        effect = self.impairment.act(transit, draw)
        transit.actions.append((self, _after_silence(effect, silence_ns) if silence_ns else effect))
        return transit.split() if transit.pieces else ()

    def meet_superpacket(self, transit: Superpacket) -> None:
        """Do to all its segments alike what is to be done, as `meet` does it to each.

        Where it is not the same for all, `transit.is_refused` is set, and nothing has changed.
        """
        counter, skips, silence_ns = self._place_of(transit)
        matches, takes = self._matching(transit), None
        if matches is not None and skips is not None:
            count = transit.segments
            takes = matches and not skips and self.selection.takes(counter, self._generator, count)
        if takes is None or self._wants_segments(transit, takes=takes):
            transit.is_refused = True
            return
        if self._follows:
            self.impairment.follows(transit)
        if not matches:
            return
        self._by_us.matched += transit.segments
        counter.packets += transit.segments
        counter.skipped += transit.segments if skips else 0
        if takes:
            self._by_us.acted += transit.segments
            self._by_us.acted_bytes += transit.all_bytes
            draw = Draw(self._generator, counter.ordinal, counter.packets)
            effect = self.impairment.act(transit, draw)
            transit.actions.append(
                (self, _after_silence(effect, silence_ns) if silence_ns else effect)
            )

    def _wants_segments(self, transit: Superpacket, *, takes: bool) -> bool:
        if self.impairment.needs_segments(transit):
            return True
        return takes and not self.impairment.is_alike(transit)

    def _place_of(self, transit: Superpacket) -> tuple[Counter, bool | None, int]:
        """Return what counts it, whether its place in its flow leaves out all its segments (None:
        only some), and how long its connection had been idle. Asked again, it says the same.
        """
        packet = transit.packet
        if not self._needs_flows or not self.match.passes_flow(packet):
            return self._all, False, 0
        flow = self._flows.of(packet)
        end_byte = flow.bytes_up_to(packet)
        counter = flow if self.selection.per_flow else self._all
        if self.selection.asks_idle and not self.selection.is_idle(flow, packet, transit.at_ns):
            return counter, True, 0
        first_end = end_byte - packet.payload_length + transit.segment_bytes
        return counter, self.selection.skips(first_end, end_byte), flow.silence_ns

    def _matching(self, transit: Superpacket) -> bool | None:
        """Tell whether all its segments match, none, or only some."""
        if self._reads_payload:
            return None
        if not self._is_by_segment:
            return self._means(transit.packet)
        first, last = (self._means(one) for one in transit.ends)
        return first if first == last else None

    def _means(self, packet: Packet) -> bool:
        return self.match.passes(packet) and (not self._concerns or bool(self._concerns(packet)))


def _after_silence(effect: Effect, silence_ns: int) -> Effect:
    """Say, too, for how long the packet's connection had been idle."""
    reasons = [effect.reason] if effect.reason else []
    return effect._replace(reason=": ".join([*reasons, f"idle for {silence_ns / 1e6:.0f} ms"]))


def _own(impairment: Base, method: str) -> Any:
    inherits = getattr(type(impairment), method) is getattr(Base, method)
    return None if inherits else getattr(impairment, method)


def description(name: str, asked: Mapping[str, Any]) -> str:
    """Return a fault as its options were written: `drop tcp=syn first=1`."""
    values = {k: f"{v:.15g}" if isinstance(v, float) else in_words(v) for k, v in asked.items()}
    return " ".join([name, *(f"{parameter}={value}" for parameter, value in values.items())])
