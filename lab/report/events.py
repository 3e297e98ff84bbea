"""Calls, programs, faults, log lines and notes, out of a run's events.

An event that lacks what it should have is left out and counted: its file is damaged.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from lab.evidence import output
from lab.evidence.events import Event
from lab.report import call_text
from lab.report.expected import Expectations
from lab.report.fault_events import Faults
from lab.report.hosts import names_by_address, texts
from lab.report.model import Call, Fault, LastLines, Log, Note, Program
from lab.report.printed import together


def fault_names(events: Iterable[Event]) -> dict[str, str]:
    """Return the scenario's names of the wire's faults, by their ids (`client/1`)."""
    return {
        id_: str(event.get("name") or id_)
        for event in events
        if event["kind"] == "fault_on"
        for id_ in texts(event.get("ids"))
    }


class Events:
    """What the events tell, each kind in the order of its beginning.

    `left_out` counts the events that could not be read; `played_ns` is when the steps were over.
    """

    def __init__(
        self,
        events: Sequence[Event],
        addresses: Mapping[str, Sequence[str]],
        expectations: Expectations,
    ) -> None:
        self.calls: list[Call] = []
        self.programs: list[Program] = []
        self._faults = Faults(expectations)
        self.faults: list[Fault] = self._faults.found
        self.logs: list[Log] = []
        self.last_lines: list[LastLines] = []
        self.notes: list[Note] = []
        self.left_out = 0
        self._lines: list[Event] = []
        self.played_ns: int | None = None
        self._names = names_by_address(addresses)
        self._steps = expectations
        self._started: dict[str, Event] = {}
        self._before_ns = 0
        tell: dict[str, Callable[[Event], None]] = {
            "call": self._call,
            "started": self._remember,
            "program": self._program,
            "fault_on": self._faults.on,
            "fault_off": self._faults.off,
            "host": self._faults.host,
            "syslog": self._log,
            "output": self._output,
            "output_cut": self._output_trouble,
            "output_trouble": self._output_trouble,
            "printed": self._last_lines,
            "input": self._input,
            "sysctl": self._sysctl,
            "wait": self._wait,
            "error": self._error,
            "lacking": self._lacking,
            "note": lambda event: self._note(event, str(event["text"])),
            "syslog_trouble": self._syslog_trouble,
        }
        for event in events:
            if event["kind"] == "played":
                self.played_ns = event["time_ns"]
                self._note(event, "the steps are over; the lab closes what is open")
                break  # what its own end leaves in the syslog is no part of the story
            self._tell(tell.get(event["kind"], _ignore), event)
        self._never_collected()
        self.printed = together(self._lines)
        self.calls.sort(key=lambda call: call.began_ns)

    def _tell(self, tell: Callable[[Event], None], event: Event) -> None:
        try:
            tell(event)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            self.left_out += 1
        self._before_ns = event["time_ns"]

    def _call(self, event: Event) -> None:
        # A call that has not returned says only, in older evidence, when that was found.
        started = self._started.pop(str(event.get("name")), None)
        began_ns = event.get("began_ns") or (started or {}).get("time_ns") or self._before_ns
        result, error = self._result(event)
        came, _ = self._result(event, call_text.WHOLE)
        step = event.get("step")
        expected, verdict, tells = self._steps.of_call(step, error)
        name, arguments = str(event["call"]), dict(event.get("arguments") or {})
        self.calls.append(
            Call(
                number=len(self.calls),
                step=step,
                host=str(event["host"]),
                name=name,
                about=call_text.about(name, arguments, self._names),
                began_ns=int(began_ns),
                ended_ns=None if event.get("pending") else int(event["ended_ns"]),
                looked_ns=int(event["time_ns"]),
                result=result,
                error=error,
                asked=call_text.about(name, arguments, self._names, call_text.WHOLE),
                came=came,
                arguments=arguments | _outcome(event),
                expected=expected,
                verdict=verdict,
                tells=tells,
            )
        )

    def _result(self, event: Event, most: int = call_text.SHORT) -> tuple[str, str]:
        """Return what a call came to, and the name of its error or ""."""
        if event.get("pending"):
            return "has not returned", ""
        if raised := event.get("raised"):
            return str(raised["name"]), str(raised["name"])
        return call_text.gave(event.get("gave"), self._names, most), ""

    def _remember(self, event: Event) -> None:
        self._started[str(event["name"])] = event

    def _never_collected(self) -> None:
        """Show what was begun and never asked about: it was under way when the run ended."""
        for event in list(self._started.values()):
            if "call" in event:
                self._before_ns = event["time_ns"]
                self._tell(self._call, {**event, "name": None, "pending": True})
            elif "argv" in event:
                begun = {**event, "began_ns": event["time_ns"], "pending": True}
                self._tell(self._program, begun)

    def _program(self, event: Event) -> None:
        self._started.pop(str(event.get("name")), None)
        ended = None if event.get("pending") else int(event["ended_ns"])
        # Of one that went on after its step the end of the run says how far it got.
        before = self._program_before(event) if "of_step" in event else None
        number = len(self.programs) if before is None else before.number
        self.programs[number : number + 1] = [
            Program(
                number=number,
                host=str(event["host"]),
                argv=tuple(map(str, event["argv"])),
                began_ns=int(event["began_ns"]),
                ended_ns=ended,
                looked_ns=int(event["time_ns"]),
                output=str(event.get("output", "")),
                errors=str(event.get("errors", "")),
                exit_status=event.get("exit_status"),
                verdict=self._steps.verdict(event.get("of_step", event.get("step"))),
                environment=_settings(event.get("environment") or {}),
            )
        ]

    def _program_before(self, event: Event) -> Program | None:
        argv, began_ns = tuple(map(str, event["argv"])), int(event["began_ns"])
        for one in self.programs:
            if (one.host, one.argv, one.began_ns) == (str(event["host"]), argv, began_ns):
                return one
        return None

    def _log(self, event: Event) -> None:
        self.logs.append(
            Log(
                number=len(self.logs),
                time_ns=int(event["time_ns"]),
                host=str(event["host"]),
                ident=str(event.get("ident", "")),
                pid=event.get("pid"),
                priority=f"{event.get('facility', '')}.{event.get('severity', '')}",
                message=str(event["message"]),
            )
        )

    def _input(self, event: Event) -> None:
        words = []
        if event["data"] is not None:
            data = call_text.gave(event["data"], self._names, call_text.WHOLE)
            words.append(f"gets {data}")
        words += ["its input ends"] if event["close"] else []
        in_vain = event.get("refused") or event["taken_bytes"] < event["bytes"]
        words += ["which it has not taken"] if in_vain else []
        self._note(event, f"{event['name']}: {', '.join(words)}", is_bad=bool(in_vain))

    def _output(self, event: Event) -> None:
        self._lines.append({**event, "host": str(event["host"]), "text": str(event["text"])})

    def _output_trouble(self, event: Event) -> None:
        self._note(event, output.words(event), is_bad=True)

    def _last_lines(self, event: Event) -> None:
        host, state = str(event["host"]), str(event["state"])
        self.last_lines.append(LastLines(host, state, str(event["output"])))
        if state != "running":
            self._note(event, f"{host} has ended ({state})", is_bad=True)

    def _sysctl(self, event: Event) -> None:
        words = ", ".join(f"{name} = {value}" for name, value in event["values"].items())
        self._note(event, f"sysctl {words}")

    def _wait(self, event: Event) -> None:
        what = self._steps.what(event.get("step")).replace("wait for", "waited for", 1)
        self._note(event, f"{what or 'waited'}: {event['found']}", is_bad=not event["held"])

    def _error(self, event: Event) -> None:
        self._note(event, f"could not be done: {event['text']}", is_bad=True)

    def _lacking(self, event: Event) -> None:
        self._note(event, f"this machine cannot do it: {event['text']}", is_bad=True)

    def _syslog_trouble(self, event: Event) -> None:
        self._note(event, f"syslog is not whole: {event['text']}", is_bad=True)

    def _note(self, event: Event, text: str, *, is_bad: bool = False) -> None:
        host = str(event.get("host") or "")
        self.notes.append(Note(len(self.notes), int(event["time_ns"]), host, text, is_bad))


def _ignore(_event: Event) -> None:
    """Events of the run itself (`start`, `end`, `host_up`) are read elsewhere."""


def _settings(environment: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in environment.items())


def _outcome(event: Event) -> dict[str, Any]:
    raised = event.get("raised")
    if raised:
        return {"raised": f"{raised['name']}: {raised.get('text', '')}".rstrip(": ")}
    return {} if event.get("pending") else {"gave": event.get("gave")}
