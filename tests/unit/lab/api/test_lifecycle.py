"""What the commands do, whatever the engine: names, and which lab is meant."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab import doctor
from lab.api import lifecycle
from lab.api.engine import Engine, EngineLab, Progress
from lab.api.lab import Lab
from lab.api.outputs import Piece
from lab.compose import files
from lab.errors import EngineError, LabGoneError, TopologyError, UsageError
from lab.model import LAB_NAME, ComposeFiles, Finding, LabStatus


def silent(_doing: str, _detail: str) -> None:
    """Show nobody what an engine does."""


class FakeLab(EngineLab):
    """A lab of an engine that remembers what is up."""

    has_partial_lines = False

    def __init__(self, engine: "FakeEngine", name: str) -> None:
        self.name = name
        self.hosts = {}
        self._engine = engine

    def status(self) -> LabStatus:
        return LabStatus(self.name, self._engine.name, "compose.yaml", ())

    def pieces(self, host: str, *, alone: bool, follow: bool) -> Iterator[Piece]:
        del alone, follow
        return iter((Piece(host.encode()),))

    def reader(self, host: str) -> Callable[[], Iterator[Piece]]:
        return lambda: iter((Piece(host.encode(), time_ns=1, stream="stdout"),))

    def down(self, *, progress: Progress) -> None:
        progress("down", self.name)
        self._engine.there.remove(self)


class FakeEngine(Engine):
    """An engine that writes down what it is told."""

    def __init__(self, name: str, *labs: str, fails: bool = False) -> None:
        self.name = name
        self.there = [FakeLab(self, lab) for lab in labs]
        self.fails = fails
        self.brought_up: list[tuple[ComposeFiles, str, bool]] = []
        self.guard: list[str] = []

    def findings(self) -> list[Finding]:
        return [Finding("daemon", not self.fails, "seen")]

    @contextmanager
    def guarded(self, name: str) -> Iterator[None]:
        self.guard.append(name)
        try:
            yield
        except BaseException:
            self.guard.append("removed")
            raise

    def up(self, files: ComposeFiles, name: str, *, build: bool, progress: Progress) -> Lab:
        progress("up", name)
        if self.fails:
            text = "the daemon is gone"
            raise EngineError(text)
        self.brought_up.append((files, name, build))
        return Lab(FakeLab(self, name))

    def labs(self, name: str | None = None) -> list[Lab]:
        return [Lab(lab) for lab in self.there if name in {None, lab.name}]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def up(engine: Engine, *, file: str | None = "a.yaml", name: str | None = "x") -> Lab:
    path = None if file is None else Path(file)
    return lifecycle.up(engine, file=path, name=name, build=False, progress=silent)


@pytest.mark.parametrize("name", ["x", "7", "a-b_c", "0-", "a" * 40])
def test_name_is_of_small_letters_and_digits(name: str) -> None:
    engine = FakeEngine("one")
    assert up(engine, name=name).name == name
    assert engine.brought_up == [(ComposeFiles((Path("a.yaml"),)), name, False)]


@pytest.mark.parametrize(
    "name", ["", "A", "a b", "-a", "_a", "a.b", "a/b", "../a", "ä", "a\n", "²", "a" * 41]
)
def test_any_other_name_is_refused_before_anything_starts(name: str) -> None:
    engine = FakeEngine("one")
    with pytest.raises(UsageError, match=r"must be 1 to 40 of a-z, 0-9, _ and -"):
        up(engine, name=name)
    assert engine.guard == []


def test_lab_without_name_gets_a_new_one_each_time() -> None:
    names = {up(FakeEngine("one"), name=None).name for _ in range(20)}
    assert len(names) == 20
    assert all(LAB_NAME.fullmatch(name) and name.startswith("lab-") for name in names)


def test_name_that_is_up_is_refused() -> None:
    engine = FakeEngine("one", "w", "x")
    with pytest.raises(UsageError, match="lab x: is up already"):
        up(engine, name="x")
    assert engine.guard == []


def test_lab_that_fails_is_removed_by_the_guard() -> None:
    engine = FakeEngine("one", fails=True)
    with pytest.raises(EngineError, match="the daemon is gone"):
        up(engine)
    assert engine.guard == ["x", "removed"]


def test_lab_that_comes_up_stays() -> None:
    engine = FakeEngine("one")
    up(engine)
    assert engine.guard == ["x"]


def test_compose_file_is_the_first_of_its_names(folder: Path) -> None:
    for name in reversed(files.NAMES):
        (folder / name).touch()
        engine = FakeEngine("one")
        up(engine, file=None)
        assert engine.brought_up == [(ComposeFiles((Path(name),)), "x", False)]


def test_compose_file_that_is_named_comes_first(folder: Path) -> None:
    (folder / "compose.yaml").touch()
    engine = FakeEngine("one")
    up(engine, file="other.yaml")
    assert engine.brought_up == [(ComposeFiles((Path("other.yaml"),)), "x", False)]


def test_folder_without_compose_file_is_refused() -> None:
    engine = FakeEngine("one")
    with pytest.raises(TopologyError, match=r"^compose\.yaml: not in this folder"):
        up(engine, file=None)
    assert engine.guard == []


def test_labs_of_all_engines_are_in_order_of_their_names() -> None:
    engines = [FakeEngine("one", "c", "a"), FakeEngine("two", "b")]
    assert [lab.name for lab in lifecycle.labs(engines)] == ["a", "b", "c"]
    assert lifecycle.labs([]) == []


def test_only_lab_is_found_without_a_name() -> None:
    engines = [FakeEngine("one"), FakeEngine("two", "b")]
    assert lifecycle.find(engines, None).name == "b"


def test_lab_is_found_by_name_on_any_engine() -> None:
    engines = [FakeEngine("one", "a", "ab"), FakeEngine("two", "b")]
    assert [lifecycle.find(engines, name).name for name in ("a", "b", "ab")] == ["a", "b", "ab"]


def test_engines_after_the_one_that_has_the_lab_are_not_loaded() -> None:
    """To load Docker's SDK takes longer than the rest of most commands."""

    class Loading(Iterable[Engine]):
        def __iter__(self) -> Iterator[Engine]:
            yield FakeEngine("one", "a")
            pytest.fail("loaded the second, too")

    assert lifecycle.find(Loading(), "a").name == "a"


