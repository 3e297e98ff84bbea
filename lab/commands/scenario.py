"""`lab run` and `lab verify`: scenarios, from the catalogue or from files."""

import argparse
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab import report, screen
from lab.api.engine import Engine
from lab.commands import newest
from lab.commands.control import Control, controls
from lab.commands.run_screen import RunScreen, counts, outcome_lines, summary_lines
from lab.engines import choice
from lab.errors import EvidenceError, LabError, UsageError
from lab.evidence import verdict_file
from lab.evidence.verdict import Judgement, Verdict, overall
from lab.runner import pool, run
from lab.runner.run import Outcome
from lab.scenario import catalogue, keys
from lab.scenario.model import Scenario
from lab.scenario.reader import read

EXIT = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.UNKNOWN: 3}
EXIT_CANNOT = 4
_EXIT_UNREAD = 141  # as of a program that SIGPIPE ends: nobody has seen the verdict
_MOST_DIGITS = 20
_EPILOG = """\
examples:
  lab run half-open
  lab run ECONNREFUSED                         all that reproduce this error
  lab run connect/ my-scenarios/ one-more.yaml --jobs 2
  lab run --all --engine namespaces --repeat 20 --jobs 3

exit status: 0 every run is PASS, 1 one is FAIL (or, with --control, passes without its faults),
3 one is UNKNOWN (and none FAIL), 2 bad input, 4 this machine lacks what is needed, 130 Ctrl-C (what
ran is ended; its evidence is kept), 141 nobody reads the output"""


def fill_run(parser: argparse.ArgumentParser) -> None:
    """Make the parser of `lab run`."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add(
        "scenarios",
        nargs="*",
        metavar="NAME|TOPIC/|ERROR|FILE|FOLDER",
        help="as lab list shows them, an errno, a file, or all files of a folder",
    )
    add("--all", action="store_true", help="the whole catalogue")
    add("--engine", choices=choice.NAMES, help="where hosts live (default: as lab up)")
    add("--seed", type=_seed, metavar="N", help="in place of the scenario's own")
    add("--repeat", type=count, default=1, metavar="N", help="run each so often")
    add("--jobs", type=count, default=1, metavar="N", help="run so many at a time")
    add(
        "--results",
        type=Path,
        default=newest.RESULTS,
        metavar="DIR",
        help="where the evidence goes (default: results)",
    )
    add("--report", action="store_true", help="make the page of each run (lab report), too")
    add(
        "--control",
        action="store_true",
        help="run each without its faults, too, and say what depends on them",
    )
    parser.set_defaults(run=_run, unread=_EXIT_UNREAD)


def fill_verify(parser: argparse.ArgumentParser) -> None:
    """Make the parser of `lab verify`."""
    parser.add_argument(
        "folders", nargs="*", type=Path, metavar="DIR", help="of a run (default: the newest)"
    )
    parser.set_defaults(run=_verify, unread=_EXIT_UNREAD)


def count(text: str) -> int:
    """Return a number of things from 1 on, for argparse."""
    if not _is_number(text) or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from 1")
    return int(text)


def _seed(text: str) -> int:
    if not _is_number(text) or int(text) > keys.MOST_SEED:
        what = f"must be a whole number from 0 to {keys.MOST_SEED}"
        raise argparse.ArgumentTypeError(f"{text!r}: {what}")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < _MOST_DIGITS


def _run(arguments: argparse.Namespace) -> int:
    scenarios = _chosen(arguments)
    engine, why = choice.choose(arguments.engine)
    rounds = [scenario for _ in range(arguments.repeat) for scenario in scenarios]
    alone = arguments.jobs == 1 or len(rounds) == 1
    shown = RunScreen(len(rounds), steps=alone, quiet=arguments.json)
    try:
        with shown:
            if why:
                shown.note(why)
            outcomes = pool.run_all(
                engine, rounds, arguments.results, jobs=arguments.jobs, observer=shown
            )
    except (LabError, KeyboardInterrupt):
        # What has ended before is worth as much as ever.
        if shown.outcomes and not arguments.json:
            _sum_up(shown.outcomes)
        raise
    pages = [report.write(one.folder) for one in outcomes] if arguments.report else []
    found = _controls(arguments, engine, scenarios, outcomes)
    if arguments.json:
        of_each = [[one for one in outcomes if one.file == str(s.path)] for s in scenarios]
        entries = [_entry(one) | _control_of(found, one[0]) for one in of_each]
        print(json.dumps(entries, indent=2))
    elif len(outcomes) > 1:
        _sum_up(outcomes)
    if not arguments.json:
        for page in pages:
            screen.out.print(f"page: {page}", markup=False)
        for one in found:
            screen.out.print(f"control: {one.text}", markup=False)
    return _status(outcomes) or EXIT[Verdict.FAIL] * any(one.proves_nothing for one in found)


def _controls(
    arguments: argparse.Namespace,
    engine: Engine,
    scenarios: Sequence[Scenario],
    outcomes: Sequence[Outcome],
) -> list[Control]:
    if not arguments.control:
        return []
    return controls(engine, scenarios, outcomes, arguments.results, jobs=arguments.jobs)


def _control_of(found: Sequence[Control], outcome: Outcome) -> dict[str, Any]:
    """Return what a program wants to know of a scenario's control; {}: it has none."""
    for one in found:
        if one.without is not None and one.without.file == outcome.file:
            without = {"verdict": one.without.verdict, "folder": str(one.without.folder)}
            return {"control": {**without, "depends": one.depends}}
    return {}


