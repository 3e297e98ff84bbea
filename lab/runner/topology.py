"""The compose file of a scenario that names only hosts: bare ones, on one network.

They see a folder of this machine, read-only, where the scenario names one: their programs start in
it, and have a /tmp of their own.

It lives in memory and is reached through /proc, so there is no file that SIGKILL could leave.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_HOST = """\
  {name}:
    image: {image}
    entrypoint: [sleep, infinity]
    hostname: {name}
    init: true
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    networks: [wire]
    stop_grace_period: 0s
"""
_FOLDER = """\
    working_dir: {folder}
    volumes:
      - {{type: bind, source: {folder}, target: {folder}, read_only: true}}
    tmpfs: [/tmp]
"""
_NETWORK = """\
networks:
  wire:
    internal: true
    enable_ipv6: true
    ipam:
      config:
        - subnet: ${LAB_WIRE_IPV4:-198.18.67}.0/24
          aux_addresses: {DefaultGatewayIPv4: "${LAB_WIRE_IPV4:-198.18.67}.254"}
        - subnet: ${LAB_WIRE_IPV6:-fd6b:9f3e:52c1}::/64
          aux_addresses: {DefaultGatewayIPv6: "${LAB_WIRE_IPV6:-fd6b:9f3e:52c1}::dead"}
"""


def bare(hosts: Sequence[str], image: str, folder: Path | None = None) -> str:
    """Return the text of a compose file with these hosts, which run nothing but sleep(1)."""
    seen = "" if folder is None else _FOLDER.format(folder=_quoted(str(folder)))
    services = "".join(_HOST.format(name=name, image=_quoted(image)) + seen for name in hosts)
    return f"services:\n{services}{_NETWORK}"


def _quoted(text: str) -> str:
    """Return it as YAML and Compose read it: JSON, in which no variable is looked for."""
    return json.dumps(text.replace("$", "$$"))


@contextmanager
def in_memory(text: str, name: str) -> Iterator[Path]:
    """Give the path of a file with this text, while the block runs."""
    descriptor = os.memfd_create(name)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - it has no path yet
        file.write(text)
        file.flush()
        # Not /proc/self: `docker compose` is another process.
        yield Path(f"/proc/{os.getpid()}/fd/{descriptor}")
