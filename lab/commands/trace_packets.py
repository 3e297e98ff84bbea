"""`lab trace --packets`: the packets of the host, and faults on its links, between its calls."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import IO

from lab.api.fault_watch import FaultChange, FaultWatch
from lab.api.host import Host
from lab.api.lab import Lab
from lab.api.trace import OnTraced
from lab.commands.trace_text import PacketText, call_json, call_line, decided_ns
from lab.commands.trace_timeline import Timeline
from lab.evidence.background_traffic import is_background
from lab.evidence.events import ProgramCall, TraceEvent
from lab.evidence.pcapng import Record
from lab.net.fate import HELD

HOLD_S = 0.1
_CATCHES_UP_WITHIN_S = 5.0
_Thing = TraceEvent | Record | FaultChange | str


@contextmanager
def between_calls(
    lab: Lab,
    host: Host,
    output: IO[str],
    names: Mapping[str, str],
    *,
    as_json: bool,
    on_failure: Callable[[], object],
) -> Iterator[OnTraced]:
    """Show the packets and faults of a host until the block ends; give what takes its calls.

    `on_failure` is called when nothing more is shown; the end of the block raises why.
    """
    colours = output.isatty() and not as_json and "NO_COLOR" not in os.environ
    text = PacketText(host.name, colours=colours)

    def show(thing: _Thing) -> None:
        output.write(_line(thing, text, names, as_json=as_json) + "\n")
        output.flush()

    def on_packet(seen: Record) -> None:
        if host.name in {seen.source, seen.target} and not is_background(seen.packet):
            held = seen.fate.kind == HELD
            timeline.add(time.time_ns() if held else decided_ns(seen), seen)

    def on_end(name: str) -> None:
        timeline.add(time.time_ns(), f"packets that come to {name} are seen no more: it has ended")

    def catch_up() -> None:
        host.tracer.catch_up()
        packets.catch_up(_CATCHES_UP_WITHIN_S)
        for change in faults.changes():
            timeline.add(change.time_ns, change)

    packets = lab.live_packets(on_packet, on_end, loopback=[host.name])
    timeline = Timeline(show, catch_up, HOLD_S, on_failure)
    with ExitStack() as opened:
        opened.enter_context(packets)
        faults = FaultWatch(host.name, lab.agents())
        opened.enter_context(timeline)
        yield lambda event: timeline.add(_place_ns(event), event)


def _is_short(event: ProgramCall) -> bool:
    """Tell whether a call stands where it began: it was over before later lines were shown."""
    return event.ended_ns is None or event.ended_ns - event.began_ns < HOLD_S * 1e9


def _place_ns(event: TraceEvent) -> int:
    if not isinstance(event, ProgramCall):
        return event.time_ns
    if event.ended_ns is None:
        return time.time_ns()
    return event.began_ns if _is_short(event) else event.ended_ns


def _line(thing: _Thing, text: PacketText, names: Mapping[str, str], *, as_json: bool) -> str:
    if isinstance(thing, Record):
        return text.packet_json(thing) if as_json else text.packet(thing)
    if isinstance(thing, FaultChange):
        return text.fault_json(thing) if as_json else text.fault(thing)
    if isinstance(thing, str):
        return text.note_json(thing) if as_json else text.note(thing)
    if as_json:
        return call_json(thing)
    ended = isinstance(thing, ProgramCall) and not _is_short(thing)
    return text.call(call_line(thing, names, ended=ended))
