"""Reads the compose file for this engine: the same file, without Compose.

What this engine cannot do is refused where the lab would make no sense without it (an image), and
else named in a note; nothing is ignored in silence.
"""

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from lab.engines import compose_text
from lab.engines.namespaces import MARK, shape, values
from lab.engines.namespaces.interpolation import VariableError, env_file, interpolate
from lab.engines.namespaces.networks import Networks
from lab.engines.namespaces.spec import HostSpec, Interface, LabSpec
from lab.errors import TopologyError

TRY_LABEL = "socket-lab.try"
# The command that takes the place of the image's, on this machine; a word it cannot do without.
NATIVE_LABEL = "socket-lab.native"
NEEDS_LABEL = "socket-lab.needs"
_OUR_IMAGES = "socket-lab/"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_TOP_LEVEL = {"name", "version", "services", "networks", "volumes"}
_UNDERSTOOD = {
    *("command", "entrypoint", "environment", "healthcheck", "depends_on", "networks", "volumes"),
    *("tmpfs", "labels", "dns", "dns_opt", "sysctls", "hostname", "stop_grace_period", "image"),
    *("network_mode", "profiles"),
}
# Without effect here, or true anyway: programs have no rights and the files are read-only.
_WITHOUT_EFFECT = {
    *("build", "pull_policy", "container_name", "init", "read_only", "cap_drop", "cap_add"),
    *("security_opt", "expose", "stdin_open", "tty", "platform", "annotations"),
}


def read(path: Path, name: str) -> tuple[LabSpec, list[str]]:
    """Return the lab, and a note for each thing of the file that is otherwise on this engine.

    TopologyError begins with PATH or PATH:LINE.
    """
    return _Reader(path, name).read()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


