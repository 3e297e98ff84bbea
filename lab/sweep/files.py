"""What a sweep leaves: JSON for programs, a page, a scenario of each finding, JUnit's XML."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from lab.sweep import page, regression, run_pages
from lab.sweep.findings import Finding
from lab.sweep.outcomes import OutcomeKind
from lab.sweep.page_model import Links, page_of
from lab.sweep.subject import Subject
from lab.sweep.sweep import Result, Trial

JSON, JUNIT, FINDINGS = "sweep.json", "junit.xml", "findings"


def write(folder: Path, subject: Subject, result: Result, found: Sequence[Finding]) -> Path:
    """Write all of them; return the path of the page."""
    (folder / JSON).write_text(json.dumps(as_json(folder, result, found), indent=2) + "\n")
    ElementTree.ElementTree(_junit(subject, result, found)).write(
        folder / JUNIT, encoding="utf-8", xml_declaration=True
    )
    scenarios = _write_scenarios(folder, subject, result, found)
    links = Links(
        pages=run_pages.write_pages(folder, result, found),
        folders=run_pages.folder_links(folder, _runs(result, found)),
        scenarios=[path and run_pages.link(folder, folder / path) for path in scenarios],
    )
    return page.write(folder, subject, result, page_of(result, found, links), coverage(result))


def _write_scenarios(
    folder: Path, subject: Subject, result: Result, found: Sequence[Finding]
) -> list[str]:
    """Write those of the findings; return their paths in the folder, "" for one without."""
    into = folder / FINDINGS
    shutil.rmtree(into, ignore_errors=True)
    paths = []
    for number, one in enumerate(found, 1):
        text = regression.text(subject, one, result.outputs, into)
        paths.append("" if text is None else f"{FINDINGS}/{number:02}-{one.slug}.yaml")
        if text is not None:
            into.mkdir(exist_ok=True)
            (folder / paths[-1]).write_text(text, encoding="utf-8")
    return paths


def _runs(result: Result, found: Sequence[Finding]) -> list[Trial]:
    return [*result.clean, *result.trials, *(one.smallest for one in found)]


def coverage(result: Result) -> str:
    """Say how much was tried: `38 packets: 228 of 228 faults, 41.0 s`."""
    tried = len(result.trials)
    unstable = sum(not one.is_stable for one in result.positions)
    idle = sum(not one.acted for one in result.trials)
    parts = [f"{len(result.positions)} packets: {tried} of {result.planned} faults"]
    unclear = sum(one.outcome.kind is OutcomeKind.UNCLEAR for one in result.trials)
    parts += [f"{idle} never acted"] if idle else []
    parts += [f"{unclear} runs show nothing"] if unclear else []
    parts += [f"patience {result.patience_s:g} s"] if result.patience_s else []
    parts += [f"{unstable} packets are not the same every time"] if unstable else []
    return f"{', '.join(parts)}, {result.took_s:.1f} s"


def as_json(folder: Path, result: Result, found: Sequence[Finding]) -> dict[str, Any]:
    """Return all of it, as JSON has it; `folder` is the sweep's."""
    return {
        "page": str(folder / page.FILE),
        "positions": [{"name": one.text, "is_stable": one.is_stable} for one in result.positions],
        "planned": result.planned,
        "tried": len(result.trials),
        "is_whole": result.is_whole,
        "took_s": round(result.took_s, 3),
        "varying_outputs": list(result.varying),
        "findings": [_finding(one) for one in found],
        "trials": [_trial(one) for one in result.trials],
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "sentence": one.sentence,
        "detail": one.detail,
        "program": one.program,
        "step": one.fault.step,
        "confirmed": one.confirmed,
        "folder": one.smallest.observed.folder,
        "faults": [trial.fault.key for trial in one.trials if trial.fault],
    }


def _trial(one: Trial) -> dict[str, Any]:
    assert one.fault
    return {
        "fault": one.fault.key,
        "acted": one.observed.acted,
        "outcome": one.outcome.kind,
        "program": one.outcome.program,
        "detail": one.outcome.detail,
        "folder": one.observed.folder,
    }


def _junit(subject: Subject, result: Result, found: Sequence[Finding]) -> ElementTree.Element:
    """Return a test suite with a case for each fault that was tried."""
    bad = {trial.fault.key: one for one in found for trial in one.trials if trial.fault}
    suite = ElementTree.Element(
        "testsuite",
        name=f"sweep of {subject.name}",
        tests=str(len(result.trials)),
        failures=str(len(bad)),
        skipped=str(sum(not one.acted for one in result.trials)),
        time=f"{result.took_s:.3f}",
    )
    for trial in result.trials:
        assert trial.fault
        case = ElementTree.SubElement(
            suite, "testcase", classname=subject.name, name=trial.fault.key
        )
        if trial.fault.key in bad:
            finding = bad[trial.fault.key]
            failure = ElementTree.SubElement(case, "failure", message=finding.sentence)
            failure.text = f"{trial.outcome.detail}\n{trial.observed.folder}"
        elif not trial.acted:
            ElementTree.SubElement(case, "skipped", message="the fault never acted")
    return suite
