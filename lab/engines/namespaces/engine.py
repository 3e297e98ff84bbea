"""The engine `namespaces`, seen from outside: starts keepers, talks to them, enters hosts."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lab.engines.base import Engine, Host, Lab, Progress
from lab.engines.namespaces import MARK, checks, control, enter
from lab.engines.namespaces.compose_file import read
from lab.errors import EngineError, EvidenceError
from lab.evidence import syslog
from lab.model import Finding, HostStatus, LabStatus, LogLine

_SYSLOG_HOST = "syslog"
_KEEPER = str(Path(__file__).with_name("keeper.py"))
_END_WITHIN_S = 5.0  # beyond the graces of the hosts


class NamespaceHost(Host):
    """A host that is a set of namespaces."""

    def __init__(self, lab: str, name: str, try_it: str) -> None:
        self._lab = lab
        self.name = name
        self.try_it = try_it

    def status(self) -> HostStatus:
        """Ask the keeper."""
        for entry in control.ask(self._lab, ask="status")["hosts"]:
            if entry["name"] == self.name:
                return _status(entry)
        raise AssertionError(self.name)

    def command(
        self, argv: Sequence[str], *, user: str | None = None, terminal: bool = False
    ) -> list[str]:
        """Return the command that enters and runs it; the terminal is the caller's own.

        As the user `lab` a program is what the host's own programs are; else it has every right
        over the host, and none over the machine.
        """
        del terminal
        answer = control.ask(self._lab, ask="status", host=self.name)
        entry = next(entry for entry in answer["hosts"] if entry["name"] == self.name)
        if not (pid := entry["pid"]):
            text = f"{self.name}: is not running"
            raise EngineError(text)
        inner = str(answer["user_namespace"]) if user else "-"
        settings = [f"{key}={value}" for key, value in answer["environment"].items()]
        python = [sys.executable, "-I", "-S", enter.__file__]
        return [*python, str(pid), inner, answer["folder"], *settings, "--", *argv]

    def kill(self, signal: str = "KILL") -> None:
        """Send the signal to the host's program; KILL ends every process of the host."""
        control.ask(self._lab, ask="kill", host=self.name, signal=signal)

    def pause(self) -> None:
        """Stop every process of the host (SIGSTOP)."""
        control.ask(self._lab, ask="pause", host=self.name)

    def resume(self) -> None:
        """Let them go on (SIGCONT)."""
        control.ask(self._lab, ask="resume", host=self.name)

    def restart(self) -> None:
        """End the host and make it anew."""
        control.ask(self._lab, ask="restart", host=self.name)

    def disconnect(self) -> None:
        """Take the host's cables away."""
        control.ask(self._lab, ask="disconnect", host=self.name)

    def connect(self) -> None:
        """Lay them again."""
        control.ask(self._lab, ask="connect", host=self.name)


def _status(entry: dict[str, object]) -> HostStatus:
    addresses = entry["addresses"]
    assert isinstance(addresses, list)
    health = entry["health"]
    return HostStatus(
        str(entry["name"]), str(entry["state"]), str(health) if health else None, tuple(addresses)
    )


class NamespaceLab(Lab):
    """A lab whose keeper runs."""

    def __init__(self, name: str) -> None:
        self.name = name
        answer = control.ask(name, ask="status")
        self.hosts = {
            entry["name"]: NamespaceHost(name, entry["name"], entry["try_it"])
            for entry in sorted(answer["hosts"], key=lambda entry: str(entry["name"]))
        }

    def status(self) -> LabStatus:
        """Ask the keeper."""
        answer = control.ask(self.name, ask="status")
        hosts = sorted((_status(entry) for entry in answer["hosts"]), key=lambda host: host.name)
        return LabStatus(self.name, NamespacesEngine.name, answer["topology"], tuple(hosts))

    def syslog(self, *, follow: bool = False) -> Iterator[LogLine]:
        """Read the syslog host's standard output."""
        if _SYSLOG_HOST not in self.hosts:
            text = f"lab {self.name}: it has no host named {_SYSLOG_HOST}, so no syslog lines"
            raise EvidenceError(text)
        for line in self._lines(_SYSLOG_HOST, alone=True, follow=follow):
            yield syslog.parse(line)

    def output(self, host: str) -> Iterator[str]:
        """Read what the keeper kept of both outputs."""
        self.host(host)
        return self._lines(host, alone=False, follow=False)

    def down(self, *, progress: Progress) -> None:
        """Ask the keeper to end everything in order, and wait until it has."""
        progress(f"stopping {self.name}", "")
        answer = control.ask(self.name, ask="down")
        pid = answer["pid"]
        if not control.wait_for_end(pid, answer["within_s"] + _END_WITHIN_S):
            text = f"lab {self.name}: process {pid}, its keeper, has not ended"
            raise EngineError(text)

    def _lines(self, host: str, *, alone: bool, follow: bool) -> Iterator[str]:
        rest = b""
        for piece in control.read(self.name, ask="output", host=host, alone=alone, follow=follow):
            *lines, rest = (rest + piece).split(b"\n")
            yield from (line.decode(errors="replace") for line in lines)
        if rest and not alone:
            yield rest.decode(errors="replace")


