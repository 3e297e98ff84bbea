"""Reads the evidence of a run into the facts of its page; what is missing is said, not guessed."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lab.checks.judge import judge
from lab.errors import EvidenceError, LabError
from lab.evidence import event_file, folders, outside, scenario_file, verdict_file
from lab.evidence.events import End, Event, Start
from lab.evidence.packets import is_altered
from lab.evidence.verdict import Judgement, Verdict, overall
from lab.report import correlate, traced_packets
from lab.report import events as run_events
from lab.report.expected import Expectations
from lab.report.hosts import addresses_of, in_order
from lab.report.model import Call, Packet, Run
from lab.report.packets import Traffic, read_traffic
from lab.report.trace_folding import folded
from lab.scenario.hosts import Hosts
from lab.scenario.model import Scenario
from lab.scenario.reader import read as read_scenario


def read(folder: Path) -> Run:
    """Return what a run saw. EvidenceError when the folder has neither events nor a capture."""
    missing: list[str] = []
    found = _events(folder, missing)
    start = next((event for event in found if isinstance(event, Start)), None)
    if found and start is None:
        missing.append(
            f"{event_file.FILE} does not say which run it is of: no event \u2018start\u2019."
        )
    traffic = read_traffic(folder / folders.CAPTURE, run_events.fault_names(found), found)
    if not found and not traffic.seen:
        text = f"{folder}: no evidence of a run: neither {event_file.FILE} nor {folders.CAPTURE}"
        raise EvidenceError(text)
    missing += traffic.missing
    if found and not any(isinstance(event, End) for event in found):
        missing.append(f"{event_file.FILE} ends early: what came after its last line is not known.")
    scenario = _scenario(folder, start, found, missing)
    judgements, verdict = _judged(folder, scenario, found, traffic, missing)
    addresses = addresses_of(found)
    shown = run_events.Events(found, addresses, Expectations(scenario, judgements))
    if shown.left_out:
        missing.append(f"{event_file.FILE} is damaged: {_events_left_out(shown.left_out)}.")
        judgements, verdict = _not_whole(judgements, verdict, missing)
    missing += [f"{line}." for line in outside.texts(found)]
    return _run(folder, found, start, scenario, traffic, shown, judgements, verdict, missing)


def _events_left_out(count: int) -> str:
    return "1 event is left out" if count == 1 else f"{count:,} events are left out"


def _events(folder: Path, missing: list[str]) -> list[Event]:
    try:
        found = event_file.read(folder)
    except EvidenceError as error:
        path = folder / event_file.FILE
        what = (
            "There is no" if not path.exists() else f"{str(error).removeprefix(f'{folder}/')}; no"
        )
        missing.append(f"{what} {event_file.FILE}: calls, faults and log lines are not known.")
        return []
    if not found:
        missing.append(f"{event_file.FILE} is empty or cannot be read.")
    return found


def _scenario(
    folder: Path, start: Start | None, found: Sequence[Event], missing: list[str]
) -> Scenario | None:
    path = folder / folders.SCENARIO
    if start and start.test is not None:
        return None  # a test's own code says what it expects
    try:
        text = scenario_file.read(folder, found)
        return read_scenario(path, hosts=_hosts_named(start), text=text)
    except LabError as error:
        what = f"There is no readable {folders.SCENARIO}"
        if path.is_file():
            what = str(error).partition("\n")[0].removeprefix(f"{folder}/")
        missing.append(f"{what}: what was expected is not known.")
        return None


def _hosts_named(start: Start | None) -> Hosts:
    return Hosts.of(start.hosts, start.replicas) if start else Hosts()


def _judged(
    folder: Path,
    scenario: Scenario | None,
    found: Sequence[Event],
    traffic: Traffic,
    missing: list[str],
) -> tuple[tuple[Judgement, ...], Verdict]:
    if scenario is None:
        return _recorded(folder, damaged=bool(missing))
    judgements: list[Judgement] = []
    try:
        why = traffic.missing[0] if traffic.missing else ""
        is_doubtful = bool(why and traffic.seen) and is_altered(folder / folders.CAPTURE, found)
        judgements += judge(scenario, found, [] if is_doubtful else traffic.seen, missing=why)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        missing.append(f"{event_file.FILE} is damaged: {type(error).__name__}: {error}.")
    judgements += [
        Judgement(1, "evidence", "is whole", one, Verdict.UNKNOWN) for one in traffic.missing
    ]
    # Events that are damaged may hold anything.
    plain = tuple(replace(one, found=str(one.found)) for one in judgements)
    return _not_whole(plain, overall(plain), missing)


def _recorded(folder: Path, *, damaged: bool) -> tuple[tuple[Judgement, ...], Verdict]:
    """Return what was judged then; of what cannot be read, or is damaged and was PASS, UNKNOWN."""
    try:
        then = verdict_file.read(folder)
    except EvidenceError:
        return (), Verdict.UNKNOWN
    is_doubtful = damaged and then.verdict is Verdict.PASS
    return then.judgements, Verdict.UNKNOWN if is_doubtful else then.verdict


def _not_whole(
    judgements: tuple[Judgement, ...], verdict: Verdict, missing: Sequence[str]
) -> tuple[tuple[Judgement, ...], Verdict]:
    """Let evidence that is not whole be UNKNOWN, unless that is said already."""
    if not missing or any(one.verdict is Verdict.UNKNOWN for one in judgements):
        return judgements, verdict
    more = Judgement(1, "evidence", "is whole", missing[0], Verdict.UNKNOWN)
    return (*judgements, more), Verdict.UNKNOWN if verdict is Verdict.PASS else verdict


def _run(
    folder: Path,
    found: Sequence[Event],
    start: Start | None,
    scenario: Scenario | None,
    traffic: Traffic,
    shown: run_events.Events,
    judgements: tuple[Judgement, ...],
    verdict: Verdict,
    missing: list[str],
) -> Run:
    addresses = addresses_of(found)
    calls = correlate.link(shown.calls, traffic, addresses)
    traced = folded(traced_packets.link(shown.traced, traffic))
    packets = tuple(traffic.packets)
    began_ns, ended_ns = _times(found, packets, calls, shown)
    named = (start.test or start.scenario) if start else None
    name = named or folder.parent.name or folder.name
    known = [*(start.hosts if start else ()), *addresses]
    hosts = _hosts(known, packets, calls, shown, began_ns)
    return Run(
        name=name,
        title=scenario.title if scenario else _title(start, name),
        shows=scenario.shows if scenario else "",
        engine=start.engine if start else "",
        seed=start.seed if start else None,
        command=_command(start),
        began_ns=began_ns,
        ended_ns=ended_ns,
        facts=_facts(start) if start else {},
        hosts=hosts,
        addresses=addresses,
        idle=tuple(sorted(set(known) - set(hosts))),
        verdict=verdict,
        judgements=judgements,
        connections=tuple(traffic.connections),
        packets=packets,
        background=traffic.background,
        calls=calls,
        traced=tuple(traced),
        programs=tuple(shown.programs),
        faults=tuple(shown.faults),
        logs=tuple(shown.logs),
        printed=tuple(shown.printed),
        last_lines=tuple(shown.last_lines),
        notes=tuple(shown.notes),
        missing=tuple(missing),
    )


def _times(
    found: Sequence[Event],
    packets: Sequence[Packet],
    calls: Sequence[Call],
    shown: run_events.Events,
) -> tuple[int, int]:
    """Return when the first thing happened, and when the steps were over."""
    times = [event.time_ns for event in found] + [one.time_ns for one in packets[-1:]]
    began = [one.began_ns for one in calls] + [one.began_ns for one in shown.programs]
    began += [one.began_ns for one in shown.traced[:1]]
    began += [one.on_ns for one in shown.faults] + [one.time_ns for one in packets[:1]]
    # After its steps the lab closes what is open: that is no part of the story.
    return min(began or times or [0]), shown.played_ns or max(times, default=0)


def _hosts(
    known: Sequence[str],
    packets: Sequence[Packet],
    calls: Sequence[Call],
    shown: run_events.Events,
    began_ns: int,
) -> tuple[str, ...]:
    """Return the hosts that have a lane: those with something to show, or all if none has."""
    active = {host for one in packets for host in (one.source, one.target)}
    active |= {one.host for one in calls} | {one.host for one in shown.programs}
    active |= {one.host for one in shown.traced}
    active |= {one.host for one in shown.printed if one.time_ns >= began_ns}
    active |= {one.host for one in shown.logs} | {one.host for one in shown.faults} - {""}
    return in_order(known, active, packets, [*calls, *shown.traced]) or tuple(dict.fromkeys(known))


def _title(start: Start | None, name: str) -> str:
    """Return the title of what has no scenario; a test's name says what it shows."""
    if start is None or start.test is None:
        return (start.title if start else "") or name
    test = name.rpartition("::")[2].removeprefix("test_").replace("_", " ")
    return f"{test[:1].upper()}{test[1:]}"


def _facts(start: Start) -> dict[str, str]:
    return {"Linux": start.kernel, "Python": start.python, "Socket Lab": start.socket_lab}


def _command(start: Start | None) -> str:
    """Return what runs it again; "" where nothing is known."""
    if start is None:
        return ""
    engine = ["--lab-engine" if start.test else "--engine", start.engine] if start.engine else []
    if start.test:
        return shlex.join(["pytest", start.test, *engine])
    if not start.scenario:
        return ""
    is_shipped = "/catalogue/" in f"/{start.path}"
    words = ["lab", "run", start.scenario if is_shipped else Path(start.path).name]
    words += [] if start.seed is None else ["--seed", str(start.seed)]
    return shlex.join([*words, *engine])
