"""Which host may start, when the lab is up, and which may end: from what the hosts need. Pure."""

from collections.abc import Iterator, Mapping

from lab.engines import startup_errors
from lab.engines.lifecycle import CREATED, EXITED, RUNNING
from lab.engines.namespaces.supervisor.host_state import HostState

_COMPLETED = "service_completed_successfully"


class StartOrder:
    """The order of a lab's hosts; it looks only at those that a change can matter to."""

    def __init__(self, hosts: Mapping[str, HostState]) -> None:
        self._hosts = hosts
        self._not_up = set(hosts)
        # Who waits for a host, and which hosts may end because somebody waits for just that.
        self._dependents: dict[str, list[HostState]] = {name: [] for name in hosts}
        self._may_end: set[str] = set()
        self._stopped: set[str] = set()
        for host in hosts.values():
            for needed, condition in host.spec.depends_on.items():
                self._dependents[needed].append(host)
                if condition == _COMPLETED:
                    self._may_end.add(needed)

    @property
    def up(self) -> bool:
        """Has the lab been up?"""
        return not self._not_up

    def startable(self, changed: HostState) -> Iterator[HostState]:
        """Yield the hosts that may start now, after a change of this one.

        One that is started again does not wait a second time.
        """
        for host in (changed, *self._dependents[changed.spec.name]):
            waits = host.ready and host.state == CREATED and not host.start_requested
            if waits and (host.generation > 1 or self._has_all_it_needs(host)):
                yield host

    def _has_all_it_needs(self, host: HostState) -> bool:
        needs = host.spec.depends_on.items()
        return all(self._hosts[name].meets(condition) for name, condition in needs)

    def startup_error(self, changed: HostState) -> str:
        """Return why this host keeps the lab from coming up; "" if it does not."""
        if self.up or self._is_done(changed):
            return ""
        if changed.state != EXITED and changed.health != "unhealthy":
            return ""
        output = changed.outputs.all.from_(0, 1 << 24)[0].decode(errors="replace")
        if changed.state == EXITED:
            return startup_errors.exited(changed.spec.name, changed.status, output)
        return startup_errors.unhealthy(changed.spec.name, changed.health_output, output)

    def completes(self, changed: HostState) -> bool:
        """Tell whether this change has made the lab be up; once."""
        running = changed.state == RUNNING and changed.health in {None, "healthy"}
        ready = running and changed.proven
        if self.up or not (ready or self._is_done(changed)):
            return False
        self._not_up.discard(changed.spec.name)
        return self.up

    def _is_done(self, host: HostState) -> bool:
        return host.spec.name in self._may_end and host.meets(_COMPLETED)

    def left(self) -> list[HostState]:
        """Return the hosts whose programs have not ended."""
        return [host for host in self._hosts.values() if host.is_left]

    def stoppable(self) -> Iterator[HostState]:
        """Yield, once each, the hosts that no other needs any more."""
        left = self.left()
        needed = {name for host in left for name in host.spec.depends_on}
        for host in left:
            name = host.spec.name
            if name not in needed and name not in self._stopped:
                self._stopped.add(name)
                yield host
