"""Runs the attempts on hosts of a lab: a column of answers for each kind of user."""

import hashlib
import json
import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lab.api.engine import Engine
from lab.api.host import Host
from lab.api.lab import Lab
from lab.engines import choice
from lab.engines.namespaces import idmap, protocol, refused_calls
from lab.errors import UnsupportedError
from tests.integration.own_lab import own_lab
from tests.waiting import wait_until

FOLDER = Path(__file__).parent
WITHIN_S = 60.0
# Who a program on a host may be: by `lab exec --user`, or as the host's own with `user: root`.
LAB, ROOT, OWN = "lab", "root", "own root"

Answers = dict[str, str]


def name(engine: str, user: str) -> str:
    """Return what a column is called; without Docker it counts who started the lab."""
    if engine == choice.COMPOSE:
        return f"{engine}, {user}"
    return f"{engine}, {user}, started by {'root' if os.geteuid() == 0 else 'a user'}"


def has_other_users() -> bool:
    """Tell whether a host without Docker may have a program of another user than `lab` here."""
    try:
        idmap.ranges()
    except UnsupportedError:
        return False
    return True


def measure(engine: Engine) -> dict[str, Answers]:
    """Return the answers on an engine, by the names of the columns."""
    found = {}
    with own_lab(engine, FOLDER / "hosts.yaml") as lab, _busy(lab), _on_the_machine() as sleep:
        given = json.dumps(_given(lab, sleep)) + "\n"
        for user in (LAB, ROOT):
            found[name(engine.name, user)] = _exec(lab.host("plain"), user, given)
        if engine.name == choice.COMPOSE or has_other_users():
            found[name(engine.name, OWN)] = _as_own(lab, given)
    return found


@contextmanager
def _busy(lab: Lab) -> Iterator[None]:
    """Let every host have an agent on its wire, and a process that makes calls."""
    hosts = ("plain", "own")
    faults = [lab.link("other", host).delay(delay_ms=1) for host in hosts]
    sockets = [lab.host(host).socket() for host in hosts]
    try:
        yield
    finally:
        for sock in sockets:
            sock.close()
        for fault in faults:
            fault.lift()


@contextmanager
def _on_the_machine() -> Iterator[str]:
    """Give a word in the command line of a process outside of every host."""
    word = f"6{secrets.randbelow(10**8):08}"
    process = subprocess.Popen(["sleep", word])
    try:
        yield word
    finally:
        process.kill()
        process.wait()


def _given(lab: Lab, sleep: str) -> Mapping[str, object]:
    machine = os.uname().machine
    column = next(n for n, of in enumerate(refused_calls.MACHINES) if machine in of.split())
    try:
        shadow = hashlib.sha256(Path("/etc/shadow").read_bytes()).hexdigest()
    except OSError:
        shadow = ""
    return {
        "numbers": {call: of[column] for call, of in refused_calls.REFUSED.items()},
        "usr": Path("/usr").stat().st_ino,
        "shadow": shadow,
        "address": protocol.address_of(lab.name)[1:],
        "machines_process": sleep,
    }


def _exec(host: Host, user: str, given: str) -> Answers:
    argv = ["sh", "-c", "cd /given && exec python3 -m attempts"]
    done = host.run(argv, stdin=given.encode(), user=user, timeout_s=WITHIN_S)
    assert done.exit_status == 0, done
    return _parsed(done.stdout.decode())


def _as_own(lab: Lab, given: str) -> Answers:
    own = lab.host("own")
    write = "cat >/tmp/given; chmod 0644 /tmp/given; touch /tmp/whole"
    done = own.run(["sh", "-c", write], stdin=given.encode(), user=ROOT, timeout_s=WITHIN_S)
    assert done.exit_status == 0, done
    wait_until(lambda: any(lab.output("own")), "the answers of a host's own program", WITHIN_S)
    return _parsed("".join(line.text for line in lab.output("own")))


def _parsed(text: str) -> Answers:
    answers: Answers = json.loads(text)
    return answers
