"""What hosts' programs print, as events: a `HostOutput` for each line, with its own time.

Of each host so much is written as it comes, then only the last lines, and an `OutputCut` has how
much is missing between.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from lab.evidence.events import Event, HostOutput, LastOutput, OutputCut, OutputError
from lab.model import PrintedLine

_MOST_CHARACTERS, _LAST_LINES = 1 << 20, 200


class OutputRecorder:
    """Writes the lines of one host; `write` is that of a recorder of events."""

    def __init__(self, host: str, write: Callable[[Event], object]) -> None:
        self._host = host
        self._write = write
        self._room = _MOST_CHARACTERS
        self._last: deque[PrintedLine] = deque()
        self._missing_lines = 0

    def take(self, lines: Iterable[PrintedLine]) -> None:
        """Write lines, or keep them for the end."""
        for line in lines:
            if line.lost_bytes:
                self._write(OutputCut(host=self._host, missing_bytes=line.lost_bytes))
            self._room -= len(line.text) + 1
            if self._room >= 0:
                self._write_line(line)
                continue
            self._last.append(line)
            if len(self._last) > _LAST_LINES:
                self._last.popleft()
                self._missing_lines += 1

    def finish(self) -> None:
        """Write the last lines, and how many are missing."""
        if self._missing_lines:
            self._write(OutputCut(host=self._host, missing_lines=self._missing_lines))
        while self._last:
            self._write_line(self._last.popleft())
        self._missing_lines = 0

    def _write_line(self, line: PrintedLine) -> None:
        self._write(
            HostOutput(time_ns=line.time_ns, host=line.host, stream=line.stream, text=line.text)
        )


def texts(events: Sequence[Event], hosts: Collection[str]) -> Iterator[str]:
    """Yield the lines that hosts printed."""
    for event in events:
        if isinstance(event, HostOutput) and event.host in hosts:
            yield event.text


def missing(events: Sequence[Event], hosts: Collection[str]) -> str:
    """Return why these are not all the lines of the hosts; "": they are."""
    for event in events:
        if isinstance(event, OutputCut | OutputError) and event.host in hosts:
            return described(event)
    return ""


def described(event: OutputCut | OutputError) -> str:
    """Return, for people, what of a host's output is missing."""
    if isinstance(event, OutputError):
        return f"what {event.host} printed cannot be read: {event.text}"
    if event.missing_lines:
        return f"{event.missing_lines} lines of what {event.host} printed are not kept"
    return f"{event.missing_bytes} bytes of what {event.host} printed are not kept"


def is_of_syslog(line: PrintedLine) -> bool:
    """Tell whether it is a line of syslog, as its host writes them: there is an event of each."""
    return line.host == "syslog" and line.stream == "stdout"


def last_output(host: str, state: str, lines: Iterable[PrintedLine]) -> LastOutput:
    """Return the event of how a host is, and of the last lines that it printed."""
    return LastOutput(host=host, state=state, output="\n".join(line.text for line in lines))
