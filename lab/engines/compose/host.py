"""A host that is a container: what the Docker SDK does to it."""

import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from docker import DockerClient
from docker.errors import APIError, DockerException, NotFound
from docker.models.containers import Container

from lab.api.engine import EngineHost, own_term
from lab.engines import lifecycle
from lab.engines.compose import call_servers, endpoints, sidecar, threads, tracers
from lab.engines.compose.endpoints import Endpoint
from lab.engines.compose.freezer import freeze
from lab.engines.compose.sweep import SERVICE_LABEL
from lab.errors import EngineError
from lab.model import HostStatus

TRY_LABEL = "socket-lab.try"
_COMPOSE_LABEL = "com.docker.compose.service"
_NO_NETWORKS = {"none", "host"}
_OUR_IMAGES = "socket-lab/"
_GRACE_S = 10  # Docker's own
_LATE_S, _LOOKS_AFTER_S = 5.0, 0.05
_KILLED_STATUS = 128 + signal.SIGKILL
_UNKNOWN = (
    "disconnected, and as lab up did not make it, nobody knows from where;"
    " see docker compose up --force-recreate"
)


def service_of(container: Container) -> str:
    """Return the name that the compose file gives the container."""
    return str(container.labels.get(_COMPOSE_LABEL, container.name))


@contextmanager
def asking(host: str, what: str) -> Iterator[None]:
    """Raise what the SDK raises as EngineError, with the host's name."""
    try:
        yield
    except DockerException as error:
        why = error.explanation if isinstance(error, APIError) else error
        text = f"{host}: {what}: {why}"
        raise EngineError(text) from error


