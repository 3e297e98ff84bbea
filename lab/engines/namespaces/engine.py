"""The engine `namespaces`: starts the supervisors of labs, and finds those that run."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from lab.api.engine import Engine, Progress
from lab.api.lab import Lab
from lab.engines.deferred_signals import deferred
from lab.engines.namespaces import agent_launcher, client
from lab.engines.namespaces.lab_client import NAME, NamespaceLab
from lab.engines.namespaces.supervisor_process import SupervisorProcess
from lab.errors import LabGoneError, LocatedError
from lab.model import ComposeFiles, Finding


def _supervisor(name: str) -> SupervisorProcess:
    starter = agent_launcher.prepared(name)
    if starter is None:
        return SupervisorProcess(name)
    with starter.theirs:
        return SupervisorProcess(name, starter.theirs.fileno())


class NamespacesEngine(Engine):
    """Linux namespaces, without any daemon."""

    name = NAME
    has_images = False

    def __init__(self) -> None:
        # The supervisors that this process has begun and may still end, by the names of their labs.
        self._supervisors: dict[str, SupervisorProcess] = {}
        self._guarded: set[str] = set()

    def findings(self) -> list[Finding]:
        """Try what the engine needs."""
        from lab.engines.namespaces import diagnostics

        return diagnostics.findings()

    @contextmanager
    def guarded(self, name: str) -> Iterator[None]:
        """Hold the control pipe; detach when the block is left without an exception, else abort."""
        if name in self._guarded:  # nested: the outermost one counts
            yield
            return
        self._guarded.add(name)
        try:
            yield
            with deferred():
                self._detach(name)
        except BaseException:
            self._end(name)
            raise
        finally:
            self._supervisors.pop(name, None)
            agent_launcher.forget(name)
            self._guarded.discard(name)

    def expect_faults(self, name: str) -> None:
        """Let the supervisor fork what begins agents, so that it loads while the hosts come up."""
        agent_launcher.prepare(name)

    def up(self, files: ComposeFiles, name: str, *, build: bool, progress: Progress) -> Lab:
        """Start a supervisor, and read the file while it loads. There is nothing to build."""
        del build
        self._supervisors[name] = supervisor = _supervisor(name)
        from lab.engines.namespaces.plan.reader import located, read

        spec, unsupported = read(files, name)
        supervisor.build(spec)
        for text in unsupported:
            progress("note", text)
        progress("starting hosts", "")
        try:
            supervisor.wait_until_up(progress)
        except LocatedError as error:  # what only the kernel could find
            raise located(error, files, name) from error
        lab = NamespaceLab(name)
        without = [host for host in spec.hosts if host.missing and not host.argv]
        lab.missing_programs = [f"{host.name}: {host.missing}" for host in without]
        if name not in self._guarded:
            self._detach(name)
            del self._supervisors[name]
        return Lab(lab)

    def _detach(self, name: str) -> None:
        if supervisor := self._supervisors.get(name):
            supervisor.detach()

    def _end(self, name: str) -> None:
        if supervisor := self._supervisors.get(name):
            supervisor.end()

    def labs(self, name: str | None = None) -> list[Lab]:
        """Find them by their sockets; one that ends meanwhile is not there.

        EngineError when a supervisor does not answer: such a lab must not pass for one that is
        gone.
        """
        found: list[Lab] = []
        for known in client.names():
            if name in {None, known}:
                with suppress(LabGoneError):
                    found.append(Lab(NamespaceLab(known)))
        return found
