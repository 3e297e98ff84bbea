"""Brings labs up and down, and finds them, on any engine; the screen is the commands' affair."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lab import doctor
from lab.api.engine import Engine, Progress
from lab.api.lab import Lab
from lab.errors import LabGoneError, TopologyError, UsageError
from lab.model import LAB_NAME, ComposeFiles, Finding, LabStatus
from lab.suggestions import near


def up(
    engine: Engine,
    *,
    file: Path | None = None,
    files: ComposeFiles | None = None,
    name: str | None,
    build: bool,
    progress: Progress,
) -> Lab:
    """Bring a lab up; whatever goes wrong, and Ctrl-C, leaves nothing of it.

    See `guarded_up`.
    """
    with guarded_up(
        engine, file=file, files=files, name=name, build=build, progress=progress
    ) as lab:
        return lab


@contextmanager
def guarded_up(
    engine: Engine,
    *,
    file: Path | None = None,
    files: ComposeFiles | None = None,
    name: str | None,
    build: bool,
    progress: Progress,
) -> Iterator[Lab]:
    """Bring a lab up for a block; when that is left without an exception, the lab goes on.

    Whatever goes wrong until then, Ctrl-C and SIGKILL leave nothing of it: what a person must know
    of the lab is said within the block.

    `file` is short for `files` of one. Without any they are those that Compose would take in this
    folder; without `name` it gets a new one.
    """
    name = f"lab-{os.urandom(3).hex()}" if name is None else name
    if not LAB_NAME.fullmatch(name):
        text = (
            f"name {name!r}: must be 1 to 40 of a-z, 0-9, _ and -, and begin with a letter or digit"
        )
        raise UsageError(text)
    if files is None:
        files = _compose_files() if file is None else ComposeFiles((file,))
    elif not files.paths:
        files = _compose_files(files.profiles)
    if engine.labs(name):  # no other is asked: what ails one is no matter of this one's
        text = f"lab {name}: is up already; lab down {name} first, or choose another --name"
        raise UsageError(text)
    with engine.guarded(name):
        yield engine.up(files, name, build=build, progress=progress)


def _compose_files(profiles: Sequence[str] = ()) -> ComposeFiles:
    from lab.compose import files  # noqa: PLC0415 - not where they are named

    try:
        return files.find(Path(), profiles)
    except FileNotFoundError:
        text = (
            f"{files.NAMES[0]}: not in this folder, nor above it; name a file with --file, or take"
            " the lab's own machines with --shipped"
        )
        raise TopologyError(text) from None


def labs(engines: Iterable[Engine]) -> list[Lab]:
    """Return the labs that are up on these engines, by name."""
    return sorted((lab for engine in engines for lab in engine.labs()), key=lambda lab: lab.name)


def statuses(engines: Iterable[Engine], names: Sequence[str]) -> list[LabStatus]:
    """Return the state of these labs (none given: of all that are up, at this moment)."""
    if names:
        return [find(engines, name).status() for name in names]
    found = []
    for lab in labs(engines):
        with suppress(LabGoneError):
            found.append(lab.status())
    return found


def down(
    engines: Iterable[Engine], names: Sequence[str], *, every: bool, progress: Progress
) -> list[str]:
    """Remove the labs of these names (none given: the only one; `every`: all); return the names."""
    if names:
        chosen = [find(engines, name) for name in names]
    elif every:
        chosen = labs(engines)
    else:
        chosen = [find(engines, None)]
    for lab in chosen:
        # One that goes by itself meanwhile is what was wanted.
        with suppress(LabGoneError):
            lab.down(progress=progress)
    return [lab.name for lab in chosen]


def find(engines: Iterable[Engine], name: str | None) -> Lab:
    """Return the lab of that name, or the only one there is.

    `engines` may be gone through twice, and are loaded as they are asked. UsageError, with the
    names there are, when that leaves none or more than one.
    """
    if name is not None:
        for engine in engines:
            # No other is loaded, nor asked: one that does not answer is no matter of this one's.
            for lab in engine.labs(name):
                return lab
    there = labs(engines)
    listed = ", ".join(sorted(lab.name for lab in there))
    if name is not None:
        hint = near(name, [lab.name for lab in there])
        text = f"lab {name!r}: not up ({'up: ' + listed if there else 'no lab is'}){hint}"
        raise UsageError(text)
    if not there:
        text = "no lab is up; lab up starts one"
        raise UsageError(text)
    if len(there) > 1:
        text = f"which lab? {len(there)} are up: {listed}; name one with --lab"
        raise UsageError(text)
    return there[0]


def findings(engines: Sequence[Engine]) -> list[Finding]:
    """Return what this machine can do: in general, then for each engine."""
    found = doctor.findings()
    for engine in engines:
        found += [finding._replace(engine=engine.name) for finding in engine.findings()]
    return found


def can(found: Sequence[Finding]) -> bool:
    """Tell whether the findings leave an engine that works."""
    unusable = {finding.engine for finding in found if finding.required and not finding.ok}
    return "" not in unusable and bool({finding.engine for finding in found} - {"", *unusable})