class ContainerHost(EngineHost):
    """A container of a compose project."""

    ends_with_command = False  # docker exec leaves what it has started

    def __init__(self, client: DockerClient, container: Container) -> None:
        self._client = client
        self._container = container
        # As they were found, where the label does not say it.
        self._disconnected: dict[str, Endpoint] = {}
        self.name = service_of(container)
        self.service = container.labels.get(SERVICE_LABEL, "")
        self.try_it = container.labels.get(TRY_LABEL, "")
        self._has_resumed = False

    def status(self) -> HostStatus:
        """Ask Docker, now."""
        with asking(self.name, "status"):
            self._container.reload()
        state = self._container.attrs["State"]
        health = (state.get("Health") or {}).get("Status")
        return HostStatus(self.name, state["Status"], health, tuple(self._addresses()))

    def is_busy(self) -> bool:
        """Ask Docker for its threads; of health checks and other commands it is not the parent."""
        if self.status().state != "running":
            return False
        try:
            rows = self._container.top(ps_args=threads.PS_OPTIONS)["Processes"] or ()
        except APIError as error:
            if error.status_code == HTTPStatus.CONFLICT:  # it has ended meanwhile
                return False
            text = f"{self.name}: top: {error.explanation}"
            raise EngineError(text) from error
        return threads.are_busy(str(self._container.attrs["State"]["Pid"]), rows)

    def was_killed(self) -> bool:
        """Ask Docker, now; a container that somebody has removed is as good as killed."""
        try:
            with asking(self.name, "status"):
                self._container.reload()
        except EngineError as error:
            if isinstance(error.__cause__, NotFound):
                return True
            raise
        state = self._container.attrs["State"]
        return bool(
            state["Status"] == lifecycle.EXITED
            and state["ExitCode"] == _KILLED_STATUS
            and not state["OOMKilled"]
        )

    def _addresses(self) -> list[str]:
        attached = self._endpoints().values()
        found = [one.get(key) for one in attached for key in ("IPAddress", "GlobalIPv6Address")]
        return [address for address in found if address]

    def link_local_addresses(self) -> list[str]:
        """Make them of the hardware addresses, as the kernel does; without IPv6 there are none."""
        with asking(self.name, "status"):
            self._container.reload()
        attached = self._endpoints().values()
        macs = [one.get("MacAddress") for one in attached if one.get("GlobalIPv6Address")]
        return [endpoints.link_local(mac) for mac in macs if mac]

    def _endpoints(self) -> dict[str, dict[str, Any]]:
        attached: dict[str, dict[str, Any]] = self._container.attrs["NetworkSettings"]["Networks"]
        return {name: one for name, one in attached.items() if name not in _NO_NETWORKS}

    def _check(self, verb: str) -> None:
        """Raise EngineError if this cannot be done to the host as it is now."""
        with asking(self.name, verb):
            self._reload()
        if why := lifecycle.refusal(self.name, verb, self._container.attrs["State"]["Status"]):
            raise EngineError(why)

    def _reload(self) -> None:
        """Ask Docker, which may for a moment take a host that was resumed for paused: it hears of
        both once more, from containerd, and late (20.10).
        """
        deadline = time.monotonic() + _LATE_S
        self._container.reload()
        while self._has_resumed and self._container.attrs["State"]["Paused"]:
            if time.monotonic() > deadline:  # somebody else has paused it
                return
            time.sleep(_LOOKS_AFTER_S)
            self._container.reload()

    @property
    def ordinary_user(self) -> str | None:
        """Somebody else's image has no user `lab`."""
        own = self._container.attrs["Config"]["Image"].startswith(_OUR_IMAGES)
        return "lab" if own else None

    def command(
        self, argv: Sequence[str], *, user: str | None = None, terminal: bool = False
    ) -> list[str]:
        """Return the `docker exec` that runs it."""
        self._check("exec")
        options = ["--interactive"] + (["--tty", "--env", f"TERM={own_term()}"] if terminal else [])
        options += ["--user", user] if user else []
        return ["docker", "exec", *options, str(self._container.id), *argv]

    def kill(self, signal: str = "KILL") -> None:
        """Send the signal to the container's first process."""
        self._check("kill")
        if why := lifecycle.signal_refusal(self.name, signal):
            raise EngineError(why)
        with asking(self.name, "kill"):
            self._container.kill(signal=f"SIG{signal}")

    def pause(self) -> None:
        """Freeze the container's control group."""
        self._check("pause")
        with asking(self.name, "pause"):
            freeze(self._container)
            self._has_resumed = False
            call_servers.pause(self._client, self._container)

    def resume(self) -> None:
        """Thaw it."""
        self._check("resume")
        with asking(self.name, "resume"):
            call_servers.resume(self._client, self._container)
            self._container.unpause()
            self._has_resumed = True

    def restart(self) -> None:
        """Stop it, with its own grace, and start it."""
        self._check("restart")
        with asking(self.name, "restart"):
            grace_s = self._container.attrs["Config"].get("StopTimeout")
            self._container.restart(timeout=_GRACE_S if grace_s is None else grace_s)

    def disconnect(self) -> None:
        """Disconnect the container from each network (`docker network disconnect`)."""
        self._check("disconnect")
        attached = self._endpoints()
        self._check_network(
            "disconnect", lifecycle.CONNECTED if attached else lifecycle.DISCONNECTED
        )
        for name, attachment in attached.items():
            with asking(self.name, "disconnect"):
                self._client.networks.get(attachment["NetworkID"]).disconnect(self._container)
            self._disconnected[name] = endpoints.from_docker(name, attachment)

    def connect(self) -> None:
        """Connect it again, with the addresses and aliases it had.

        EngineError when an address has gone to somebody else meanwhile.
        """
        self._check("connect")
        attached = self._endpoints()
        every = {**endpoints.read(self._container.labels), **self._disconnected}
        missing = [endpoint for name, endpoint in every.items() if name not in attached]
        connected = lifecycle.CONNECTED if attached else _UNKNOWN
        self._check_network("connect", lifecycle.DISCONNECTED if missing else connected)
        for endpoint in missing:
            with asking(self.name, "connect"):
                self._attach(endpoint)
                self._container.reload()
            self._disconnected.pop(endpoint.network, None)
            now = endpoints.from_docker(endpoint.network, self._endpoints()[endpoint.network])
            for old, new in ((endpoint.ipv4, now.ipv4), (endpoint.ipv6, now.ipv6)):
                if old not in {"", new}:
                    text = f"{self.name}: connect: its {old} is now {new}"
                    raise EngineError(text)

    def _check_network(self, command: str, state: str) -> None:
        """Raise EngineError if this cannot be done to a host that is attached like this."""
        if self._container.attrs["HostConfig"]["NetworkMode"] in _NO_NETWORKS:
            state = lifecycle.NO_NETWORK
        if why := lifecycle.network_refusal(self.name, command, state):
            raise EngineError(why)

    def _attach(self, endpoint: Endpoint) -> None:
        network = self._client.networks.get(endpoint.network)
        aliases = list(endpoint.aliases)
        ipv4, ipv6 = endpoint.ipv4 or None, endpoint.ipv6 or None
        try:
            network.connect(self._container, aliases=aliases, ipv4_address=ipv4, ipv6_address=ipv6)
        except APIError as error:
            # Then Docker picks the address: the lowest that is free, so usually the same.
            if "user configured subnets" not in str(error.explanation):
                raise
            network.connect(self._container, aliases=aliases)

    def find_agent(self) -> socket.socket | None:
        """Look for its sidecar."""
        with asking(self.name, "agent"):
            return sidecar.connect(self._client, self._container, self.name)

    def begin_agent(self) -> socket.socket:
        """Begin a sidecar where there is none."""
        with asking(self.name, "agent"):
            return sidecar.begin(self._client, self._container, self.name)

    def begin_call_server(self) -> socket.socket:
        """Begin a container for it."""
        self._check("call")
        with asking(self.name, "call"):
            return call_servers.begin(self._client, self._container, self.name)

    def begin_tracer(self) -> socket.socket:
        """Begin a container for it."""
        self._check("exec")
        with asking(self.name, "trace"):
            return tracers.begin(self._client, self._container, self.name)