class NamespacesEngine(Engine):
    """Linux namespaces, without any daemon."""

    name = "namespaces"

    def __init__(self) -> None:
        # The keepers that still hang on this process, by the names of their labs.
        self._keepers: dict[str, subprocess.Popen[bytes]] = {}
        self._guarded: set[str] = set()

    def findings(self) -> list[Finding]:
        """Try it."""
        return checks.findings()

    @contextmanager
    def guarded(self, name: str) -> Iterator[None]:
        """Hold the lab's lifeline; let go of it only when the block is left without exception."""
        if name in self._guarded:  # nested: the outermost one counts
            yield
            return
        self._guarded.add(name)
        try:
            yield
        except BaseException:
            self._cut(name)
            raise
        finally:
            self._guarded.discard(name)
        self._release(name)

    def up(self, file: Path, name: str, *, build: bool, progress: Progress) -> Lab:
        """Read the file and start a keeper. There is nothing to build."""
        del build
        progress("reading " + file.name, "")
        spec, notes = read(file, name)
        for note in notes:
            progress("note", note)
        progress("starting hosts", "")
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", _KEEPER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, MARK: name},
            start_new_session=True,
        )
        self._keepers[name] = keeper
        assert keeper.stdin
        assert keeper.stdout
        with suppress(BrokenPipeError):
            keeper.stdin.write(spec.to_json().encode() + b"\n")
            keeper.stdin.flush()
        for line in keeper.stdout:
            said = json.loads(line)
            if "failed" in said:
                missing = [found for found in checks.findings() if not found.ok and found.required]
                hint = f"; {missing[0].name}: {missing[0].remedy}" if missing else ""
                raise EngineError(f"lab {name}: {said['failed']}{hint}")
            if "doing" in said:
                progress(said["doing"], said["detail"])
            if "up" in said:
                lab = NamespaceLab(name)
                if name not in self._guarded:
                    self._release(name)
                return lab
        text = f"lab {name}: its keeper ended before the lab was up"
        raise EngineError(text)

    def _release(self, name: str) -> None:
        """Let the lab live on without this process."""
        if keeper := self._keepers.pop(name, None):
            assert keeper.stdin
            with suppress(BrokenPipeError):
                keeper.stdin.write(b"release\n")
                keeper.stdin.close()
            self._let_go(keeper)

    def _cut(self, name: str) -> None:
        """End the lab: with its lifeline, its keeper ends, and all the rest with that."""
        if keeper := self._keepers.pop(name, None):
            assert keeper.stdin
            with suppress(BrokenPipeError):
                keeper.stdin.close()
            self._let_go(keeper)

    @staticmethod
    def _let_go(keeper: subprocess.Popen[bytes]) -> None:
        """Wait until the keeper has heard: it closes its standard output."""
        assert keeper.stdout
        keeper.stdout.read()
        keeper.stdout.close()
        keeper.wait()  # the process that was started ended long ago, after the fork

    def labs(self) -> list[Lab]:
        """Find them by their sockets; one that ends meanwhile is not there.

        EngineError when a keeper does not answer: such a lab must not pass for one that is gone.
        """
        found: list[Lab] = []
        for name in control.names():
            with suppress(control.GoneError):
                found.append(NamespaceLab(name))
        return found
