"""Sets up the network of hosts: who waits for veth pairs (veth(4)), and the making of these."""

from collections.abc import Callable, Mapping, Sequence

from lab.engines.lifecycle import EXITED
from lab.engines.namespaces.host import network
from lab.engines.namespaces.spec import LabSpec
from lab.engines.namespaces.supervisor.host_state import HostState

_AT_ONCE = 20


class NetworkSetup:
    """Makes veth pairs, of many hosts in one call of ip(8): it takes longer to start than to run.

    `send` sends a host's init a message, `fail` ends the hosts that have none, and says why.
    """

    def __init__(
        self,
        lab: LabSpec,
        hosts: Mapping[str, HostState],
        send: Callable[..., None],
        fail: Callable[[Sequence[HostState], str], None],
    ) -> None:
        self._networks = [one.name for one in lab.networks]
        self._hosts = hosts
        self._send = send
        self._fail = fail
        self._waiting: list[HostState] = []
        # The bridges are made with the first veth pairs, in the same call.
        self._bridges = network.bridge_commands(lab.networks)

    def request(self, host: HostState) -> None:
        """Let a host that has its namespaces now go on as soon as it has its veth pairs, if any."""
        if host.spec.interfaces:
            self._waiting.append(host)
        else:
            self._go_on(host)
        self._run_if_due()

    def cancel(self, host: HostState) -> None:
        """Let the others not wait for a host that has ended."""
        if host in self._waiting:
            self._waiting.remove(host)
        if self._waiting:
            self._run_if_due()

    def _run_if_due(self) -> None:
        last = all(host.outer_pid or host.state == EXITED for host in self._hosts.values())
        if len(self._waiting) >= _AT_ONCE or last:
            self._run()

    def _run(self) -> None:
        waiting, self._waiting = self._waiting, []
        commands = [line for host in waiting for line in self.commands(host)]
        commands, self._bridges = self._bridges + commands, []
        try:
            if commands:
                network.ip_batch(commands)
        except OSError as error:
            self._fail(waiting, str(error))
            return
        for host in waiting:
            self._go_on(host)

    def _go_on(self, host: HostState) -> None:
        self._send(host, command="prepare", connected=host.connected)

    def commands(self, host: HostState) -> list[str]:
        """Return what makes a host's veth pairs; nothing while it is disconnected."""
        lines = []
        for number, interface in enumerate(host.spec.interfaces if host.connected else ()):
            veth = network.veth_name(host.number, host.generation, number)
            bridge = network.bridge_name(self._networks.index(interface.network))
            lines += network.veth_commands(veth, bridge, f"eth{number}", interface, host.pid)
        return lines
