"""Files of a run's folder, one of them damaged: no verdict but UNKNOWN, and a page that says so."""

import json
from pathlib import Path
from random import Random
from typing import ClassVar, Self

from lab.errors import EvidenceError
from lab.evidence import event_file, folders, verdict_file
from lab.evidence.verdict import Verdict
from lab.report import overview, page, reading
from lab.runner import run
from tests import made_evidence as made
from tests import made_many_kinds as many_kinds
from tests.robustness.fuzz.bounds import FalsePassError, assert_plain
from tests.robustness.fuzz.kinds import Kind
from tests.robustness.fuzz.mutation import mutated, mutated_value

_EVERY_PAGE = 8  # pages take long; one of so many is made


class DamagedFile(Kind):
    """One file of a run that was PASS."""

    FILE: ClassVar[str]

    def __enter__(self) -> Self:
        super().__enter__()
        self._runs = [self.folder / name for name in ("half-open", "many-kinds")]
        made.write(self._runs[0])
        self._runs[1].mkdir()
        for name, data in many_kinds.FILES.items():
            (self._runs[1] / name).write_bytes(data)
        for one in self._runs:
            outcome = run.verify(one)
            assert outcome.verdict is Verdict.PASS
            verdict_file.write(one, outcome)
            page.write(one / "report.html", page.render(reading.read(one)))
        self.whole = [(one / self.FILE).read_bytes() for one in self._runs]
        self._checked = 0
        return self

    def mutant(self, rng: Random) -> bytes:
        """Return one: the number of its run, and the file."""
        number = rng.randrange(len(self.whole))
        return b"%d\n%b" % (number, self.damaged(rng, self.whole[number]))

    def damaged(self, rng: Random, whole: bytes) -> bytes:
        """Return the file of a run, damaged."""
        return mutated(rng, whole, self.whole)

    def check(self, mutant: bytes) -> None:
        """See above."""
        number, _, data = mutant.partition(b"\n")
        folder, whole = self._runs[int(number)], self.whole[int(number)]
        (folder / self.FILE).write_bytes(data)
        self._checked += 1
        try:
            self.judge(folder, is_changed=data != whole)
        finally:
            (folder / self.FILE).write_bytes(whole)

    def judge(self, folder: Path, *, is_changed: bool) -> None:
        """Judge the run, and now and then make its page."""
        try:
            verdict = run.verify(folder).verdict
        except EvidenceError as error:
            assert_plain(str(error), lines=101)
            verdict = Verdict.UNKNOWN
        if is_changed:
            self._assert_unknown("verify", verdict)
        if self._checked % _EVERY_PAGE == 0:
            try:
                read = reading.read(folder)
            except EvidenceError as error:
                assert_plain(str(error))
                return
            if is_changed:
                self._assert_unknown("report", read.verdict)
            assert page.render(read)

    @staticmethod
    def _assert_unknown(what: str, verdict: Verdict) -> None:
        if verdict is Verdict.PASS:
            raise FalsePassError(what)
        assert verdict is Verdict.UNKNOWN, f"{what}: {verdict}"


class Events(DamagedFile):
    """`events.jsonl`, by bytes and by the fields of its lines."""

    NAME = "events.jsonl"
    SHARE = 14
    FILE = event_file.FILE

    def damaged(self, rng: Random, whole: bytes) -> bytes:
        """Return the events, damaged."""
        if rng.random() < 0.5:
            return super().damaged(rng, whole)
        lines = whole.splitlines(keepends=True)
        at = rng.randrange(len(lines))
        fields = mutated_value(rng, json.loads(lines[at]))
        lines[at] = json.dumps(fields).encode() + b"\n"
        return b"".join(lines)


class Capture(DamagedFile):
    """`wire.pcapng`."""

    NAME = "capture"
    SHARE = 10
    FILE = folders.CAPTURE


class RunScenario(DamagedFile):
    """`scenario.yaml`, as it was run."""

    NAME = "scenario.yaml"
    SHARE = 5
    FILE = folders.SCENARIO


class VerdictFile(DamagedFile):
    """`verdict.json`: it is judged anew, so the verdict is PASS; a difference is said in a line."""

    NAME = "verdict.json"
    SHARE = 5
    FILE = folders.VERDICT

    def damaged(self, rng: Random, whole: bytes) -> bytes:
        """Return the verdict, damaged."""
        if rng.random() < 0.5:
            return super().damaged(rng, whole)
        return json.dumps(mutated_value(rng, json.loads(whole))).encode()

    def judge(self, folder: Path, *, is_changed: bool) -> None:
        """Judge the run."""
        outcome = run.verify(folder)
        assert outcome.verdict is Verdict.PASS
        if said := verdict_file.difference(folder, outcome):
            assert_plain(said)
        assert is_changed or not said


class Page(DamagedFile):
    """`report.html`, of which an overview reads what it is of."""

    NAME = "report.html"
    SHARE = 4
    FILE = "report.html"

    def damaged(self, rng: Random, whole: bytes) -> bytes:
        """Return the page; damaged where the overview reads."""
        head, rest = whole[:4_000], whole[4_000:]
        return mutated(rng, head, self.whole) + rest

    def judge(self, folder: Path, *, is_changed: bool) -> None:
        """Read it."""
        found = overview.entry_in(folder / self.FILE, "x")
        assert found or is_changed


class Forged(Kind):
    """A run whose digests are right, though a file is not as it was: it gets some verdict."""

    NAME = "forged evidence"
    SHARE = 12

    def __enter__(self) -> Self:
        super().__enter__()
        self._whole = dict(many_kinds.FILES)
        self._events = many_kinds.EVENTS
        self._checked = 0
        return self

    def mutant(self, rng: Random) -> bytes:
        """Return one: which file it is, and that; events without numbers and digests."""
        file = rng.choice((event_file.FILE, event_file.FILE, folders.CAPTURE, folders.SCENARIO))
        if file != event_file.FILE:
            return file.encode() + b"\n" + mutated(rng, self._whole[file])
        listed = list(self._events)
        for _ in range(rng.choice((1, 1, 3))):
            at = rng.randrange(len(listed))
            listed[at] = mutated_value(rng, listed[at])
        return file.encode() + b"\n" + json.dumps(listed).encode()

    def check(self, mutant: bytes) -> None:
        """See above."""
        name, _, data = mutant.partition(b"\n")
        files = {**self._whole, name.decode(): data}
        if name.decode() == event_file.FILE:
            listed = [one for one in json.loads(data) if isinstance(one, dict)]
        else:
            listed = self._events
        files[event_file.FILE] = made.event_lines(
            listed, files[folders.CAPTURE], files[folders.SCENARIO]
        )
        for file, content in files.items():
            (self.folder / file).write_bytes(content)
        self._checked += 1
        try:
            assert run.verify(self.folder).verdict in Verdict
        except EvidenceError as error:
            assert_plain(str(error), lines=101)
        if self._checked % _EVERY_PAGE == 0:
            try:
                assert page.render(reading.read(self.folder))
            except EvidenceError as error:
                assert_plain(str(error))
