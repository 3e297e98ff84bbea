"""A compose file for N hosts that each run a program and need nothing else: no checks, no syslog.

It lives in memory and is reached through /proc, so there is no file that SIGKILL could leave.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lab.engines.compose.sweep import LABEL

# The label is what the guard of the engine `compose` removes by; the rest is as in the lab's own
# compose.yaml, whose image becomes a user without rights by itself.
_HEAD = """\
x-labels: &labels {LABEL: "${COMPOSE_PROJECT_NAME}"}
x-host: &host
  image: socket-lab/host
  pull_policy: never
  command: [sleep, infinity]
  labels: *labels
  init: true
  sysctls: SYSCTLS
  read_only: true
  cap_drop: [ALL]
  cap_add: [SETUID, SETGID]
  security_opt: ["no-new-privileges:true"]
networks: {default: {labels: *labels, internal: true}}
services:
"""


def host_name(number: int) -> str:
    """Return the name of the n-th host; they count from 1."""
    return f"h{number}"


@contextmanager
def compose_file(count: int, sysctls: Mapping[str, str] | None = None) -> Iterator[Path]:
    """Yield the path of a compose file for so many hosts, while the block runs."""
    head = _HEAD.replace("LABEL", LABEL).replace("SYSCTLS", json.dumps(sysctls or {}))
    lines = [f"  {host_name(number)}: *host\n" for number in range(1, count + 1)]
    descriptor = os.memfd_create(f"{count}-hosts")
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - it has no path yet
        file.write(head + "".join(lines))
        file.flush()
        # Not /proc/self: `docker compose` is another process.
        yield Path(f"/proc/{os.getpid()}/fd/{descriptor}")
