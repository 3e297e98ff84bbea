"""One run of a scenario: a lab of its own, its steps, the evidence in a folder, the verdict."""

import secrets
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.api.engine import Engine, Progress
from lab.api.lab import Lab
from lab.api.run_log import RunLog
from lab.checks.judge import judge
from lab.errors import EngineError, EvidenceError, LabError, ScenarioError, UnsupportedError
from lab.evidence import event_file, folders, outside, scenario_file, verdict_file
from lab.evidence.events import Damaged, MissingProgram, Start
from lab.evidence.packets import Seen, is_altered, packets
from lab.evidence.verdict import Judgement, Verdict, failures, overall
from lab.evidence.verdict_file import RecordedVerdict
from lab.model import ComposeFiles
from lab.net import pcapng
from lab.runner import shared_folder, topology
from lab.runner.player import Player, Show
from lab.scenario.hosts import Hosts
from lab.scenario.model import Scenario
from lab.scenario.reader import read

# What reading and judging may raise when a file is not what a run has left.
_DAMAGE = (
    *(LookupError, TypeError, ValueError, AttributeError, ArithmeticError, AssertionError),
    *(struct.error, OSError, RecursionError),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(RecordedVerdict):
    """What a run shows; its evidence is in `folder`."""

    folder: Path


def run(
    engine: Engine, scenario: Scenario, results: Path, *, show: Show, progress: Progress
) -> Outcome:
    """Run a scenario once, with a new folder for its evidence; see `run_in`."""
    folder = folders.new_run(results, scenario.name)
    return run_in(folder, engine, scenario, show=show, progress=progress)


def run_in(
    folder: Path, engine: Engine, scenario: Scenario, *, show: Show, progress: Progress
) -> Outcome:
    """Run a scenario once. LabError when the lab cannot be brought up, or the file is wrong.

    UnsupportedError when that is because of this machine. The lab is gone when this returns or
    raises; the evidence of what was done stays, and a note of what is raised says where.
    """
    written = scenario_file.write(folder, scenario.text)
    run_log = RunLog(
        folder,
        scenario=scenario.name,
        title=scenario.title,
        path=scenario.path,
        seed=scenario.seed,
        control=scenario.is_control,
        engine=engine.name,
        hosts=scenario.hosts,
        replicas=scenario.replicas,
    )
    run_log.scenario = written
    try:
        with _lab(engine, scenario, progress) as lab:
            run_log.write_hosts(lab)
            _play(lab, scenario, run_log, show)
    except BaseException as error:
        run_log.errors.append(f"the run was ended by {type(error).__name__}: {error}".rstrip(": "))
        error.add_note(f"the evidence of {scenario.name} is in {folder}")
        if isinstance(error, EngineError) and (missing := engine.missing(error)):
            text = "; ".join(f"{one.name}: {one.seen} ({one.remedy})" for one in missing)
            raise UnsupportedError(f"the engine {engine.name} cannot work here: {text}") from error
        raise
    finally:
        run_log.finish()
        outcome = verify(folder)
        verdict_file.write(folder, outcome)
    return outcome


@contextmanager
def _lab(engine: Engine, scenario: Scenario, progress: Progress) -> Iterator[Lab]:
    if scenario.image and not engine.has_images:
        text = (
            f"{scenario.path}: image: a host of the engine {engine.name} has the files of this"
            " machine, and no image; use --engine compose"
        )
        raise ScenarioError(text)
    name = f"run-{secrets.token_hex(4)}"
    with engine.guarded(name):
        engine.expect_faults(name)
        if scenario.compose:
            files = ComposeFiles((scenario.compose,))
            lab = engine.up(files, name, build=True, progress=progress)
        else:
            image = scenario.image or engine.bare_image(progress)
            text = topology.bare(scenario.hosts, image, scenario.folder)
            with topology.in_memory(text, scenario.name) as file:
                lab = engine.up(ComposeFiles((file,)), name, build=False, progress=progress)
        try:
            if scenario.folder:
                shared_folder.check(lab, scenario.folder)
            yield lab
        finally:
            lab.down(progress=progress)


def _play(lab: Lab, scenario: Scenario, run_log: RunLog, show: Show) -> None:
    errors = run_log.errors
    reads_payload = any(step.reads_payload for step in scenario.steps)
    snap_bytes = pcapng.MOST_SNAP_BYTES if reads_payload else pcapng.SNAP_BYTES
    to = run_log.folder / folders.CAPTURE
    loopback = sorted(frozenset().union(*(step.loopbacks for step in scenario.steps)))
    capture = lab.capture(to, loopback=loopback, snap_bytes=snap_bytes, begin=False)
    run_log.packets = capture
    with Player(lab, scenario, run_log.recorder, capture, show, errors) as player:
        player.begin_call_servers()  # they load while the capture begins
        with capture:
            player.play()
        player.record_capture_end()
    if lost := capture.captured.lost_packets:
        errors.append(f"{lost} packets were lost: the wire could not keep up; send less")
    if dropped := capture.captured.dropped_packets:
        errors.append(
            f"{dropped} packets are not in the capture: this machine is too slow for so many;"
            " send less in the scenario, or run fewer at a time (--jobs 1)"
        )


def cut_short(folder: Path, engine: Engine, scenario: Scenario, why: str) -> Outcome:
    """Judge a run whose process was ended by others, by what it has left; write the verdict."""
    try:
        outcome = verify(folder)
    except EvidenceError as error:  # it had not begun
        unknown = Judgement(1, "evidence", "is whole", f"{why}; {error}", Verdict.UNKNOWN)
        outcome = Outcome(
            folder=folder,
            scenario=scenario.name,
            title=scenario.title,
            engine=engine.name,
            seed=scenario.seed,
            verdict=unknown.verdict,
            judgements=(unknown,),
            took_s=0.0,
            file=str(scenario.path),
            step=None,
            lacking=(),
            lost_outside=(),
        )
    verdict_file.write(folder, outcome)
    return outcome


def verify(folder: Path) -> Outcome:
    """Judge a run by its evidence alone. EvidenceError when there is none, or no scenario."""
    try:
        return _verified(folder)
    except _DAMAGE as error:
        text = f"{folder}: its evidence is damaged: {type(error).__name__}: {error}"
        raise EvidenceError(text) from None


def _verified(folder: Path) -> Outcome:
    found = event_file.read(folder)
    start = next((event for event in found if isinstance(event, Start)), None)
    if start is None:
        damage = (f"; {one.what}" for one in found if isinstance(one, Damaged))
        text = f"{folder / event_file.FILE}: no event `start`{next(damage, '')}"
        raise EvidenceError(text)
    if start.test is not None:
        text = f"{folder}: is of the test {start.test}, which pytest judged ({folders.VERDICT})"
        raise EvidenceError(text)
    try:
        # Its compose file need not be there any more, and stood elsewhere.
        hosts = Hosts.of(start.hosts, start.replicas)
        file = folder / folders.SCENARIO
        scenario = read(file, hosts=hosts, text=scenario_file.read(folder, found))
    except LabError as error:
        raise EvidenceError(str(error)) from None
    if start.control:
        scenario = scenario.without_faults() or scenario
    seen: list[Seen] = []
    missing: list[Judgement] = []
    try:
        seen.extend(packets(folder / folders.CAPTURE, found))
    except (EvidenceError, *_DAMAGE) as error:
        missing.append(Judgement(1, "evidence", "is whole", str(error), Verdict.UNKNOWN))
        if seen and is_altered(folder / folders.CAPTURE, found):
            seen.clear()
    why = missing[0].found if missing else ""
    judgements = (*judge(scenario, found, seen, missing=why), *missing)
    return Outcome(
        folder=folder,
        scenario=start.scenario or scenario.name,
        title=scenario.title,
        engine=start.engine,
        seed=scenario.seed if start.seed is None else start.seed,
        verdict=overall(judgements),
        judgements=judgements,
        took_s=(found[-1].time_ns - start.time_ns) / 1e9,
        file=start.path,
        step=min((one.step for one in failures(judgements) if one.step is not None), default=None),
        lacking=tuple(event.text for event in found if isinstance(event, MissingProgram)),
        lost_outside=outside.texts(found),
    )