@pytest.mark.parametrize(
    ("names", "wanted", "said"),
    [
        ((), None, "no lab is up; lab up starts one"),
        (("b", "a"), None, "which lab? 2 are up: a, b; name one with --lab"),
        ((), "x", "lab 'x': not up (no lab is)"),
        (("b", "a"), "x", "lab 'x': not up (up: a, b)"),
        (("b",), "", "lab '': not up (up: b)"),
    ],
)
def test_lab_that_is_not_clear_is_asked_for(
    names: Sequence[str], wanted: str | None, said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        lifecycle.find([FakeEngine("one", *names)], wanted)
    assert str(caught.value) == said


def down(engine: Engine, *names: str, every: bool = False) -> list[str]:
    return lifecycle.down([engine], names, every=every, progress=silent)


def test_down_removes_the_labs_that_are_named() -> None:
    engine = FakeEngine("one", "a", "b", "c")
    assert down(engine, "c", "a") == ["c", "a"]
    assert [lab.name for lab in engine.there] == ["b"]


def test_down_removes_the_only_lab() -> None:
    engine = FakeEngine("one", "a")
    assert down(engine) == ["a"]
    assert engine.there == []


def test_down_removes_every_lab_when_asked_to() -> None:
    engine = FakeEngine("one", "b", "a")
    assert down(engine, every=True) == ["a", "b"]
    assert engine.there == []
    assert down(engine, every=True) == []


def test_down_removes_nothing_when_one_name_is_wrong() -> None:
    engine = FakeEngine("one", "a", "b")
    for names in (("a", "x"), ()):
        with pytest.raises(UsageError):
            down(engine, *names)
    assert [lab.name for lab in engine.there] == ["a", "b"]


def test_findings_name_the_engine_they_are_of(monkeypatch: pytest.MonkeyPatch) -> None:
    python = Finding("Python", True, "3.13")
    monkeypatch.setattr(doctor, "findings", lambda: [python])
    found = lifecycle.findings([FakeEngine("one"), FakeEngine("two", fails=True)])
    assert found == [
        python,
        Finding("daemon", True, "seen", engine="one"),
        Finding("daemon", False, "seen", engine="two"),
    ]


def finding(engine: str, *, ok: bool, required: bool = True) -> Finding:
    return Finding("thing", ok, "seen", required=required, engine=engine)


@pytest.mark.parametrize(
    ("found", "can"),
    [
        ([finding("", ok=True), finding("one", ok=True)], True),
        ([finding("one", ok=False), finding("two", ok=True)], True),
        ([finding("one", ok=False), finding("two", ok=False)], False),
        ([finding("one", ok=True), finding("one", ok=False)], False),
        ([finding("", ok=False), finding("one", ok=True)], False),
        ([finding("one", ok=False, required=False)], True),
        ([finding("", ok=False, required=False), finding("one", ok=True)], True),
        ([finding("", ok=True)], False),
        ([], False),
    ],
)
def test_machine_can_when_one_engine_misses_nothing(found: list[Finding], can: bool) -> None:
    assert lifecycle.can(found) is can


class GoneLab(FakeLab):
    """A lab that ends between being listed and being asked."""

    def status(self) -> LabStatus:
        raise LabGoneError("lab gone: it ended")

    def down(self, *, progress: Progress) -> None:
        del progress
        raise LabGoneError("lab gone: it ended")


def test_a_lab_that_ends_meanwhile_is_not_missed_but_where_it_was_named() -> None:
    engine = FakeEngine("one", "a", "b")
    engine.there.append(GoneLab(engine, "gone"))
    assert [status.name for status in lifecycle.statuses([engine], [])] == ["a", "b"]
    with pytest.raises(LabGoneError):
        lifecycle.statuses([engine], ["gone"])
    down = lifecycle.down([engine], [], every=True, progress=silent)
    assert {"a", "b"} <= set(down)
    assert [lab.name for lab in engine.there] == ["gone"]