class _Reader:
    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self._folder = path.resolve().parent
        self._root = compose_text.parse(path)
        self._notes: dict[str, list[str]] = {}

    def _fault(self, keys: Iterable[str], what: object) -> TopologyError:
        line = compose_text.line_of(self._root, list(keys))
        return TopologyError(f"{self._path}:{line}: {what}")

    def read(self) -> tuple[LabSpec, list[str]]:
        text = self._path.read_text(encoding="utf-8")
        environment = {**env_file(self._folder / ".env"), **os.environ}
        environment["COMPOSE_PROJECT_NAME"] = self._name
        file = self._load(text, environment)
        services = file.get("services")
        if not services:
            text = f"{self._path}: it has no services, so no hosts"
            raise TopologyError(text)
        services = {
            key: entry for key, entry in services.items() if not (entry or {}).get("profiles")
        }
        for key in sorted(set(file) - _TOP_LEVEL):
            if not str(key).startswith("x-"):
                self._notes.setdefault(str(key), []).append("the file")
        try:
            networks = Networks(file.get("networks") or {}, services)
        except shape.PlaceError as error:
            raise self._fault(error.keys, error) from error
        hosts = []
        for key, service in services.items():
            try:
                hosts.append(self._host(key, service or {}, tuple(networks.interfaces[key])))
            except (ValueError, KeyError, AttributeError, TypeError) as error:
                raise self._fault(["services", key], f"services.{key}: {error}") from error
        self._check_depends(hosts)
        self._check_sources(hosts)
        lab = LabSpec(
            name=self._name,
            topology=str(self._path.resolve()),
            folder=str(self._folder),
            networks=networks.names,
            hosts=tuple(hosts),
            addresses=networks.hosts_file(),
            visible=self._visible(),
        )
        notes = [f"not on this engine: {key} ({', '.join(of)})" for key, of in self._notes.items()]
        notes += [f"{host.name}: {host.missing}" for host in hosts if host.missing]
        return lab, notes

    def _load(self, text: str, environment: Mapping[str, str]) -> dict[str, Any]:
        try:
            raw = yaml.load(text, Loader=yaml.CSafeLoader)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise TopologyError(f"{self._path}: not YAML: {_one_line(error)}") from error
        try:
            file: dict[str, Any] = interpolate(raw if raw is not None else {}, environment)
            shape.check(file)
        except VariableError as error:
            raise TopologyError(f"{self._path}:{self._line_with('$', error)}: {error}") from error
        except shape.ShapeError as error:
            raise self._fault(error.keys, error) from error
        return file

    def _line_with(self, sign: str, error: VariableError) -> int:
        """Return the line of the variable at fault, else the first that has one."""
        lines = self._path.read_text(encoding="utf-8").splitlines()
        named = [n for n, line in enumerate(lines, 1) if error.name and f"{{{error.name}" in line]
        return (named + [n for n, line in enumerate(lines, 1) if sign in line])[0]

    def _visible(self) -> tuple[str, ...]:
        """Return the folders that hosts must see even below /tmp or /run."""
        package = Path(__file__).parents[3]
        return tuple(sorted({str(self._folder), str(package), sys.prefix, sys.base_prefix}))

    def _host(
        self, key: str, service: Mapping[str, Any], interfaces: tuple[Interface, ...]
    ) -> HostSpec:
        for unknown in sorted(set(service) - _UNDERSTOOD - _WITHOUT_EFFECT):
            if not unknown.startswith("x-"):
                self._notes.setdefault(unknown, []).append(key)
        labels = values.mapping(service.get("labels"))
        argv, missing = self._command(key, service, labels)
        environment = {
            "PATH": os.environ.get("PATH", "") + ":" + _PATH,
            "PYTHONPATH": str(self._folder),
            "PYTHONUNBUFFERED": "1",
            "HOME": "/",
            MARK: self._name,
            **values.environment(service.get("environment"), os.environ),
        }
        return HostSpec(
            name=key,
            host_name=str(service.get("hostname", key)),
            argv=tuple(argv),
            environment=environment,
            interfaces=interfaces,
            mounts=(
                *(values.volume(entry, self._folder) for entry in service.get("volumes") or ()),
                *(values.tmpfs(entry) for entry in values.listed(service.get("tmpfs"))),
            ),
            health=values.health(service.get("healthcheck") or {}),
            depends_on=values.depends_on(service.get("depends_on") or {}),
            name_servers=tuple(values.listed(service.get("dns"))),
            resolver_options=tuple(values.listed(service.get("dns_opt"))),
            sysctls=values.mapping(service.get("sysctls")),
            stop_grace_s=values.seconds(service.get("stop_grace_period"), 10.0),
            try_it=labels.get(TRY_LABEL, ""),
            missing=missing,
        )

    def _command(
        self, key: str, service: Mapping[str, Any], labels: Mapping[str, str]
    ) -> tuple[list[str], str]:
        """Return the program of a host; or none, and what is missing on this machine for it."""
        image = str(service.get("image", ""))
        if not image.startswith(_OUR_IMAGES) and NATIVE_LABEL not in labels:
            what = f"needs the image {image}" if image else "needs an image that is built"
            text = f"services.{key} {what}: not on this engine; use --engine compose"
            raise self._fault(["services", key], text)
        argv = values.words(labels.get(NATIVE_LABEL)) or [
            *values.words(service.get("entrypoint")),
            *values.words(service.get("command")),
        ]
        needed = labels.get(NEEDS_LABEL, argv[0] if argv else "")
        if needed in {"python", "python3", "sh"} or shutil.which(needed, path=self._search_path()):
            return [sys.executable if w in {"python3", "python"} else w for w in argv], ""
        if needed == "rsyslogd":
            module = "lab.engines.namespaces.syslogd"
            return [sys.executable, "-m", module], (
                "rsyslogd is not installed, so the lab's own receiver takes the lines"
            )
        if argv and NEEDS_LABEL not in labels and NATIVE_LABEL not in labels:
            return argv, ""  # started in vain, it will say so itself
        if not argv:
            return [], "it has no command in the compose file, so it runs no program"
        return (
            [],
            f"{needed} is not installed, so it runs no program (sudo apt-get install {needed})",
        )

    @staticmethod
    def _search_path() -> str:
        return os.environ.get("PATH", "") + ":" + _PATH

    def _check_sources(self, hosts: list[HostSpec]) -> None:
        for host in hosts:
            for source in (mount.source for mount in host.mounts):
                if source.startswith("/") and not Path(source).exists():
                    where = ["services", host.name, "volumes"]
                    raise self._fault(where, f"services.{host.name}: {source} is not there")

    def _check_depends(self, hosts: list[HostSpec]) -> None:
        names = {host.name: host for host in hosts}
        for host in hosts:
            for needed, condition in host.depends_on.items():
                if needed in names and condition == "service_healthy":
                    other = names[needed]
                    if other.argv and not other.health:
                        where = ["services", host.name, "depends_on"]
                        text = f"services.{host.name}: {needed} has no healthcheck to wait for"
                        raise self._fault(where, text)
                if needed not in names:
                    where = ["services", host.name, "depends_on"]
                    text = f"services.{host.name}: depends on {needed}, which is not there"
                    raise self._fault(where, text)
        try:
            TopologicalSorter({host.name: host.depends_on for host in hosts}).prepare()
        except CycleError as error:
            circle = " -> ".join(error.args[1])
            raise self._fault(["services"], f"depends_on goes in a circle: {circle}") from error
