"""A lab that is up, as people and tests use it, whatever the engine."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from socket import socket

from lab.api import outputs
from lab.api.engine import EngineHost, EngineLab, Progress
from lab.api.host import Host
from lab.api.links import Links
from lab.api.observer import NO_OBSERVER, Observer
from lab.api.outputs import Piece, Printed
from lab.errors import EvidenceError, UsageError
from lab.evidence import syslog
from lab.model import LabStatus, LogLine, OutputLine
from lab.suggestions import near

_SYSLOG_HOST = "syslog"


class Lab(Links):
    """A lab that is up. Methods raise EngineError when the engine fails."""

    def __init__(
        self,
        engine_lab: EngineLab,
        observer: Observer = NO_OBSERVER,
        *,
        hosts: Mapping[str, Host] | None = None,
        shared_since_ns: int | None = None,
    ) -> None:
        """Make it of its engine's; `shared_since_ns` is for a view of it (see `view`)."""
        hosts = hosts or {
            name: Host(one, observer, addresses=partial(_addresses, engine_lab))
            for name, one in engine_lab.hosts.items()
        }
        super().__init__(hosts, observer)
        self.name = engine_lab.name
        self._engine_lab = engine_lab
        self._shared_since_ns = shared_since_ns

    def view(
        self,
        observer: Observer,
        *,
        begin_agent: Callable[[EngineHost], socket] | None = None,
    ) -> "Lab":
        """Return the lab as one of several users has it; what that one does, `observer` sees.

        Its faults and captures are its own, until `close`. Its hosts make their calls with the call
        servers of this lab's, and reach their agents by `begin_agent`, if that is given. It has the
        syslog lines from now on, and cannot be taken down.
        """
        hosts = {
            name: Host(
                host.engine_host,
                observer,
                begin_agent=begin_agent,
                call_connection=lambda host=host: host.call_connection,  # type: ignore[misc]
                addresses=partial(_addresses, self._engine_lab),
            )
            for name, host in self.hosts.items()
        }
        return Lab(self._engine_lab, observer, hosts=hosts, shared_since_ns=time.time_ns())

    @property
    def missing_programs(self) -> Sequence[str]:
        """For each host that this machine lacks the program of: what, and how to get it."""
        return self._engine_lab.missing_programs

    def host(self, name: str) -> Host:
        """Return the host of that name.

        UsageError (with the names there are) if there is none, or it is a service's with several.
        """
        found = self.hosts_of(name)
        if len(found) > 1:
            several = ", ".join(host.name for host in found)
            text = f"host {name!r}: is {len(found)} hosts; choose one: {several}"
            raise UsageError(text)
        return found[0]

    def hosts_of(self, name: str) -> Sequence[Host]:
        """Return the host of that name, or all replicas of the service of that name.

        UsageError, with the names there are, if there is none.
        """
        if one := self.hosts.get(name):
            return (one,)
        if several := [host for host in self.hosts.values() if name and host.service == name]:
            return several
        there = ", ".join(sorted(self.hosts)) or "none"
        hint = near(name, [*self.hosts, *(host.service for host in self.hosts.values())])
        text = f"host {name!r}: not in lab {self.name} (its hosts: {there}){hint}"
        raise UsageError(text)

    def status(self) -> LabStatus:
        """Ask the engine, now."""
        return self._engine_lab.status()

    def addresses(self) -> Mapping[str, Sequence[str]]:
        """Ask the engine for the addresses of each host, now."""
        return _addresses(self._engine_lab)

    def close(self) -> None:
        """Close the connections to agents and tracers; what was added by them is lifted."""
        super().close()
        for host in self.hosts.values():
            host.close()

    def pieces(self, host: str, *, alone: bool, follow: bool) -> Iterator[Piece]:
        """Yield what a host's programs wrote to their outputs; `alone`: to standard output only.

        With `follow`, go on until the lab ends, also when the host is restarted.
        """
        return self._engine_lab.pieces(host, alone=alone, follow=follow)

    def printed(self, host: str) -> Printed:
        """Return what gives the lines of a host's program, as they become whole."""
        name = self.host(host).name
        return Printed(name, self._engine_lab.reader(name))

    def syslog(self, *, follow: bool = False) -> Iterator[LogLine]:
        """Yield every syslog line of the lab so far; with `follow`, go on until the lab ends.

        EvidenceError when a line cannot be read, or the lab has no syslog host.
        """
        if _SYSLOG_HOST not in self.hosts:
            text = f"lab {self.name}: it has no host named {_SYSLOG_HOST}, so no syslog lines"
            raise EvidenceError(text)
        since_us = (self._shared_since_ns or 0) // 1000
        for line in outputs.lines(self.pieces(_SYSLOG_HOST, alone=True, follow=follow)):
            if line.finished or not self._engine_lab.has_partial_lines:
                read = syslog.parse(line.data.decode(errors="replace"))
                if round(read.time.timestamp() * 1e6) >= since_us:
                    yield read._replace(lost_bytes=line.lost_bytes) if line.lost_bytes else read

    def output(self, host: str, *, follow: bool = False) -> Iterator[OutputLine]:
        """Yield the lines that a host's programs have written to their outputs so far."""
        name = self.host(host).name
        for line in outputs.lines(self.pieces(name, alone=False, follow=follow)):
            yield OutputLine(name, line.data.decode(errors="replace"), line.lost_bytes)

    def down(self, *, progress: Progress) -> None:
        """Remove everything of the lab; the hosts end in order, the needed ones last.

        UsageError for a view: whoever has brought the lab up takes it down.
        """
        if self._shared_since_ns is not None:
            text = f"lab {self.name}: is for other tests, too; it is taken down after the last"
            raise UsageError(text)
        self._engine_lab.down(progress=progress)


# No method: a host that refers to its lab would keep the lab, and its connections, from ending.
def _addresses(lab: EngineLab) -> Mapping[str, Sequence[str]]:
    return {host.name: host.addresses for host in lab.status().hosts}
