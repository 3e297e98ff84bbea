"""A host that is a container: what the Docker SDK does to it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from docker import DockerClient
from docker.errors import APIError, DockerException
from docker.models.containers import Container

from lab.engines.base import Host
from lab.errors import EngineError, UsageError
from lab.model import HostStatus

TRY_LABEL = "socket-lab.try"
_SERVICE_LABEL = "com.docker.compose.service"


def service_of(container: Container) -> str:
    """Return the name that the compose file gives the container."""
    return str(container.labels.get(_SERVICE_LABEL, container.name))


@contextmanager
def _asking(host: str, what: str) -> Iterator[None]:
    """Raise what the SDK raises as EngineError, with the host's name."""
    try:
        yield
    except DockerException as error:
        why = error.explanation if isinstance(error, APIError) else error
        text = f"{host}: {what}: {why}"
        raise EngineError(text) from error


class ContainerHost(Host):
    """A container of a compose project."""

    def __init__(self, client: DockerClient, container: Container) -> None:
        self._client = client
        self._container = container
        self._unplugged: dict[str, dict[str, Any]] = {}
        self.name = service_of(container)
        self.try_it = container.labels.get(TRY_LABEL, "")

    def status(self) -> HostStatus:
        """Ask Docker, now."""
        with _asking(self.name, "status"):
            self._container.reload()
        state = self._container.attrs["State"]
        health = (state.get("Health") or {}).get("Status")
        return HostStatus(self.name, state["Status"], health, tuple(self._addresses()))

    def _addresses(self) -> list[str]:
        endpoints = self._endpoints().values()
        found = [e.get(key) for e in endpoints for key in ("IPAddress", "GlobalIPv6Address")]
        return [address for address in found if address]

    def _endpoints(self) -> dict[str, dict[str, Any]]:
        endpoints: dict[str, dict[str, Any]] = self._container.attrs["NetworkSettings"]["Networks"]
        return {name: endpoint for name, endpoint in endpoints.items() if name != "none"}

    def command(
        self, argv: Sequence[str], *, user: str | None = None, terminal: bool = False
    ) -> list[str]:
        """Return the `docker exec` that runs it."""
        options = ["--interactive"] + (["--tty"] if terminal else [])
        options += ["--user", user] if user else []
        return ["docker", "exec", *options, str(self._container.id), *argv]

    def kill(self, signal: str = "KILL") -> None:
        """Send the signal to the container's first process."""
        with _asking(self.name, "kill"):
            self._container.kill(signal=f"SIG{signal}")

    def pause(self) -> None:
        """Freeze the container's control group."""
        with _asking(self.name, "pause"):
            self._container.pause()

    def resume(self) -> None:
        """Thaw it."""
        with _asking(self.name, "resume"):
            self._container.unpause()

    def restart(self) -> None:
        """Stop it, with its own grace, and start it."""
        with _asking(self.name, "restart"):
            self._container.restart()

    def disconnect(self) -> None:
        """Take the container's end of each network away."""
        with _asking(self.name, "disconnect"):
            self._container.reload()
            for name, endpoint in self._endpoints().items():
                self._client.networks.get(endpoint["NetworkID"]).disconnect(self._container)
                self._unplugged[name] = endpoint

    def connect(self) -> None:
        """Give them back, with the addresses and aliases they had.

        EngineError when an address has gone to somebody else meanwhile.
        """
        if not self._unplugged:
            text = f"host {self.name}: not disconnected, so it cannot be connected"
            raise UsageError(text)
        for name, endpoint in list(self._unplugged.items()):
            with _asking(self.name, "connect"):
                self._plug_in(endpoint)
                self._container.reload()
            del self._unplugged[name]
            now = self._endpoints()[name]
            for key in ("IPAddress", "GlobalIPv6Address"):
                if now[key] != endpoint[key]:
                    text = f"{self.name}: connect: its {endpoint[key]} is now {now[key]}"
                    raise EngineError(text)

    def _plug_in(self, endpoint: dict[str, Any]) -> None:
        network = self._client.networks.get(endpoint["NetworkID"])
        aliases = endpoint.get("Aliases") or []
        ipv4, ipv6 = endpoint["IPAddress"] or None, endpoint["GlobalIPv6Address"] or None
        try:
            network.connect(self._container, aliases=aliases, ipv4_address=ipv4, ipv6_address=ipv6)
        except APIError as error:
            # Then Docker picks the address: the lowest that is free, so usually the same.
            if "user configured subnets" not in str(error.explanation):
                raise
            network.connect(self._container, aliases=aliases)
