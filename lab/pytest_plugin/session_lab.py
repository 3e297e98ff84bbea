"""The lab that the tests of a session share: up from the first test that needs it to the end.

Each test has a view of it. A lab that a test leaves dirty, as by killing a host, is taken down, and
the next test gets another.
"""

import pkgutil
import secrets
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from importlib import import_module
from socket import socket

import pytest

from lab import api, printable
from lab.api.engine import Engine, EngineHost
from lab.api.lab import Lab
from lab.api.quiescence import wait_until_quiet
from lab.errors import EngineError, LabError
from lab.evidence.events import Notice
from lab.model import ComposeFiles
from lab.pytest_plugin.evidence import TestEvidence
from lab.pytest_plugin.lab_view import LabView

_QUIET_WITHIN_S, _BUSY_WITHIN_S = 10.0, 0.2


def _hide(
    package: str, *, hidden: "bool | Callable[[pytest.ExceptionInfo[BaseException]], bool]"
) -> None:
    """Leave a package's frames out of tracebacks: pytest shows the test's own line.

    All are shown with --full-trace.
    """
    for name, module in list(sys.modules.items()):
        if module and name.startswith(f"{package}."):
            vars(module)["__tracebackhide__"] = hidden


def _is_answer(caught: "pytest.ExceptionInfo[BaseException]") -> bool:
    """Tell whether an error is the lab's answer to a test; else the frames show what is wrong."""
    return isinstance(caught.value, LabError)


class SessionLab(AbstractContextManager["SessionLab"]):
    """At most one lab at a time; leaving the block takes it down."""

    def __init__(self, engine: Engine, files: ComposeFiles) -> None:
        self._engine = engine
        self._files = files
        self._lab: Lab | None = None
        self._guard = ExitStack()
        self._ran: set[str] = set()
        self._quiet_within_s = _QUIET_WITHIN_S
        self._notes: dict[str, None] = {}
        self._why_not = ""
        self._pool = ThreadPoolExecutor()
        self._spares: dict[str, Future[socket]] = {}
        for module in pkgutil.iter_modules(api.__path__, "lab.api."):
            import_module(module.name)
        _hide(api.__name__, hidden=True)
        _hide(type(engine).__module__.rpartition(".")[0], hidden=_is_answer)

    def __exit__(self, *exception: object) -> None:
        self._down()
        self._pool.shutdown()

    @contextmanager
    def view(self, item: pytest.Item) -> Iterator[Lab]:
        """Give a test its view of the lab, which is brought up if there is none."""
        lab = self._up()
        evidence = TestEvidence(item)
        run_log = evidence.begin_log(self._engine.name, list(lab.hosts))
        for text in self._notes:
            run_log.write(Notice(text=text))
        view = LabView(lab, run_log, self._connect)
        evidence.follow(view)
        try:
            config = item.config
            view.open(packets=not config.getoption("lab_no_packets"))
            try:
                view.trace(config.getoption("lab_trace"))
            except LabError as error:
                pytest.fail(f"--lab-trace: {printable.line(str(error))}", pytrace=False)
            yield view.lab
            if not evidence.reported:
                evidence.leave()
        finally:
            evidence.finish()
            view.end()
            if view.scope.dirty:
                self._down()
            elif view.scope.used:
                self._wait_until_quiet(lab)

    def _is_well(self, lab: Lab) -> bool:
        """Tell whether the hosts that ran at first do so still; a program's end may be a host's."""
        try:
            return self._ran <= _running(lab)
        except LabError:
            return False

    def _wait_until_quiet(self, lab: Lab) -> None:
        """Wait until the hosts' programs have taken in what the end of a test has done to them.

        A connection that is reset wakes its program, which may die of it. A program that never
        sleeps is waited for once, and hardly again in its lab.
        """
        if not wait_until_quiet(lab.hosts.values(), self._quiet_within_s):
            self._quiet_within_s = _BUSY_WITHIN_S

    def _up(self) -> Lab:
        """Return the lab, another one if a host's program has ended since."""
        if self._lab and not self._is_well(self._lab):
            self._down()
        if self._lab is None and not self._why_not:
            name = f"pytest-{secrets.token_hex(4)}"
            try:
                with ExitStack() as guard:
                    guard.enter_context(self._engine.guarded(name))
                    self._lab = self._engine.up(
                        self._files, name, build=True, progress=self._on_progress
                    )
                    self._ran = _running(self._lab)
                    self._quiet_within_s = _QUIET_WITHIN_S
                    self._guard = guard.pop_all()
            except LabError as error:
                missing = self._engine.missing(error) if isinstance(error, EngineError) else ()
                listed = [f"{one.name}: {one.seen} ({one.remedy})" for one in missing]
                why = "; ".join(listed) or str(error)
                self._why_not = f"no lab on the engine {self._engine.name}: {why}"
        if self._lab is None:  # what cannot be once is not tried for each test
            pytest.fail(printable.line(self._why_not), pytrace=False)
        return self._lab

    def _down(self) -> None:
        lab, self._lab = self._lab, None
        if lab is None:
            return
        with self._guard:  # left by an exception, it removes what is there
            for spare in self._spares.values():
                with suppress(LabError, OSError):
                    spare.result().close()
            self._spares.clear()
            lab.down(progress=self._on_progress)

    def _on_progress(self, doing: str, detail: str) -> None:
        """Keep what is for the person to know; tests have no place for progress."""
        if doing == "note":
            self._notes[detail] = None

    def _connect(self, host: EngineHost) -> socket:
        """Connect to the agent of a host, by a connection that was made beforehand if there is one.

        The next one is begun at once: with Docker it takes longer than a short test, and as long as
        there is one the agent does not end.
        """
        spare = self._spares.pop(host.name, None)
        try:
            connected = spare.result() if spare else host.begin_agent()
        except (LabError, OSError):
            connected = host.begin_agent()
        self._spares[host.name] = self._pool.submit(host.begin_agent)
        return connected


def _running(lab: Lab) -> set[str]:
    return {host.name for host in lab.status().hosts if host.state == "running"}
