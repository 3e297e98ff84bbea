"""What hosts' programs print, as events: `output` for each line, with its own time.

Of each host so much is written as it comes, then only the last lines, and `output_cut` says how
much is missing between.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from lab.evidence.events import Event
from lab.model import PrintedLine

LINE, CUT, TROUBLE = "output", "output_cut", "output_trouble"
_MOST_CHARACTERS, _LAST_LINES = 1 << 20, 200


class OutputRecorder:
    """Writes the lines of one host; `write` is that of a recorder of events."""

    def __init__(self, host: str, write: Callable[..., object]) -> None:
        self._host = host
        self._write = write
        self._room = _MOST_CHARACTERS
        self._last: deque[PrintedLine] = deque()
        self._cut_lines = 0

    def take(self, lines: Iterable[PrintedLine]) -> None:
        """Write lines, or keep them for the end."""
        for line in lines:
            if line.lost_bytes:
                self._write(CUT, host=self._host, bytes=line.lost_bytes)
            self._room -= len(line.text) + 1
            if self._room >= 0:
                self._write_line(line)
                continue
            self._last.append(line)
            if len(self._last) > _LAST_LINES:
                self._last.popleft()
                self._cut_lines += 1

    def finish(self) -> None:
        """Write the last lines, and how many are not there."""
        if self._cut_lines:
            self._write(CUT, host=self._host, lines=self._cut_lines)
        while self._last:
            self._write_line(self._last.popleft())
        self._cut_lines = 0

    def _write_line(self, line: PrintedLine) -> None:
        self._write(LINE, time_ns=line.time_ns, host=line.host, stream=line.stream, text=line.text)


def texts(events: Sequence[Event], hosts: Collection[str]) -> Iterator[str]:
    """Yield the lines that hosts printed."""
    for event in events:
        if event["kind"] == LINE and event["host"] in hosts:
            yield event["text"]


def lacks(events: Sequence[Event], hosts: Collection[str]) -> str:
    """Say why these are not all the lines of the hosts; "": they are."""
    for event in events:
        if event["kind"] in {CUT, TROUBLE} and event["host"] in hosts:
            return words(event)
    return ""


def words(event: Event) -> str:
    """Say what an event CUT or TROUBLE says."""
    if event["kind"] == TROUBLE:
        return f"what {event['host']} printed cannot be read: {event['text']}"
    unit = "lines" if "lines" in event else "bytes"
    return f"{event[unit]} {unit} of what {event['host']} printed are not kept"


def is_of_syslog(line: PrintedLine) -> bool:
    """Tell whether it is a line of syslog, as its host writes them: there is an event of each."""
    return line.host == "syslog" and line.stream == "stdout"


def as_event(host: str, state: str, lines: Iterable[PrintedLine]) -> dict[str, Any]:
    """Return the fields of the event `printed`: how a host is, and the last lines it printed."""
    return {"host": host, "state": state, "output": "\n".join(line.text for line in lines)}
