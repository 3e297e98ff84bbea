"""Calls, programs, faults, log lines and notes, out of a run's events.

An event that is damaged, or does not fit those before it, is left out and counted.
"""

from collections.abc import Iterable, Mapping, Sequence

from lab.evidence import events as evidence
from lab.evidence import output
from lab.evidence.events import CallOutcome, CallStarted, Event, ProgramOutcome, ProgramStarted
from lab.evidence.verdict import Verdict
from lab.report import call_text
from lab.report.expected import Expectations
from lab.report.fault_events import FaultEvent, Faults
from lab.report.hosts import names_by_address
from lab.report.model import Call, Fault, LastLines, Log, Note, Program
from lab.report.printed import together
from lab.report.traced_call import TracedCall
from lab.report.traces import notice_words, trace_words, traced_calls

_DAMAGE = (LookupError, TypeError, ValueError, AttributeError, OverflowError)


def fault_names(events: Iterable[Event]) -> dict[str, str]:
    """Return the scenario's names of the wire's faults, by their ids (`client/1`)."""
    added = (event for event in events if isinstance(event, evidence.FaultOn))
    return {link.fault: event.name or link.fault for event in added for link in event.links}


class Events:
    """What happened, each kind in the order of its beginning.

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
        self._traced: list[evidence.ProgramCall] = []
        self._faults = Faults(expectations)
        self.faults: list[Fault] = self._faults.found
        self.logs: list[Log] = []
        self.last_lines: list[LastLines] = []
        self.notes: list[Note] = []
        self.left_out = sum(isinstance(event, evidence.Damaged) for event in events)
        self._lines: list[evidence.HostOutput] = []
        self.played_ns: int | None = None
        self._names = names_by_address(addresses)
        self._steps = expectations
        self._started: dict[str, CallStarted | ProgramStarted] = {}
        self._before_ns = 0
        for event in events:
            if isinstance(event, evidence.StepsEnded):
                self.played_ns = event.time_ns
                self._note(event, "the steps are over; the lab closes what is open")
                break  # what its own end leaves in the syslog is none of the steps'
            self._add(event)
        self._add_never_collected()
        self.printed = together(self._lines)
        self.calls.sort(key=lambda call: call.began_ns)
        self.traced: list[TracedCall] = traced_calls(self._traced, self.programs, self.faults)

    def _add(self, event: Event) -> None:
        try:
            self._add_one(event)
        except _DAMAGE:
            self.left_out += 1
        self._before_ns = event.time_ns

    def _add_one(self, event: Event) -> None:
        match event:
            case CallOutcome():
                self._call(event)
            case ProgramOutcome():
                self._program(event)
            case evidence.ProgramCall():
                self._traced.append(event)
            case CallStarted() | ProgramStarted():
                self._started[event.name] = event
            case _ if isinstance(event, FaultEvent):
                self._faults.add(event)
            case evidence.SyslogLine():
                self._log(event)
            case evidence.HostOutput():
                self._lines.append(event)
            case evidence.LastOutput():
                self._last_lines(event)
            case _:
                self._add_note(event)

    def _add_note(self, event: Event) -> None:  # noqa: C901 - a table
        match event:
            case evidence.ProgramInput():
                self._input(event)
            case evidence.TraceNotice():
                words, is_bad = notice_words(event)
                self._note(event, words, event.host, is_bad=is_bad)
            case evidence.TraceOn() | evidence.TraceOff():
                words, is_bad = trace_words(event)
                self._note(event, words, event.host, is_bad=is_bad)
            case evidence.OutputCut() | evidence.OutputError():
                self._note(event, output.described(event), event.host, is_bad=True)
            case evidence.SysctlSet():
                words = ", ".join(f"{name} = {value}" for name, value in event.values.items())
                self._note(event, f"sysctl {words}", event.host)
            case evidence.WaitOutcome():
                what = self._steps.what(event.step).replace("wait for", "waited for", 1)
                self._note(event, f"{what or 'waited'}: {event.found}", is_bad=not event.held)
            case evidence.StepDone():
                words = ": ".join(filter(None, (self._steps.what(event.step), event.text)))
                is_bad = self._steps.verdict(event.step) not in {None, Verdict.PASS}
                self._note(event, words, event.host, is_bad=is_bad)
            case evidence.StepError():
                self._note(event, f"could not be done: {event.text}", is_bad=True)
            case evidence.MissingProgram():
                self._note(event, f"this machine cannot do it: {event.text}", is_bad=True)
            case evidence.SyslogError():
                self._note(event, f"syslog is not whole: {event.text}", is_bad=True)
            case evidence.Notice():
                self._note(event, event.text)

    def _call(self, event: CallOutcome) -> None:
        # Of a call with `later` that has not returned, only its start has the time.
        started = self._started.pop(event.name, None) if event.name else None
        began_ns = event.began_ns or (started.time_ns if started else self._before_ns)
        result, error = self._result(event)
        came, _ = self._result(event, call_text.WHOLE)
        expected, verdict, tells = self._steps.of_call(event.step, error)
        name, arguments = event.call, event.arguments
        self.calls.append(
            Call(
                number=len(self.calls),
                step=event.step,
                host=event.host,
                name=name,
                about=call_text.about(name, arguments, self._names),
                began_ns=began_ns,
                ended_ns=event.ended_ns,
                looked_ns=event.time_ns,
                result=result,
                error=error,
                asked=call_text.about(name, arguments, self._names, call_text.WHOLE),
                came=came,
                arguments=arguments,
                value=event.result,
                raised=event.raised,
                expected=expected,
                verdict=verdict,
                tells=tells,
            )
        )

    def _result(self, event: CallOutcome, most: int = call_text.SHORT) -> tuple[str, str]:
        """Return what a call came to, and the name of its error or ""."""
        if event.is_pending:
            return "has not returned", ""
        if event.raised:
            return event.raised.name, event.raised.name
        return call_text.returned(event.result, self._names, most), ""

    def _add_never_collected(self) -> None:
        """Show what was begun and never asked about: it was under way when the run ended."""
        for event in list(self._started.values()):
            if isinstance(event, CallStarted):
                self._add(
                    CallOutcome(
                        time_ns=event.time_ns,
                        step=event.step,
                        host=event.host,
                        call=event.call,
                        arguments=event.arguments,
                        began_ns=event.time_ns,
                    )
                )
            else:
                self._add(
                    ProgramOutcome(
                        time_ns=event.time_ns,
                        step=event.step,
                        host=event.host,
                        argv=event.argv,
                        environment=event.environment,
                        began_ns=event.time_ns,
                        name=event.name,
                    )
                )

    def _program(self, event: ProgramOutcome) -> None:
        if event.name:
            self._started.pop(event.name, None)
        # Of one that went on after its step the end of the run says how far it got.
        before = None if event.of_step is None else self._program_before(event)
        number = len(self.programs) if before is None else before.number
        self.programs[number : number + 1] = [
            Program(
                number=number,
                host=event.host,
                argv=event.argv,
                began_ns=event.began_ns,
                ended_ns=event.ended_ns,
                looked_ns=event.time_ns,
                output=event.output,
                errors=event.errors,
                exit_status=event.exit_status,
                verdict=self._steps.verdict(event.ran_in_step),
                environment=tuple(event.environment.items()),
                step=event.ran_in_step,
                name=event.name,
            )
        ]

    def _program_before(self, event: ProgramOutcome) -> Program | None:
        for one in self.programs:
            if (one.host, one.argv, one.began_ns) == (event.host, event.argv, event.began_ns):
                return one
        return None

    def _log(self, event: evidence.SyslogLine) -> None:
        self.logs.append(
            Log(
                number=len(self.logs),
                time_ns=event.time_ns,
                host=event.host,
                ident=event.ident,
                pid=event.pid,
                priority=f"{event.facility}.{event.severity}",
                message=event.message,
            )
        )

    def _input(self, event: evidence.ProgramInput) -> None:
        words = []
        if event.data is not None:
            words.append(f"gets {call_text.returned(event.data, self._names, call_text.WHOLE)}")
        words += ["its input ends"] if event.close else []
        in_vain = event.refused or event.taken_bytes < event.size_bytes
        words += ["which it has not taken"] if in_vain else []
        self._note(event, f"{event.name}: {', '.join(words)}", event.host, is_bad=in_vain)

    def _last_lines(self, event: evidence.LastOutput) -> None:
        self.last_lines.append(LastLines(event.host, event.state, event.output))
        if event.state != "running":
            self._note(event, f"{event.host} has ended ({event.state})", event.host, is_bad=True)

    def _note(self, event: Event, text: str, host: str = "", *, is_bad: bool = False) -> None:
        self.notes.append(Note(len(self.notes), event.time_ns, host, text, is_bad))
