"""Makes many mutants, on all processors; prints a line of figures. Exits with 1 if one failed.

A process for each batch: one that a mutant ends, or that hangs in C, is a failure like others.
"""

import argparse
import json
import multiprocessing
import os
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from lab.engines.namespaces import syscalls
from tests.robustness.fuzz.run import CRASH, FAILURES, HANG, KINDS, Failure, counts, find, run

_BATCH = 300
_SILENT_S = 120.0  # so long for one mutant, whatever it waits for, is a hang
_SHOWN_EVERY_S = 10.0
_FORK = multiprocessing.get_context("fork")


@dataclass
class _Batch:
    """Mutants of one kind, being checked in a process."""

    kind: str
    numbers: range
    process: BaseProcess
    reports: Connection
    at: Any  # the number of the mutant that is checked
    seen: int = -1
    since_s: float = field(default_factory=time.monotonic)


def _work(parent: int, name: str, seed: int, numbers: range, reports: Connection, at: Any) -> None:
    syscalls.end_with(parent)

    def begin(number: int) -> None:
        at.value = number

    sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    try:
        for failure in run(find(name), seed, numbers, begin):
            reports.send(failure)
    except Exception:  # as it is left, or entered: of the last mutant, or one before
        reports.send(Failure(name, at.value, CRASH, traceback.format_exc(), b""))
    reports.send(None)


class Fuzz:
    """All batches, so many at a time."""

    def __init__(self, seed: int, jobs: int, failures: Path) -> None:
        self._seed = seed
        self._jobs = jobs
        self._folder = failures
        self._running: list[_Batch] = []
        self._pidfd = os.pidfd_open(os.getpid())
        self.checked: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def run(self, wanted: Iterator[tuple[str, range]], total: int) -> None:
        """Check them all."""
        began_s = shown_s = time.monotonic()
        left = list(wanted)
        while left or self._running:
            while left and len(self._running) < self._jobs:
                self._begin(*left.pop(0))
            waited = [one.reports for one in self._running]
            multiprocessing.connection.wait(waited, timeout=1.0)
            for batch in list(self._running):
                left += self._look(batch)
            now_s = time.monotonic()
            if now_s - shown_s >= _SHOWN_EVERY_S:
                shown_s = now_s
                done = self.checked.total() + sum(max(0, _done(one)) for one in self._running)
                failed = self.failed.total()
                text = f"{now_s - began_s:.0f} s  {done:,} of {total:,} mutants, {failed} failures"
                print(text, file=sys.stderr, flush=True)  # noqa: T201

    def _begin(self, kind: str, numbers: range) -> None:
        ours, theirs = _FORK.Pipe(duplex=False)
        at = _FORK.Value("q", -1, lock=False)
        process = _FORK.Process(
            target=_work, args=(self._pidfd, kind, self._seed, numbers, theirs, at)
        )
        process.start()
        theirs.close()
        self._running.append(_Batch(kind, numbers, process, ours, at))

    def _look(self, batch: _Batch) -> list[tuple[str, range]]:
        """Take what a batch reports; return what is left of one whose process has ended."""
        try:
            while batch.reports.poll():
                failure = batch.reports.recv()
                if failure is None:
                    self._end(batch, batch.numbers)
                    return []
                self._note(failure)
        except EOFError:
            batch.process.join()
            return self._broken(batch, CRASH, f"ended with {batch.process.exitcode}")
        if batch.at.value != batch.seen:
            batch.seen, batch.since_s = batch.at.value, time.monotonic()
        elif time.monotonic() - batch.since_s > _SILENT_S:
            batch.process.kill()
            return self._broken(batch, HANG, f"no end after {_SILENT_S:g} s")
        return []

    def _broken(self, batch: _Batch, what: str, why: str) -> list[tuple[str, range]]:
        number = max(batch.at.value, batch.numbers.start)
        self._end(batch, range(batch.numbers.start, number + 1))
        # The mutant is made anew elsewhere: to make it may be what ended the process.
        self._note(Failure(batch.kind, number, what, why, b""))
        rest = range(number + 1, batch.numbers.stop)
        return [(batch.kind, rest)] if rest else []

    def _end(self, batch: _Batch, done: range) -> None:
        self._running.remove(batch)
        batch.process.join()
        batch.reports.close()
        self.checked[batch.kind] += len(done)

    def _note(self, failure: Failure) -> None:
        self.failed[failure.what] += 1
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{'-'.join(re.findall(r'[a-z]+', failure.kind))}-{self._seed}-{failure.number}"
        path = self._folder / name
        path.write_bytes(failure.mutant)
        about = asdict(failure) | {"mutant": str(path)}
        path.with_name(f"{name}.json").write_text(json.dumps(about, indent=2), encoding="utf-8")
        last = failure.text.strip().splitlines()[-1][:200]
        print(f"{failure.what}: {path}: {last!a}", flush=True)  # noqa: T201


def _done(batch: _Batch) -> int:
    return int(batch.at.value) - batch.numbers.start


def _batches(total: int, first: int, only: str) -> Iterator[tuple[str, range]]:
    """Yield the batches of each kind, in turns."""
    wanted = {only: total} if only else counts(total)
    begun = 0
    while any(begun < count for count in wanted.values()):
        for kind, count in wanted.items():
            if begun < count:
                yield kind, range(first + begun, first + min(begun + _BATCH, count))
        begun += _BATCH


def main() -> int:
    """Do it."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("-n", type=int, default=100_000, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", default="", choices=["", *(kind.NAME for kind in KINDS)])
    parser.add_argument("--first", type=int, default=0, help="the number of the first mutant")
    parser.add_argument("--failures", type=Path, default=Path(".fuzz"), help="where they go")
    given = parser.parse_args()
    wanted = []
    for name, numbers in _batches(given.n, given.first, given.only):
        if why := find(name).why_not():
            print(f"fuzz: {name}: left out: {why}", file=sys.stderr)  # noqa: T201
        else:
            wanted.append((name, numbers))
    fuzz = Fuzz(given.seed, given.jobs, given.failures)
    with tempfile.TemporaryDirectory(prefix="socket-lab-fuzz-") as folder:
        tempfile.tempdir = folder  # so that nothing is left of a process that ends anyhow
        fuzz.run(iter(wanted), sum(len(numbers) for _, numbers in wanted))
    kinds = ", ".join(f"{name} {count:,}" for name, count in fuzz.checked.items())
    figures = ", ".join(f"{text} {fuzz.failed[what]}" for what, text in FAILURES.items())
    print(f"seed {given.seed}: {fuzz.checked.total():,} mutants ({kinds}): {figures}")  # noqa: T201
    return int(fuzz.failed.total() > 0)


if __name__ == "__main__":
    sys.exit(main())
