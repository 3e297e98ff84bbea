"""The cables of a lab's hosts: what lays them, and which hosts wait for theirs."""

from collections.abc import Callable, Mapping, Sequence

from lab.engines.namespaces.host import network as links
from lab.engines.namespaces.spec import LabSpec
from lab.engines.namespaces.supervisor.host_state import HostState

_AT_ONCE = 20


class Cables:
    """Lays them for many hosts in one call of ip(8), which takes longer to start than to run.

    `tell` tells a host's init something, `fail` ends the hosts that have none, and says why.
    """

    def __init__(
        self,
        lab: LabSpec,
        hosts: Mapping[str, HostState],
        tell: Callable[..., None],
        fail: Callable[[Sequence[HostState], str], None],
    ) -> None:
        self._networks = [network.name for network in lab.networks]
        self._hosts = hosts
        self._tell = tell
        self._fail = fail
        self._waiting: list[HostState] = []
        # The bridges are made with the first cables, in the same call.
        self._bridges = links.bridge_commands(lab.networks)

    def want(self, host: HostState) -> None:
        """Let a host that has its namespaces now go on as soon as it has its cables, if any."""
        if host.spec.interfaces:
            self._waiting.append(host)
        else:
            self._go_on(host)
        self._lay_if_enough()

    def want_no_more(self, host: HostState) -> None:
        """Let the others not wait for a host that has ended."""
        if host in self._waiting:
            self._waiting.remove(host)
        if self._waiting:
            self._lay_if_enough()

    def _lay_if_enough(self) -> None:
        last = all(host.outer_pid or host.state == "exited" for host in self._hosts.values())
        if len(self._waiting) >= _AT_ONCE or last:
            self._lay()

    def _lay(self) -> None:
        waiting, self._waiting = self._waiting, []
        commands = [line for host in waiting for line in self.commands(host)]
        commands, self._bridges = self._bridges + commands, []
        try:
            if commands:
                links.ip_batch(commands)
        except OSError as error:
            self._fail(waiting, str(error))
            return
        for host in waiting:
            self._go_on(host)

    def _go_on(self, host: HostState) -> None:
        self._tell(host, do="room", plugged=host.connected)

    def commands(self, host: HostState) -> list[str]:
        """Return what lays a host's cables; nothing while it is unplugged."""
        lines = []
        for number, interface in enumerate(host.spec.interfaces if host.connected else ()):
            cable = links.cable_name(host.number, host.generation, number)
            bridge = links.bridge_name(self._networks.index(interface.network))
            lines += links.cable_commands(cable, bridge, f"eth{number}", interface, host.pid)
        return lines
