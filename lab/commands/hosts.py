"""Commands that do something to hosts of a lab: pause, ..., connect; and exec, on one of them."""

import argparse
import os
import signal
import sys
from operator import methodcaller
from typing import Any, NamedTuple

from lab import printable
from lab.api import lifecycle
from lab.engines import choice
from lab.errors import UsageError


class _Verb(NamedTuple):
    help: str
    done: str


# Each is a method of `lab.api.host.Host`.
_VERBS = {
    "pause": _Verb("freeze hosts: their kernels answer, their programs do not", "paused"),
    "resume": _Verb("let hosts that are paused go on", "resumed"),
    "restart": _Verb("stop hosts and start them again", "restarted"),
    "disconnect": _Verb("unplug hosts from every network", "disconnected"),
    "connect": _Verb("plug hosts in again, as they were", "connected"),
}


def add_parsers(commands: Any, lab_option: argparse.ArgumentParser) -> None:
    """Add the commands to those of `lab`."""
    parents = [lab_option]
    run = commands.add_parser("exec", parents=parents, help="run a program on a host")
    run.add_argument("--user", help="as this user of the host (default: one without rights)")
    run.add_argument("host", metavar="HOST")
    run.add_argument("program", metavar="PROGRAM")
    run.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...")
    run.set_defaults(run=_exec)
    for name, verb in _VERBS.items():
        command = commands.add_parser(name, parents=parents, help=verb.help)
        command.add_argument("hosts", nargs="+", metavar="HOST")
        command.set_defaults(run=_do, do=methodcaller(name), done=verb.done)
    kill = commands.add_parser(
        "kill", parents=parents, help="send hosts a signal; the default ends them at once"
    )
    kill.add_argument("hosts", nargs="+", metavar="HOST")
    kill.add_argument(
        "--signal", default="KILL", metavar="NAME", help="as in signal(7) (default: KILL)"
    )
    kill.set_defaults(run=_kill)


def _exec(arguments: argparse.Namespace) -> int:
    host = lifecycle.find(choice.Usable(), arguments.lab).host(arguments.host)
    argv = [arguments.program, *arguments.arguments]
    terminal = all(stream and stream.isatty() for stream in (sys.stdin, sys.stdout))
    user = arguments.user or host.ordinary_user
    command = host.command(argv, user=user, terminal=terminal)
    os.execvp(command[0], command)  # noqa: S606


def _kill(arguments: argparse.Namespace) -> int:
    name = arguments.signal.upper().removeprefix("SIG")
    if f"SIG{name}" not in signal.Signals.__members__:
        text = (
            f"--signal {arguments.signal}: no signal has this name; try KILL, TERM, INT, HUP, USR1"
        )
        raise UsageError(text)
    arguments.do = methodcaller("kill", name)
    arguments.done = "killed" if name == "KILL" else f"sent SIG{name} to"
    return _do(arguments)


def _do(arguments: argparse.Namespace) -> int:
    lab = lifecycle.find(choice.Usable(), arguments.lab)
    # Each once, and none of them if one is not there; of a service, all its replicas.
    hosts = {host.name: host for name in arguments.hosts for host in lab.hosts_of(name)}
    done: list[str] = []
    try:
        for host in hosts.values():
            arguments.do(host)
            done.append(host.name)
    finally:
        if done:
            print(printable.escaped(f"{arguments.done}: {', '.join(done)}"))
    return 0
