"""Makes a host of a service of the compose file; LocatedError where it cannot be one.

Its networks and names are known already; its mounts and its program have modules of their own.
"""

import ipaddress
import posixpath
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from lab.compose import env_files, etc_hosts, limits, values
from lab.compose.errors import at
from lab.compose.etc_hosts import HostsFiles
from lab.compose.model import Interface
from lab.engines.namespaces import MARK, sysctls
from lab.engines.namespaces.plan import programs, secrets, users, volumes
from lab.engines.namespaces.spec import HostSpec

TRY_LABEL = "socket-lab.try"


def host(
    key: str,
    service: Mapping[str, Any],
    *,
    lab: str,
    folder: Path,
    settings: Mapping[str, str],
    file: Mapping[str, Any],
    others: Collection[str],
    service_of: Mapping[str, str],
    interfaces: tuple[Interface, ...],
    hosts_files: HostsFiles,
) -> HostSpec:
    """Return the host; `file` is what the compose file says, `others` are all its hosts.

    `settings` are what variables are set to; `service_of` has the services of replicas.
    """
    here = ("services", key)
    labels = values.mapping(service.get("labels"))
    with at(*here):
        program = programs.choose(key, service, labels, folder)
        depends_on = values.depends_on(service.get("depends_on") or {}, others)
    check = service.get("healthcheck") or {}
    with at(*here, "healthcheck", "retries"):
        values.retries(check)
    with at(*here, "healthcheck"):
        health = values.health(check)
    with at(*here, "stop_grace_period"):
        stop_grace_s = values.seconds(service.get("stop_grace_period"), 10.0)
    with at(*here, "stop_signal"):
        stop_signal = values.stop_signal(service.get("stop_signal"))
    granted = secrets.of_service(key, service, file, folder, settings)
    return HostSpec(
        name=key,
        host_name=etc_hosts.host_name(key, service),
        argv=program.argv,
        environment={
            **_environment(lab, folder),
            **env_files.environment(key, service, folder, settings),
        },
        interfaces=interfaces,
        mounts=(
            *volumes.of_service(key, service, folder),
            *granted.mounts,
        ),
        health=health,
        depends_on=depends_on,
        name_servers=_name_servers(key, service),
        resolver_options=tuple(values.listed(service.get("dns_opt"))),
        sysctls=_sysctls(key, service),
        stop_grace_s=stop_grace_s,
        hosts_file=hosts_files.view[key],
        own_lines=hosts_files.own_lines[key],
        try_it=labels.get(TRY_LABEL, ""),
        missing=program.missing,
        service=service_of.get(key, ""),
        working_dir=_working_dir(key, service),
        limits=limits.allowed(limits.of_service(key, service), limits.of_this_machine()),
        files=granted.files,
        stop_signal=stop_signal,
        user=users.of_service(key, service),
        root_capabilities=users.capabilities(service),
    )


def _working_dir(key: str, service: Mapping[str, Any]) -> str:
    given = str(service.get("working_dir") or "")
    if not given:
        return ""
    with at("services", key, "working_dir"):
        if not given.startswith("/") or "\0" in given:
            text = f"{given!r}: its place in the host must begin with /"
            raise ValueError(text)
        return posixpath.normpath("/" + given.lstrip("/"))


def _environment(lab: str, folder: Path) -> dict[str, str]:
    return {
        "PATH": programs.search_path(),
        "PYTHONPATH": str(folder),
        "PYTHONUNBUFFERED": "1",
        "HOME": "/tmp",  # noqa: S108 - the host's own, and its users may write there
        MARK: lab,
    }


def _name_servers(key: str, service: Mapping[str, Any]) -> tuple[str, ...]:
    servers = values.listed(service.get("dns"))
    for number, server in enumerate(servers):
        with at("services", key, "dns", number):
            ipaddress.ip_address(server)
    return tuple(servers)


def _sysctls(key: str, service: Mapping[str, Any]) -> dict[str, str]:
    found = service.get("sysctls")
    for number, name in enumerate(values.mapping(found)):
        with at("services", key, "sysctls", number if isinstance(found, list) else name):
            sysctls.check(name)
    return {**sysctls.DEFAULTS, **values.mapping(found)}
