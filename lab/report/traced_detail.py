"""What stands beside the picture where a traced call is chosen. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lab.evidence.text import plain
from lab.report.call_text import WHOLE, duration, returned
from lab.report.model import Run
from lab.report.row_text import clock
from lab.report.traced_call import FoldedCalls, Traced, TracedCall
from lab.report.traced_values import Names, end, gave, socket_words, thread_words

Detail = list[tuple[str, str]]
_MOST_THREADS, _MOST_TEXT = 6, 30


def traced_detail(traced: Traced, run: Run, names: Names) -> Detail:
    """Return terms and what they are of this call."""
    if isinstance(traced, FoldedCalls):
        return _folded(traced, run, names)
    event = traced.event
    lasted_ns = (traced.ended_ns or traced.looked_ns) - traced.began_ns
    over = "" if traced.ended_ns else ", until its thread ended"
    return [
        ("Call", f"{traced.host}: {traced.name}"),
        ("Result", gave(traced, names, WHOLE)),
        ("Fault", _fault(traced)),
        *_who([traced], run),
        ("Descriptor", "" if event.descriptor is None else str(event.descriptor)),
        ("Socket", socket_words(traced, names)),
        *((name, _text(value, names)) for name, value in event.arguments.items()),
        ("Data", "" if event.data is None else _data(traced)),
        ("Began", f"{clock(traced.began_ns - run.began_ns)} s"),
        ("Lasted", duration(lasted_ns) + over),
        ("Restarts", str(event.restarts or "")),
        *_packets(traced, run),
    ]


def _fault(call: TracedCall) -> str:
    """Return which fault acted on a call, and whether the kernel has seen the call."""
    return call.fault if call.is_made or not call.fault else f"{call.fault}; the call was not made"


def _folded(fold: FoldedCalls, run: Run, names: Names) -> Detail:
    calls = fold.calls
    lasted = [one.ended_ns - one.began_ns for one in calls if one.ended_ns is not None]
    outcomes = Counter(" \N{RIGHTWARDS ARROW} ".join(_outcome(one)) for one in calls)
    counted = (f"{what} \N{MULTIPLICATION SIGN}{count:,}" for what, count in outcomes.items())
    return [
        ("Calls", f"{fold.host}: {len(calls):,} calls, one after the other"),
        ("Outcomes", ", ".join(counted)),
        ("Fault", fold.fault),
        *_who(calls, run),
        ("Descriptor", _same(str(one.event.descriptor) for one in calls).removeprefix("None")),
        ("Socket", _same(socket_words(one, names) for one in calls)),
        ("From", f"{clock(fold.began_ns - run.began_ns)} s"),
        ("Until", f"{clock((fold.ended_ns or fold.looked_ns) - run.began_ns)} s"),
        ("Each lasted", _range(lasted)),
        *_packets(fold, run),
    ]


def _outcome(call: TracedCall) -> list[str]:
    return [call.name, *([call.error] if call.error else [])]


def _who(calls: Sequence[TracedCall], run: Run) -> Detail:
    """Return program, process and thread, the last where it is another one than the process."""
    program = next((one for one in run.programs if one.number == calls[0].program), None)
    started = " ".join(program.argv) if program else ""
    executables = dict.fromkeys(one.event.program for one in calls)
    threads = [*dict.fromkeys(map(thread_words, calls))]
    is_itself = not started or started.partition(" ")[0].rpartition("/")[2] in executables
    more = f" and {len(threads) - _MOST_THREADS} more" if len(threads) > _MOST_THREADS else ""
    return [
        ("Program", ", ".join(executables) + ("" if is_itself else f", run by {_cut(started)}")),
        (
            "Process/thread" if any("/" in one for one in threads) else "Process",
            ", ".join(threads[:_MOST_THREADS]) + more,
        ),
    ]


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}\N{HORIZONTAL ELLIPSIS}"


def _packets(traced: Traced, run: Run) -> Detail:
    connection = traced.connection
    count = len(traced.packets)
    return [
        ("Connection", "" if connection is None else run.connections[connection].label),
        ("Packets", str(count) if count else ""),
    ]


def _data(call: TracedCall) -> str:
    """Return the first bytes that a call sent or received, and of how many."""
    size = call.event.size_bytes or 0
    text = returned(call.event.data, {}, WHOLE)
    return f"{text}, the first of {size:,} bytes" if size > 64 else text


def _same(words: Any) -> str:
    """Return what all of them are, or ""."""
    there = set(words)
    return there.pop() if len(there) == 1 else ""


def _range(lasted: Sequence[int]) -> str:
    if not lasted:
        return ""
    least, most = duration(min(lasted)), duration(max(lasted))
    return least if least == most else f"{least} to {most}"


def _text(value: Any, names: Names) -> str:
    """Return an argument; an address has the name of its host."""
    value = plain(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(one, names)}".strip() for name, one in value.items())
    if isinstance(value, list):
        return "; ".join(_text(one, names) for one in value)
    return end(value, names) if isinstance(value, str) else "" if value is None else str(value)
