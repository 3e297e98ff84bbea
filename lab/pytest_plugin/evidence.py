"""The evidence of a test: written while it runs, kept if it fails, and shown in its report."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from lab import printable
from lab.api.run_log import RunLog
from lab.checks import programs
from lab.errors import LabError
from lab.evidence import event_file, folders, outside, summary, text, verdict_file
from lab.evidence.events import (
    CallOutcome,
    End,
    Event,
    FaultOff,
    FaultOn,
    MissingProgram,
    Notice,
    Start,
)
from lab.evidence.verdict import Judgement, Verdict
from lab.evidence.verdict_file import RecordedVerdict
from lab.pytest_plugin import options
from lab.pytest_plugin.lab_view import LabView

TITLE = "socket lab"
_SHOWN_ARGUMENTS = ("socket", "as", "to", "address", "data", "bytes", "timeout")
_MOST_NAME, _MOST_CALLS = 100, 8


class TestEvidence:
    """One test's, from the set-up of its fixture `lab` to the report on its end."""

    __test__ = False

    def __init__(self, item: pytest.Item) -> None:
        self.item = item
        why_not = ""
        try:
            self.folder = folders.new_run(options.results(item.config), name_of(item.nodeid))
        except OSError as error:
            why_not = f"no place for evidence: {error}; choose another with --lab-results"
        if why_not:
            pytest.fail(why_not, pytrace=False)
        # Is it known what came of the test? Not if it was interrupted.
        self.reported = False
        self._view: LabView | None = None
        self._kept = False
        self._page = ""
        item.stash[options.EVIDENCE] = self

    def begin_log(self, engine: str, hosts: Sequence[str]) -> RunLog:
        """Write the first event of the test; return what writes the others."""
        return RunLog(
            self.folder,
            test=self.item.nodeid,
            title=self.item.nodeid,
            path=self.item.path,
            engine=engine,
            hosts=tuple(hosts),
        )

    def follow(self, view: LabView) -> None:
        """Take the view of the lab that the test has."""
        self._view = view

    def on_report(self, report: pytest.TestReport) -> None:
        """Take a report on a part of the test; keep the evidence when it failed."""
        self.reported |= report.failed or report.when == "call"
        if report.failed:
            line, why = _why(report)
            self._keep(Judgement(line, self.item.nodeid, "passes", why, Verdict.FAIL))
            report.sections.append((TITLE, self._section()))
        elif report.when == "teardown":
            self._end()

    def leave(self) -> None:
        """End it where no report came: the test was interrupted."""
        left = self.item.config.stash.setdefault(options.LEFT_OVER, [])
        self._keep(Judgement(1, self.item.nodeid, "ends", "was interrupted", Verdict.UNKNOWN))
        left.append(f"{TITLE}: evidence of {self.item.nodeid}: {shown(self.item, self.folder)}")

    def _end(self) -> None:
        """Decide about a test that has not failed."""
        if self._kept:
            return
        if self.item.config.getoption("lab_keep"):
            self._keep(Judgement(1, self.item.nodeid, "passes", "passed", Verdict.PASS))
        else:
            folders.discard(self.folder)

    def _keep(self, judgement: Judgement) -> None:
        if self._kept:
            return
        self._kept = True
        if self._view and judgement.verdict is not Verdict.PASS:
            self._view.write_outputs()
        self.finish()
        _write_verdict(self.folder, judgement)
        self._page = page(self.folder)

    def finish(self) -> None:
        """Complete what has been written."""
        if self._view:
            self._view.finish_log()

    def _section(self) -> str:
        """Say where the evidence is, and show the ends of it."""
        found = event_file.read(self.folder)
        engine = next((one.engine for one in found if isinstance(one, Start)), "?")
        lines = [f"evidence ({engine}): {shown(self.item, self.folder)}{self._page}"]
        lines += _faults(found)
        made = [one for one in found if isinstance(one, CallOutcome)]
        lines += ["the last calls:"] if made else []
        lines += [f"  {_call(one)}" for one in made[-_MOST_CALLS:]]
        lines += programs.lines(found)
        lines += summary.lines(self.folder)
        lines += [f"note: {one.text}" for one in found if isinstance(one, Notice)]
        lines += [f"note: {outside.with_remedy(line)}" for line in outside.texts(found)]
        for end in (one for one in found if isinstance(one, End)):
            lines += [f"note: {error}" for error in end.errors]
        return "\n".join(map(printable.line, lines))


def name_of(nodeid: str) -> str:
    """Return the name of a test's folder: `tests.test_time.test_reset-client`."""
    words = re.sub(r"\.py(?=::|$)", "", nodeid).replace("::", ".").replace("/", ".")
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", words).strip("-.") or "test"
    if len(plain) > _MOST_NAME:
        digest = hashlib.sha256(nodeid.encode()).hexdigest()[:8]
        plain = f"{plain[: _MOST_NAME - 9]}-{digest}"
    return plain


def page(folder: Path) -> str:
    """Make the page of a run; return its name, to be shown after the folder's."""
    from lab import report  # noqa: PLC0415 - only when something fails

    try:
        return f"/{report.write(folder).name}"
    except (LabError, OSError, ValueError, LookupError, TypeError) as error:
        # The evidence is there all the same, and the failure of the test is what counts.
        return f" (no page of it: {error!r})"


def shown(item: pytest.Item, path: Path) -> Path:
    """Return a path as the person would write it, from where pytest was started."""
    here = item.config.invocation_params.dir
    return path.relative_to(here) if path.is_relative_to(here) else path


def _why(report: pytest.TestReport) -> tuple[int, str]:
    """Return the line where a test failed, and the first line of the reason."""
    crash = getattr(report.longrepr, "reprcrash", None)
    line = crash.lineno if crash else (report.location[1] or 0) + 1
    text = crash.message if crash else report.longreprtext
    return line, text.splitlines()[0] if text else "failed"


def _faults(found: Sequence[Event]) -> Iterator[str]:
    """Yield, for people, what each fault was and what it did."""
    on: dict[str, str] = {}
    for event in found:
        if isinstance(event, FaultOn):
            link = event.links[0]
            on[event.name] = f"fault {event.text} on {link.source} -> {link.target}"
        elif isinstance(event, FaultOff):
            acted, matched = event.counters.acted_packets, event.counters.matched_packets
            yield f"{on[event.name]}: acted on {acted} of {matched} packets matched"


def _call(event: CallOutcome) -> str:
    began_ns = event.began_ns or event.time_ns
    given = event.arguments
    words = [_shown(given[key]) for key in _SHOWN_ARGUMENTS if given.get(key) is not None]
    call = f"{event.call}({', '.join(words)})"
    return f"{text.time_of_day(began_ns)} {event.host}: {call} {text.result_text(event)}"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else text.shown(value)


def _write_verdict(folder: Path, judgement: Judgement) -> None:
    found = event_file.read(folder)
    start = found[0]
    assert isinstance(start, Start)
    verdict_file.write(
        folder,
        RecordedVerdict(
            scenario=folder.parent.name,
            title=start.title,
            engine=start.engine,
            verdict=judgement.verdict,
            judgements=(judgement,),
            took_s=(found[-1].time_ns - start.time_ns) / 1e9,
            file=start.path,
            lacking=tuple(one.text for one in found if isinstance(one, MissingProgram)),
            lost_outside=outside.texts(found),
        ),
    )
