"""What the keeper is told: plain data, that travels as JSON from `lab up` to the keeper."""

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Interface:
    """A host's place on a network; `ipv4` and `ipv6` with prefix length, "" for none."""

    network: str
    ipv4: str
    ipv6: str


@dataclass(frozen=True, slots=True)
class Mount:
    """A named volume of the lab, a folder of the machine (`source` begins with /), or a tmpfs."""

    target: str
    source: str = ""
    read_only: bool = False
    tmpfs_options: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """A health check: how often, how long and how many failures make a host unhealthy."""

    argv: tuple[str, ...]
    interval_s: float
    timeout_s: float
    retries: int
    start_period_s: float


@dataclass(frozen=True, slots=True)
class HostSpec:
    """A host; without `argv` it runs no program and `missing` says what would have been needed."""

    name: str
    host_name: str
    argv: tuple[str, ...]
    environment: dict[str, str]
    interfaces: tuple[Interface, ...]
    mounts: tuple[Mount, ...]
    health: Health | None
    # Hosts to wait for: name and service_started, service_healthy or the like.
    depends_on: dict[str, str]
    name_servers: tuple[str, ...]
    resolver_options: tuple[str, ...]
    sysctls: dict[str, str]
    stop_grace_s: float
    try_it: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class LabSpec:
    """A lab. `folder` is the compose file's: where programs start, and what they may need."""

    name: str
    topology: str
    folder: str
    networks: tuple[str, ...]
    hosts: tuple[HostSpec, ...]
    # /etc/hosts of every host: an address and its names.
    addresses: tuple[tuple[str, tuple[str, ...]], ...]
    visible: tuple[str, ...]

    def to_json(self) -> str:
        """Return one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "LabSpec":
        """Undo `to_json`."""
        fields: dict[str, Any] = json.loads(text)
        fields["hosts"] = tuple(_host(host) for host in fields["hosts"])
        fields["addresses"] = tuple((ip, tuple(names)) for ip, names in fields["addresses"])
        return cls(**fields)


def _host(fields: dict[str, Any]) -> HostSpec:
    fields["interfaces"] = tuple(Interface(**entry) for entry in fields["interfaces"])
    fields["mounts"] = tuple(Mount(**entry) for entry in fields["mounts"])
    fields["health"] = Health(**fields["health"]) if fields["health"] else None
    return HostSpec(**fields)
