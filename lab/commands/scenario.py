"""`lab run` and `lab verify`: scenarios, from the catalogue or from files."""

import argparse
import dataclasses
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lab import screen
from lab.checks.verdict import Judgement, Verdict, overall
from lab.checks.words import describe
from lab.commands import scenario_screen
from lab.engines import choice
from lab.engines.base import Engine
from lab.errors import EvidenceError, UsageError
from lab.evidence import last
from lab.running import run
from lab.running.run import Outcome
from lab.scenario import catalogue
from lab.scenario.model import Scenario, Step
from lab.scenario.reading import read

EXIT = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.UNKNOWN: 3}
_EPILOG = """\
exit status: 0 every run is PASS, 1 one is FAIL, 3 one is UNKNOWN (and none FAIL), 2 bad input,
4 no engine works here, 130 Ctrl-C"""


def fill_run(parser: argparse.ArgumentParser) -> None:
    """Make the parser of `lab run`."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("scenarios", nargs="*", metavar="NAME|FILE", help="as lab list shows them, or a file")
    add("--all", action="store_true", help="the whole catalogue")
    add("--engine", choices=choice.NAMES, help="where hosts live (default: as lab up)")
    add("--seed", type=int, metavar="N", help="in place of the scenario's own")
    add("--repeat", type=_count, default=1, metavar="N", help="run each so often")
    add("--jobs", type=_count, default=1, metavar="N", help="run so many at a time")
    add(
        "--results",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="where the evidence goes (default: results)",
    )
    parser.set_defaults(run=_run)


def fill_verify(parser: argparse.ArgumentParser) -> None:
    """Make the parser of `lab verify`."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="of a run")
    parser.set_defaults(run=_verify)


def _count(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from 1")
    return int(text)


def _run(arguments: argparse.Namespace) -> int:
    scenarios = _chosen(arguments)
    engine, why = choice.choose(arguments.engine)
    outcomes: list[Outcome] = []
    rounds = [scenario for _ in range(arguments.repeat) for scenario in scenarios]
    with screen.progress() as progress:
        if why:
            progress("note", why)
        alone = arguments.jobs == 1 and not arguments.json
        with ThreadPoolExecutor(arguments.jobs) as pool:
            started = [
                pool.submit(_one, engine, scenario, arguments, show=alone) for scenario in rounds
            ]
            try:
                for number, future in enumerate(started, 1):
                    outcomes.append(future.result())
                    progress(f"{number} of {len(rounds)}", "")
                    if not arguments.json:
                        _tell(outcomes[-1])
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    if arguments.json:
        print(json.dumps([_fields(outcome) for outcome in outcomes], indent=2))
    elif len(outcomes) > 1:
        _summary(outcomes)
    return EXIT[_worst(outcomes)]


def _chosen(arguments: argparse.Namespace) -> list[Scenario]:
    if arguments.all == bool(arguments.scenarios):
        raise UsageError("name scenarios or files, or give --all; lab list shows the catalogue")
    paths = catalogue.paths() if arguments.all else map(catalogue.find, arguments.scenarios)
    scenarios = [read(path) for path in paths]
    if arguments.seed is not None:
        scenarios = [dataclasses.replace(one, seed=arguments.seed) for one in scenarios]
    return scenarios


def _one(
    engine: Engine, scenario: Scenario, arguments: argparse.Namespace, *, show: bool
) -> Outcome:
    return run.run(
        engine,
        scenario,
        arguments.results,
        show=_show if show else _quiet,
        progress=_silent,
    )


def _quiet(_step: Step, _judged: list[Judgement], _took_s: float) -> None:
    """Several runs at a time would mix their lines."""


def _silent(_doing: str, _detail: str) -> None:
    """A run says what it does step by step."""


def _show(step: Step, judged: list[Judgement], took_s: float) -> None:
    bad = [one for one in judged if one.verdict is not Verdict.PASS]
    shown = bad[0] if bad else judged[0]
    screen.out.print(scenario_screen.step_line(describe(step), shown, took_s))


def _tell(outcome: Outcome) -> None:
    verdict, name, took_s = outcome.verdict, outcome.scenario, outcome.took_s
    screen.out.print(scenario_screen.verdict_line(verdict, name, took_s, outcome.folder))
    bad = [one for one in outcome.judgements if one.verdict is not Verdict.PASS]
    for one in bad:
        line = f"  line {one.line}: {one.what}: expected: {one.expected}; found: {one.found}"
        screen.out.print(line, markup=False)
    if bad:
        for line in last.lines(outcome.folder):
            screen.out.print(f"    {line}", markup=False)


def _summary(outcomes: Sequence[Outcome]) -> None:
    counts = dict.fromkeys(Verdict, 0)
    for outcome in outcomes:
        counts[outcome.verdict] += 1
    words = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    screen.out.print(f"{len(outcomes)} runs: {words}", markup=False)


def _worst(outcomes: Iterable[Outcome]) -> Verdict:
    return overall(Judgement(0, "", "", "", outcome.verdict) for outcome in outcomes)


def _fields(outcome: Outcome) -> dict[str, Any]:
    return dataclasses.asdict(outcome) | {"folder": str(outcome.folder)}


def _verify(arguments: argparse.Namespace) -> int:
    outcomes = []
    for folder in arguments.folders:
        try:
            outcomes.append(run.verify(folder))
        except EvidenceError as error:
            screen.err.print(f"{Verdict.UNKNOWN}: {error}", markup=False)
            return EXIT[Verdict.UNKNOWN]
    if arguments.json:
        print(json.dumps([_fields(outcome) for outcome in outcomes], indent=2))
    else:
        for outcome in outcomes:
            _tell(outcome)
    return EXIT[_worst(outcomes)]
