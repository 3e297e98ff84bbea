"""What the integration tests share: the project's client, servers and test programs on hosts."""

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.api import lifecycle
from lab.api.engine import Engine
from lab.api.host import Host
from lab.api.lab import Lab
from lab.api.program import Program
from lab.model import LogLine, Output
from tests.integration.left import assert_nothing_left
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "programs"
# What a time server puts before the data: ctime(3) and a colon.
STAMP = re.compile(rb"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}:")
LONGEST_S = 60


@contextmanager
def new_lab(engine: Engine, file: Path) -> Iterator[Lab]:
    """Bring up a lab of a test's own; after the block nothing of it is left."""
    name = f"lab-test-{secrets.token_hex(3)}"
    with engine.guarded(name):
        lab = lifecycle.up(engine, file=file, name=name, build=False, progress=lambda _d, _t: None)
        yield lab
        lab.down(progress=lambda _d, _t: None)
    assert_nothing_left(name, 15)


def talk(host: Host, *arguments: str, stdin: bytes = b"") -> Output:
    """Run the project's client on a host, as the user without rights."""
    argv = ["python3", "-m", "services.client", *arguments]
    return host.run(argv, stdin=stdin, user="lab", timeout_s=LONGEST_S)


def answer(output: Output) -> bytes:
    """Return what the client printed, without the time that the server put before it."""
    assert output.exit_status == 0, output
    stamp = STAMP.match(output.stdout)
    assert stamp, output
    return output.stdout[stamp.end() :]


def run_program(host: Host, program: str, *arguments: object) -> dict[str, Any]:
    """Run one of `programs/` on a host to its end; return the JSON it printed."""
    source = (PROGRAMS / program).read_bytes()
    argv = ["python3", "-", *map(str, arguments)]
    output = host.run(argv, stdin=source, user="lab", timeout_s=LONGEST_S)
    assert output.exit_status == 0, output.stderr.decode()
    result: dict[str, Any] = json.loads(output.stdout)
    return result


def start_program(host: Host, program: str, *arguments: object) -> Program:
    """Start one of `programs/` on a host."""
    source = (PROGRAMS / program).read_text()
    return host.start(["python3", "-u", "-c", source, *map(str, arguments)], user="lab")


@contextmanager
def serving(host: Host, module: str, *arguments: str) -> Iterator[tuple[Program, int]]:
    """Start a server of `services` on a port that the kernel picks; yield it and its port."""
    argv = ["python3", "-m", f"services.{module}", "--port", "0", *arguments]
    with host.start(argv, user="lab") as program:
        assert program.process.stdout
        line = program.process.stdout.readline()
        port = re.search(rb"listening on \S+:(\d+) ", line)
        assert port, line
        yield program, int(port.group(1))


def lines_with(lab: Lab, text: str, *, at_least: int = 1) -> list[LogLine]:
    """Wait until so many syslog lines have the text in them; return them."""
    found: list[LogLine] = []

    def enough() -> bool:
        found[:] = [line for line in lab.syslog() if text in line.message]
        return len(found) >= at_least

    wait_until(enough, f"{at_least} syslog lines with {text!r}")
    return found


def queued(host: Host, port: int) -> int:
    """Return how many bytes wait unread in the host's connections to its port."""
    output = host.run(["ss", "-Htn", "state", "established", f"sport = {port}"], timeout_s=20)
    return sum(int(line.split()[0]) for line in output.stdout.splitlines())
