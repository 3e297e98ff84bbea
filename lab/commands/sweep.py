"""`lab sweep`: the same exchange again and again, each time with one packet or call failed."""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

from lab import screen
from lab.commands import program_options
from lab.commands.durations import seconds
from lab.commands.scenario import count
from lab.commands.sweep_screen import SweepScreen
from lab.engines import choice
from lab.errors import LabError, UsageError
from lab.evidence import folders
from lab.sweep import calls, files
from lab.sweep.faults import DEFAULT, HELP, FaultKind
from lab.sweep.findings import Finding, findings
from lab.sweep.log import FILE, TrialLog
from lab.sweep.outcomes import REPORTS, SURVIVES
from lab.sweep.playing import player
from lab.sweep.subject import FileSubject, ProgramsSubject, Subject, short_timers
from lab.sweep.sweep import Plan, Sweep

_FOUND, _FLAKY = 1, 3
_TIMERS = "TCP sends again after 5 ms or more, not 200 (--real-timers leaves that as it is)"
_KERNEL = Path("/proc/sys/net/ipv4/tcp_rto_min_us")
_EPILOG = """\
Three clean runs come first. Then each packet is failed in each way, in a run of its own; what
breaks is made as small as can be, and confirmed five times. A good program may fail: it must say
so (exit status, no traceback), end in time, and serve the next exchange.

faults of packets:
{faults}

examples:
  lab sweep --server 'python3 server.py' --client 'python3 client.py server 9000'
  lab sweep --server ./server --client './client server' --faults drop,reset --calls
  lab sweep my-scenario.yaml --survive --budget 60s

exit status: 0 nothing broke, 1 something did, 2 bad input, 3 only what is flaky did,
130 Ctrl-C (what was found so far is shown; --resume DIR goes on)"""


def fill_sweep(parser: argparse.ArgumentParser) -> None:
    """Make the parser."""
    faults = "\n".join(f"  {kind:<10} {text}" for kind, text in HELP.items())
    parser.epilog = _EPILOG.format(faults=faults)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("scenario", nargs="?", type=Path, metavar="FILE", help="a scenario, in place of programs")
    program_options.add(parser)
    add(
        "--patience",
        type=seconds,
        metavar="TIME",
        help="the client hangs when it takes longer (default: 5 times as long as in clean runs, 2s"
        " at the least)",
    )
    add(
        "--faults",
        type=_kinds,
        default=DEFAULT,
        metavar="KIND,...",
        help="only these (default: all but corrupt)",
    )
    add(
        "--calls",
        nargs="?",
        const=(),
        type=_errnos,
        metavar="ERRNO,...",
        help="fail each socket call, too (default: with the errnos that programs meet)",
    )
    add("--survive", action="store_true", help="a good program must end as in the clean runs")
    add("--only", default="", metavar="TEXT", help="only faults in whose name this stands")
    add("--budget", type=seconds, metavar="TIME", help="begin no new faults after this time")
    add(
        "--jobs",
        type=count,
        default=_jobs(),
        metavar="N",
        help="runs at a time (default %(default)s)",
    )
    add("--resume", type=Path, metavar="DIR", help="go on with a sweep that was ended")
    add(
        "--real-timers",
        action="store_true",
        help="leave TCP's shortest retransmission timer as it is; else it is 5 ms",
    )
    parser.set_defaults(run=_run)


def _jobs() -> int:
    return 2 * (os.cpu_count() or 1)


def _kinds(text: str) -> frozenset[FaultKind]:
    try:
        return frozenset(map(FaultKind, text.split(",")))
    except ValueError as error:
        known = ", ".join(FaultKind)
        raise argparse.ArgumentTypeError(f"{text!r}: must be of {known}") from error


def _errnos(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := calls.check(names):
        raise argparse.ArgumentTypeError(f"{unknown[0]!r}: no socket call fails with that")
    return names


def _run(arguments: argparse.Namespace) -> int:
    subject = _subject(arguments)
    engine, why = choice.choose(arguments.engine)
    folder = _folder(arguments, subject)
    plan = Plan(
        kinds=arguments.faults,
        expected=SURVIVES if arguments.survive else REPORTS,
        patience_s=arguments.patience,
        calls=arguments.calls is not None,
        errnos=arguments.calls or (),
        budget_s=arguments.budget,
        only=arguments.only,
    )
    shown = SweepScreen(quiet=arguments.json)
    for note in (why, _TIMERS if subject.settings else ""):
        if note:
            shown.note(note)
    log = TrialLog(folder, subject.text(), on_damage=shown.note)
    play = player(engine, folder, jobs=arguments.jobs, note=shown.note)
    sweep = Sweep(subject, plan, play, log, shown)
    shown.is_break = sweep.is_break
    try:
        with shown:
            sweep.run()
    except (LabError, KeyboardInterrupt):
        if sweep.result.trials:  # what has been found is worth as much as ever
            _show(sweep, subject, folder, arguments)
        raise
    finally:
        log.close()
    return _show(sweep, subject, folder, arguments)


def _folder(arguments: argparse.Namespace, subject: Subject) -> Path:
    """Return the folder of the sweep: a new one, or that of one to go on with."""
    if arguments.resume is None:
        return folders.new_run(arguments.results, f"sweep-{subject.name}")
    if not (arguments.resume / FILE).is_file():
        raise UsageError(f"{arguments.resume}: no sweep was begun there; it has no {FILE}")
    return Path(arguments.resume)


def _subject(arguments: argparse.Namespace) -> Subject:
    given = arguments.server or arguments.client or arguments.host
    if arguments.scenario and given:
        raise UsageError(f"{arguments.scenario}: a scenario, or programs: choose one of them")
    if arguments.scenario:
        return FileSubject(arguments.scenario)
    if arguments.calls is None:
        arguments.no_trace = True
    found = program_options.programs(arguments)
    program_options.scenario(found)  # says what is wrong in the words of the options
    is_short = not arguments.real_timers and _KERNEL.exists()
    return ProgramsSubject(found, short_timers(found) if is_short else ())


def _show(sweep: Sweep, subject: Subject, folder: Path, arguments: argparse.Namespace) -> int:
    result = sweep.result
    breaks = [trial for trial in result.trials if sweep.is_break(trial)]
    found = findings(result, breaks)
    page = files.write(folder, subject, result, found)
    if arguments.json:
        print(json.dumps(files.as_json(folder, result, found), indent=2))
    else:
        for line in _lines(sweep, found):
            screen.out.print(line, markup=False)
        screen.out.print(f"page: {page}", markup=False)
    return _status(found)


def _lines(sweep: Sweep, found: Sequence[Finding]) -> list[str]:
    result = sweep.result
    lines = []
    for one in found:
        lines += [
            f"{one.sentence} ({one.proof})",
            f"    {one.detail}",
            f"    {one.smallest.observed.folder}",
        ]
    rest = "all else it survives" if found else "it survives all of it"
    lines.append(rest if result.trials else "nothing was tried")
    lines.append(files.coverage(result))
    lines += [f"note: the output of {host} is not the same every time" for host in result.varying]
    return lines


def _status(found: Sequence[Finding]) -> int:
    if not found:
        return 0
    return _FLAKY if all(one.is_flaky for one in found) else _FOUND