def _sum_up(outcomes: Sequence[Outcome]) -> None:
    for line in summary_lines(outcomes):
        screen.out.print(line)


def _chosen(arguments: argparse.Namespace) -> list[Scenario]:
    if arguments.all == bool(arguments.scenarios):
        raise UsageError("name scenarios or files, or give --all; lab list shows the catalogue")
    scenarios = [read(path) for path in catalogue.chosen(arguments.scenarios)]
    if arguments.seed is not None:
        scenarios = [dataclasses.replace(one, seed=arguments.seed) for one in scenarios]
    return scenarios


def _status(outcomes: Sequence[Outcome]) -> int:
    bad = [one for one in outcomes if one.verdict is not Verdict.PASS]
    # What a run lacked it could not show; of the others the verdict counts.
    shown = [one for one in bad if not one.lacking]
    return EXIT[_worst(shown)] if shown else EXIT_CANNOT if bad else 0


def _worst(outcomes: Sequence[Outcome]) -> Verdict:
    return overall(Judgement(0, "", "", "", outcome.verdict) for outcome in outcomes)


def _entry(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return what a program wants to know of a scenario; runs are in the order of their start."""
    first = outcomes[0]
    there = counts(outcomes)
    return {
        "scenario": first.scenario,
        "title": first.title,
        "file": first.file,
        "engine": first.engine,
        "seed": first.seed,
        "verdict": _worst(outcomes),
        "counts": there,
        "flaky": len(there) > 1,
        "runs": [fields(outcome) for outcome in outcomes],
    }


def fields(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON has it."""
    return dataclasses.asdict(outcome) | {"folder": str(outcome.folder)}


def _folders(given: Sequence[Path]) -> Sequence[Path]:
    """Return the folders to judge. UsageError for what is none; what is in them may be missing."""
    for folder in given:
        if not folder.is_dir():
            what = "is no folder" if folder.exists() else "there is no such folder"
            raise UsageError(f"{folder}: {what}; name that of a run, such as results/half-open/001")
    return given or [newest.run()]


def _verify(arguments: argparse.Namespace) -> int:
    entries: list[dict[str, Any]] = []
    statuses = []
    for folder in _folders(arguments.folders):
        try:
            outcome = run.verify(folder)
        except EvidenceError as error:
            screen.err.print(f"{Verdict.UNKNOWN}: {error}", markup=False)
            entries.append({"folder": str(folder), "verdict": Verdict.UNKNOWN, "error": str(error)})
            statuses.append(EXIT[Verdict.UNKNOWN])
            continue
        differs = verdict_file.difference(folder, outcome)
        entries.append(fields(outcome) | {"differs": differs})
        statuses.append(_status([outcome]))
        if not arguments.json:
            for line in outcome_lines(outcome):
                screen.out.print(line)
            if differs:
                screen.out.print(f"  note: {differs}", markup=False)
    if arguments.json:
        print(json.dumps(entries, indent=2))
    worst_first = (EXIT[Verdict.FAIL], EXIT[Verdict.UNKNOWN], EXIT_CANNOT)
    return next((status for status in worst_first if status in statuses), 0)
