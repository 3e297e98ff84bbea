"""Which programs of a scenario's steps are traced; expectations of others' calls are refused."""

from collections.abc import Iterable

from lab.agent.tracing.matching import is_named
from lab.errors import ParseError
from lab.scenario.names import REFUSED, Names, Run
from lab.scenario.traced_calls import CallPattern
from lab.scenario.yaml import Mapping
from lab.suggestions import meant

_WAY_OUT = "say trace: true beside its run, or trace: [{}] at the top of the file"

_MOST_SHOWN = 60


def refuse_untraced(given: Mapping, pattern: CallPattern, names: Names) -> None:
    """Refuse calls that no step before can have traced. A run that was refused may have been it."""
    if pattern.of is not None:
        _refuse_of(given, pattern, pattern.of, names)
        return
    where = " or ".join(pattern.hosts)
    runs = [run for run in names.runs if run.on in pattern.hosts]
    traced = [run for run in runs if run.traced is not False]
    if not names.traced_services.isdisjoint(pattern.hosts):
        return
    if not traced:
        text = f"no program that a step before runs on {where} is traced"
        raise given.error("on", f"{text}; {_WAY_OUT.format(where)}")
    if pattern.program is not None:
        _refuse_program(given, pattern.program, runs, traced)


def _refuse_of(given: Mapping, pattern: CallPattern, of: str, names: Names) -> None:
    started = {run.later: run for run in names.runs if run.later is not None}
    run = started.get(of)
    if run is None:
        if names.later.get(of) == REFUSED:
            return
        text = f"{of!r}: no program was started with later: {of}{meant(of, started)}"
        raise given.error("of", text)
    if run.on not in pattern.hosts:
        raise given.error("of", f"{of!r} runs on {run.on}, not on {' or '.join(pattern.hosts)}")
    if run.traced is False:
        raise _untraced(given, "of", of, run)


def _refuse_program(
    given: Mapping, program: str, runs: Iterable[Run], traced: Iterable[Run]
) -> None:
    """Refuse one that a step runs untraced, where no traced one can be seen to run it."""
    if any(run.traced is None or program in " ".join(run.argv) for run in traced):
        return
    for run in runs:
        if run.traced is False and is_named(program, run.argv[0].rpartition("/")[2]):
            raise _untraced(given, "program", program, run)


def _untraced(given: Mapping, key: str, name: str, run: Run) -> ParseError:
    shown = " ".join(" ".join(run.argv).split())[:_MOST_SHOWN]
    text = f"{name!r} is not traced: line {run.line} runs {shown!r}"
    return given.error(key, f"{text}; {_WAY_OUT.format(run.on)}")
