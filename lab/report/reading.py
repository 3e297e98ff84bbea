"""Reads the evidence of a run into the facts of its page; what is missing is said, not guessed."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab.checks.judge import judge
from lab.checks.verdict import Judgement, Verdict, overall
from lab.errors import EvidenceError, LabError
from lab.evidence import events, folders
from lab.evidence.events import Event
from lab.report import correlate
from lab.report import events as run_events
from lab.report.expected import Expectations
from lab.report.hosts import addresses_of, in_order, texts
from lab.report.model import Call, Packet, Run
from lab.report.packets import Traffic, read_traffic
from lab.report.recorded_verdict import recorded
from lab.scenario.hosts import Hosts
from lab.scenario.model import Scenario
from lab.scenario.reader import read as read_scenario

_FACTS = (("kernel", "Linux"), ("python", "Python"), ("socket_lab", "Socket Lab"))


def read(folder: Path) -> Run:
    """Return what a run saw. EvidenceError when the folder has neither events nor a capture."""
    missing: list[str] = []
    found = _events(folder, missing)
    start = next((event for event in found if event["kind"] == "start"), None)
    if found and start is None:
        missing.append(
            f"{events.FILE} does not say which run it is of: no event \u2018start\u2019."
        )
    traffic = read_traffic(folder / folders.CAPTURE, run_events.fault_names(found))
    if not found and not traffic.seen:
        text = f"{folder}: no evidence of a run: neither {events.FILE} nor {folders.CAPTURE}"
        raise EvidenceError(text)
    missing += traffic.missing
    if found and not any(event["kind"] == "end" for event in found):
        missing.append(f"{events.FILE} ends early: what came after its last line is not known.")
    start = start or {}
    scenario = _scenario(folder, start, missing)
    judgements, verdict = _judged(folder, scenario, found, traffic, missing)
    addresses = addresses_of(found)
    told = run_events.Events(found, addresses, Expectations(scenario, judgements))
    if told.left_out:
        missing.append(f"{events.FILE} is damaged: {_events_left_out(told.left_out)}.")
        judgements, verdict = _not_whole(judgements, verdict, missing)
    return _run(folder, found, start, scenario, traffic, told, judgements, verdict, missing)


def _events_left_out(count: int) -> str:
    return "1 event is left out" if count == 1 else f"{count:,} events are left out"


def _events(folder: Path, missing: list[str]) -> list[Event]:
    try:
        found = events.read(folder)
    except EvidenceError:
        missing.append(f"There is no {events.FILE}: calls, faults and log lines are not known.")
        return []
    if not found:
        missing.append(f"{events.FILE} is empty or cannot be read.")
    return found


def _scenario(folder: Path, start: Event, missing: list[str]) -> Scenario | None:
    path = folder / folders.SCENARIO
    if "test" in start:
        return None  # a test's own code says what it expects
    try:
        return read_scenario(path, hosts=_hosts_named(start))
    except (LabError, OSError):
        missing.append(f"There is no readable {folders.SCENARIO}: what was expected is not known.")
        return None


def _hosts_named(start: Event) -> Hosts:
    replicas = start.get("replicas")
    listed = replicas if isinstance(replicas, dict) else {}
    several = {name: texts(of) for name, of in listed.items()}
    return Hosts.of(texts(start.get("hosts")), several)


def _judged(
    folder: Path,
    scenario: Scenario | None,
    found: Sequence[Event],
    traffic: Traffic,
    missing: list[str],
) -> tuple[tuple[Judgement, ...], Verdict]:
    if scenario is None:
        return recorded(folder / folders.VERDICT, damaged=bool(missing))
    judgements: list[Judgement] = []
    try:
        lacks = traffic.missing[0] if traffic.missing else ""
        judgements += judge(scenario, found, traffic.seen, lacks=lacks)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        missing.append(f"{events.FILE} is damaged: {type(error).__name__}: {error}.")
    judgements += [
        Judgement(1, "evidence", "is whole", one, Verdict.UNKNOWN) for one in traffic.missing
    ]
    # Events that are damaged may hold anything.
    plain = tuple(replace(one, found=str(one.found)) for one in judgements)
    return _not_whole(plain, overall(plain), missing)


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
    start: Event,
    scenario: Scenario | None,
    traffic: Traffic,
    told: run_events.Events,
    judgements: tuple[Judgement, ...],
    verdict: Verdict,
    missing: list[str],
) -> Run:
    addresses = addresses_of(found)
    calls = correlate.link(told.calls, traffic, addresses)
    packets = tuple(traffic.packets)
    began_ns, ended_ns = _times(found, packets, calls, told)
    name = str(start.get("test") or start.get("scenario") or folder.parent.name or folder.name)
    seed = start.get("seed")
    known = [*texts(start.get("hosts")), *addresses]
    hosts = _hosts(known, packets, calls, told, began_ns)
    return Run(
        name=name,
        title=scenario.title if scenario else _title(start, name),
        shows=scenario.shows if scenario else "",
        engine=str(start.get("engine", "")),
        seed=seed if isinstance(seed, int) else None,
        command=_command(start),
        began_ns=began_ns,
        ended_ns=ended_ns,
        facts={said: str(start[key]) for key, said in _FACTS if key in start},
        hosts=hosts,
        addresses=addresses,
        idle=tuple(sorted(set(known) - set(hosts))),
        verdict=verdict,
        judgements=judgements,
        connections=tuple(traffic.connections),
        packets=packets,
        background=traffic.background,
        calls=calls,
        programs=tuple(told.programs),
        faults=tuple(told.faults),
        logs=tuple(told.logs),
        printed=tuple(told.printed),
        last_lines=tuple(told.last_lines),
        notes=tuple(told.notes),
        missing=tuple(missing),
    )


def _times(
    found: Sequence[Event],
    packets: Sequence[Packet],
    calls: Sequence[Call],
    told: run_events.Events,
) -> tuple[int, int]:
    """Return when the first thing happened, and when the steps were over."""
    times = [event["time_ns"] for event in found] + [one.time_ns for one in packets[-1:]]
    began = [one.began_ns for one in calls] + [one.began_ns for one in told.programs]
    began += [one.on_ns for one in told.faults] + [one.time_ns for one in packets[:1]]
    # After its steps the lab closes what is open: that is no part of the story.
    return min(began or times or [0]), told.played_ns or max(times, default=0)


def _hosts(
    known: Sequence[str],
    packets: Sequence[Packet],
    calls: Sequence[Call],
    told: run_events.Events,
    began_ns: int,
) -> tuple[str, ...]:
    """Return the hosts that have a lane: those with something to show, or all if none has."""
    active = {host for one in packets for host in (one.source, one.target)}
    active |= {one.host for one in calls} | {one.host for one in told.programs}
    active |= {one.host for one in told.printed if one.time_ns >= began_ns}
    active |= {one.host for one in told.logs} | {one.host for one in told.faults} - {""}
    return in_order(known, active, packets, calls) or tuple(dict.fromkeys(known))


def _title(start: Event, name: str) -> str:
    """Return the title of what has no scenario; a test's name says what it shows."""
    if "test" not in start:
        return str(start.get("title") or name)
    test = name.rpartition("::")[2].removeprefix("test_").replace("_", " ")
    return f"{test[:1].upper()}{test[1:]}"


def _command(start: dict[str, Any]) -> str:
    """Return what runs it again; "" where nothing is known."""
    if "test" in start:
        words = ["pytest", str(start["test"])]
        words += ["--lab-engine", str(start["engine"])] if "engine" in start else []
        return shlex.join(words)
    if "scenario" not in start:
        return ""
    what = str(start["scenario"])
    if "/catalogue/" not in f"/{start.get('path', '/catalogue/')}":
        what = Path(str(start["path"])).name
    words = ["lab", "run", what]
    words += ["--seed", str(start["seed"])] if "seed" in start else []
    words += ["--engine", str(start["engine"])] if "engine" in start else []
    return shlex.join(words)
