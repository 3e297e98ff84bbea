"""A fault in force: an impairment with its match, on the link from one host; and its counters."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lab.agent.wire import match, selection
from lab.agent.wire.flows import Counter, Flows
from lab.agent.wire.impairments import Base, load
from lab.agent.wire.rng import Draw, KeyedGenerator
from lab.agent.wire.transit import Transit
from lab.net import parameters
from lab.net.fate import Effect


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
        self.asked = {name: values[name] for name in asked if asked[name] is not None}
        defaults = {parameter.name: parameter.default for parameter in all_parameters}
        special = {name: values[name] for name in values if values[name] != defaults[name]}
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
        self._flows = Flows()
        self._all = Counter(0)
        self._generator = KeyedGenerator(self._seed, self.text)
        self.instance = 0
        self.number = 0
        self.lifted = False
        self.matched_packets = 0
        self.acted_packets = 0
        self.acted_bytes = 0

    @property
    def needs_whole_flows(self) -> bool:
        """Must the wire see every packet of a flow, and not only those that match?"""
        # What follows the SYN that it acted on is no flow.
        follows = self._follows and self.asked.get("tcp") != "syn"
        return follows or self.selection.needs_whole_flows

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
        self.matched_packets += 1
        counter.packets += 1
        if not is_idle:
            counter.skipped += 1
        if not is_idle or not self.selection.counts(counter, end_byte):
            return self._sees(transit) if self._sees else ()
        draw = Draw(self._generator, counter.ordinal, counter.packets)
        if not self.selection.is_drawn(counter, draw):
            return self._sees(transit) if self._sees else ()
        self.acted_packets += 1
        self.acted_bytes += packet.length
        effect = self.impairment.act(transit, draw)
        transit.actions.append((self, _after_silence(effect, silence_ns) if silence_ns else effect))
        return transit.split() if transit.pieces else ()


def _after_silence(effect: Effect, silence_ns: int) -> Effect:
    """Say, too, for how long the packet's connection had been idle."""
    reasons = [effect.reason] if effect.reason else []
    return effect._replace(reason=": ".join([*reasons, f"idle for {silence_ns / 1e6:.0f} ms"]))


def _own(impairment: Base, method: str) -> Any:
    inherits = getattr(type(impairment), method) is getattr(Base, method)
    return None if inherits else getattr(impairment, method)


def description(name: str, asked: Mapping[str, Any]) -> str:
    """Return a fault as its options were written: `drop tcp=syn first=1`."""
    values = {k: f"{v:.15g}" if isinstance(v, float) else v for k, v in asked.items()}
    return " ".join([name, *(f"{parameter}={value}" for parameter, value in values.items())])
