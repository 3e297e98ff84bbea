"""What hosts' own programs printed: lines that came together are one thing of the picture. Pure.

A traceback comes line by line within a moment, and is read as one. What was printed to standard
output stands for itself, unless it came at once.
"""

from collections.abc import Sequence

from lab.evidence.events import HostOutput
from lab.report.model import Printed, Run

_TOGETHER_NS = {"stdout": 200_000, "stderr": 10_000_000}
_MOST, _MOST_LINES = 300, 500


def together(events: Sequence[HostOutput]) -> list[Printed]:
    """Return the lines of these events, put together: of one stream, and a moment after each other.

    Of very many lines, those are put together, too, that came later after each other.
    """
    ordered = sorted(events, key=lambda event: event.time_ns)
    within_ns = 0
    while len(found := _together(ordered, within_ns)) > _MOST and within_ns < 10**12:
        within_ns = max(4 * within_ns, 1_000_000)
    return found


def _together(events: Sequence[HostOutput], within_ns: int) -> list[Printed]:
    """Put lines together; `within_ns` is for all, where it is more than what is usual."""
    begun: dict[tuple[str, str], list[HostOutput]] = {}
    found: list[list[HostOutput]] = []
    for event in events:
        key = event.host, event.stream
        there = begun.get(key)
        limit_ns = max(within_ns, _TOGETHER_NS.get(key[1], 0))
        since_ns = event.time_ns - there[-1].time_ns if there else limit_ns
        if there and since_ns < limit_ns and len(there) < _MOST_LINES:
            there.append(event)
        else:
            begun[key] = [event]
            found.append(begun[key])
    return [_printed(number, several) for number, several in enumerate(found)]


def _printed(number: int, events: Sequence[HostOutput]) -> Printed:
    return Printed(
        number=number,
        time_ns=events[0].time_ns,
        host=events[0].host,
        stream=events[0].stream,
        lines=tuple(event.text for event in events),
    )


def by_hosts(run: Run) -> list[tuple[str, str]]:
    """Return each host and its state, if that is known, with all that is known of what it printed.

    These are the lines of the run; where there are none, the last lines before it.
    """
    last = {one.host: one for one in run.last_lines}
    texts: dict[str, list[str]] = {}
    for one in run.printed:
        texts.setdefault(one.host, []).append(one.text)
    found = []
    for host in sorted({*texts, *last}):
        there = last.get(host)
        text = "\n".join(texts.get(host, ())) or (there.text if there else "")
        if text or (there and there.state != "running"):
            state = f" ({there.state})" if there else ""
            found.append((f"{host}{state}", text or "(nothing)"))
    return found
