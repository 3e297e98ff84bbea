"""What a supervisor is to build: plain data, that travels as JSON from `lab up` to it.

Named tuples, because they load faster than dataclasses, and the lab waits for the supervisor.
"""

import json
from typing import Any, NamedTuple

from lab.compose.model import Health, Interface, Network


class Mount(NamedTuple):
    """A volume of the lab, a folder of the machine (`source` begins with /), or a tmpfs.

    Each source of a lab has a number, which is its name there.
    """

    target: str
    source: str = ""
    read_only: bool = False
    tmpfs_options: str | None = None
    number: int = 0


class File(NamedTuple):
    """A file that only the host has; what may be done with it is as of chmod(2)."""

    target: str
    text: str
    mode: int


class User(NamedTuple):
    """A user other than `lab` on a host, and the bits of the capabilities that it has there."""

    uid: int
    gid: int
    capabilities: int


class HostSpec(NamedTuple):
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
    # Which of the lab's /etc/hosts it has, and its own lines there.
    hosts_file: int = 0
    own_lines: tuple[str, ...] = ()
    try_it: str = ""
    missing: str = ""
    # The service that it is a replica of; "" for the only host of its service.
    service: str = ""
    # Where its programs start; "": in the lab's folder.
    working_dir: str = ""
    # By their names, what its programs may use: a soft and a hard limit, -1 for none.
    limits: dict[str, tuple[int, int]] = {}  # noqa: RUF012 - nobody changes it
    files: tuple[File, ...] = ()
    stop_signal: str = "SIGTERM"
    # Who runs its program, if not the user `lab`.
    user: User | None = None
    # The bits of the capabilities that root has there.
    root_capabilities: int = 0


class LabSpec(NamedTuple):
    """A lab. `folder` is the compose file's: where programs start, and what they may need."""

    name: str
    topology: str
    folder: str
    networks: tuple[Network, ...]
    hosts: tuple[HostSpec, ...]
    # The texts of /etc/hosts that its hosts have.
    hosts_files: tuple[str, ...]
    visible: tuple[str, ...]

    def to_json(self) -> str:
        """Return one line."""
        return json.dumps(self)

    @classmethod
    def from_json(cls, text: str) -> "LabSpec":
        """Undo `to_json`, which made lists of all the tuples."""
        name, topology, folder, networks, hosts, hosts_files, visible = json.loads(text)
        return cls(
            name,
            topology,
            folder,
            tuple(Network(name, tuple(routers)) for name, routers in networks),
            tuple(_host(*host) for host in hosts),
            tuple(hosts_files),
            tuple(visible),
        )


def _interface(*fields: Any) -> Interface:
    interface = Interface(*fields)
    return interface._replace(next_hops=tuple(interface.next_hops))


def _host(*fields: Any) -> HostSpec:
    host = HostSpec(*fields)
    health = host.health
    return host._replace(
        argv=tuple(host.argv),
        interfaces=tuple(_interface(*entry) for entry in host.interfaces),
        mounts=tuple(Mount(*entry) for entry in host.mounts),
        health=Health(tuple(health[0]), *health[1:]) if health else None,
        name_servers=tuple(host.name_servers),
        resolver_options=tuple(host.resolver_options),
        own_lines=tuple(host.own_lines),
        limits={name: (soft, hard) for name, (soft, hard) in host.limits.items()},
        files=tuple(File(*entry) for entry in host.files),
        user=User(*host.user) if host.user else None,
    )
