"""The command `lab`: parse, call the runner, print. It decides nothing.

What only some commands need is loaded when they do: one that starts a lab, or a program on a host,
is waited for.
"""

import argparse
import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from lab import __version__
from lab.api import lifecycle
from lab.api.lab import Lab
from lab.commands import exit_status, hosts
from lab.commands.lazy import LazyParser, progress_later
from lab.engines import choice
from lab.errors import UsageError
from lab.model import ComposeFiles, LabStatus

_EPILOG = """\
lab help COMMAND shows what a command takes

exit status: 0 done, 2 bad input or an engine that failed,
4 this machine cannot (doctor, run), 130 Ctrl-C"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    parser = _parser()
    words = list(sys.argv[1:] if argv is None else argv)
    if not words:
        parser.print_help(sys.stderr)
        return exit_status.EXIT_BAD_INPUT
    if words[0] == "help":
        words = [*words[1:], "--help"]
    return exit_status.status_of(parser.parse_args(words))


def _up(arguments: argparse.Namespace) -> int:
    if arguments.shipped and arguments.file:
        raise UsageError("--shipped and --file: choose one of them")
    engine, why = choice.choose(arguments.engine)
    with contextlib.ExitStack() as guard:
        with progress_later(why) as progress:
            lab = guard.enter_context(
                lifecycle.guarded_up(
                    engine,
                    files=_files(arguments),
                    name=arguments.name,
                    build=not arguments.no_build,
                    progress=progress,
                )
            )
        # Before it is let go of: who is ended now has not been told of a lab, and leaves none.
        unread = _show_up(lab, json_wanted=arguments.json)
    if unread:
        raise unread
    return 0


def _show_up(lab: Lab, *, json_wanted: bool) -> BrokenPipeError | None:
    """Say what is up; return what is raised where nobody reads that: the lab is up all the same."""
    try:
        if json_wanted:
            _print_json(_fields(lab.status()))
        else:
            _show_hosts(lab)
        if sys.stdout:
            sys.stdout.flush()
    except BrokenPipeError as error:
        return error
    return None


def _show_hosts(lab: Lab) -> None:
    from lab import screen

    for host in lab.hosts.values():
        if host.try_it:
            for line in lab.output(host.name):
                screen.out.print(screen.output_line(line))
    screen.out.print(screen.status_table(lab.status()))
    screen.out.print("\n".join(_hints(lab)), markup=False)


def _files(arguments: argparse.Namespace) -> ComposeFiles:
    """Return the files that are named, none for those of this folder."""
    named = tuple(arguments.file or ())
    if arguments.shipped:
        from lab.scenario import shipped

        named = (shipped.compose_file(),)
    return ComposeFiles(named, tuple(arguments.profile or ()))


def _hints(lab: Lab) -> list[str]:
    called = "lab" if shutil.which("lab") == sys.argv[0] else sys.argv[0]
    with contextlib.suppress(OSError):  # the folder may be gone meanwhile
        called = os.path.relpath(called) if called != "lab" else called
    if called.endswith("__main__.py"):
        called = "python3 -m lab"
    lines = [
        f"talk:  {called} exec --lab {lab.name} {host.name} {host.try_it}"
        for host in lab.hosts.values()
        if host.try_it
    ]
    return [*lines, f"logs:  {called} logs --lab {lab.name}", f"stop:  {called} down {lab.name}"]


def _down(arguments: argparse.Namespace) -> int:
    with progress_later() as progress:
        named = [arguments.lab] if arguments.lab else []
        names = lifecycle.down(
            choice.Usable(), [*named, *arguments.names], every=arguments.all, progress=progress
        )
    if arguments.json:
        return _print_json(names)
    from lab import screen

    screen.out.print(f"gone: {', '.join(names)}" if names else "no lab is up", markup=False)
    return 0


def _status(arguments: argparse.Namespace) -> int:
    named = [arguments.lab] if arguments.lab else []
    found = lifecycle.statuses(choice.Usable(), [*named, *arguments.names])
    if arguments.json:
        return _print_json([_fields(status) for status in found])
    from lab import screen

    for status in found:
        screen.out.print(screen.status_table(status))
    if not found:
        screen.out.print("no lab is up; lab up starts one", markup=False)
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from lab import screen

    found = lifecycle.findings([choice.load(name) for name in choice.NAMES])
    if arguments.json:
        _print_json([finding._asdict() for finding in found])
    else:
        for line in screen.findings(found):
            screen.out.print(line)
    return 0 if lifecycle.can(found) else exit_status.EXIT_CANNOT


def _logs() -> ModuleType:
    from lab.commands import logs

    return logs


def _fields(status: LabStatus) -> dict[str, Any]:
    return status._asdict() | {"hosts": [host._asdict() for host in status.hosts]}


def _faults() -> ModuleType:
    from lab.commands import fault

    return fault


def _capturing() -> ModuleType:
    from lab.commands import capture

    return capture


def _tracing() -> ModuleType:
    from lab.commands import trace

    return trace


def _reports() -> ModuleType:
    from lab.commands import report

    return report


def _print_json(value: Any) -> int:
    print(json.dumps(value, indent=2))
    return 0


def _scenario_filler(room: str, name: str) -> Callable[[argparse.ArgumentParser], None]:
    def fill(parser: argparse.ArgumentParser) -> None:
        getattr(import_module(f"lab.commands.{room}"), f"fill_{name}")(parser)

    return fill


def _parser() -> argparse.ArgumentParser:
    parser = LazyParser(
        prog="lab",
        description="Several machines in containers, and the network between them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"socket-lab {__version__}")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=LazyParser
    )
    json_option = LazyParser(add_help=False)
    json_option.add_argument("--json", action="store_true", help="print JSON, for programs")
    lab_option = LazyParser(add_help=False)
    lab_option.add_argument("--lab", metavar="NAME", help="which lab (default: the only one)")

    up = commands.add_parser("up", parents=[json_option], help="bring a lab up")
    up.add_argument(
        "-f",
        "--file",
        type=Path,
        action="append",
        help="a compose file, or - for standard input; of several, later ones count (default: this"
        " folder's, with its compose.override.yaml, or those of COMPOSE_FILE)",
    )
    up.add_argument(
        "--profile",
        action="append",
        help="services of this profile, too (also COMPOSE_PROFILES)",
    )
    up.add_argument(
        "--shipped", action="store_true", help="the lab's own machines, from any folder"
    )
    up.add_argument(
        "--engine",
        choices=choice.NAMES,
        help="where hosts live (default: compose if Docker answers, else namespaces)",
    )
    up.add_argument("--name", help="the lab's name (default: a new one)")
    up.add_argument("--no-build", action="store_true", help="use the images as they are")
    up.set_defaults(run=_up)

    down = commands.add_parser(
        "down", parents=[json_option, lab_option], help="remove a lab, all of it"
    )
    down.add_argument("names", nargs="*", metavar="NAME", help="(default: the only one)")
    down.add_argument("--all", action="store_true", help="every lab that is up")
    down.set_defaults(run=_down)

    status = commands.add_parser(
        "status", parents=[json_option, lab_option], help="show labs and their hosts"
    )
    status.add_argument("names", nargs="*", metavar="NAME", help="(default: all)")
    status.set_defaults(run=_status)

    commands.add_parser(
        "logs",
        parents=[json_option, lab_option],
        help="show the syslog lines of all hosts, or what they printed",
        fill=lambda parser: _logs().fill(parser),
    )
    hosts.add_parsers(commands, lab_option)
    both = [lab_option, json_option]
    commands.add_parser(
        "fault",
        help="put faults on links, list them, lift them",
        fill=lambda parser: _faults().fill_fault(parser, both),
    )
    commands.add_parser(
        "partition",
        parents=both,
        help="cut the links between hosts, or groups a,b of them",
        fill=lambda parser: _faults().fill_partition(parser),
    )
    for room, name, text in (
        ("scenario", "run", "run scenarios, and say what came of them"),
        ("try_programs", "try", "run two programs of this folder, each on a machine of its own"),
        ("sweep", "sweep", "fail each packet of an exchange in turn, and say which one breaks it"),
        ("catalogue", "list", "show the catalogue of scenarios"),
        ("scenario", "verify", "judge runs again, by their evidence alone"),
        ("catalogue", "schema", "print the JSON Schema of scenario files, for editors"),
    ):
        filler = _scenario_filler(room, name)
        commands.add_parser(name, parents=[json_option], help=text, fill=filler)
    commands.add_parser(
        "report",
        parents=[json_option],
        help="show what happened in a run, as a page",
        fill=lambda parser: _reports().fill(parser),
    )
    commands.add_parser(
        "capture",
        parents=[lab_option],
        help="record packets and what the faults do to them, for Wireshark",
        fill=lambda parser: _capturing().fill(parser),
    )
    commands.add_parser(
        "trace",
        parents=[lab_option, json_option],
        help="show the socket calls of a program: of one to run on a host, or of what runs there",
        fill=lambda parser: _tracing().fill(parser),
    )
    check = commands.add_parser(
        "doctor", parents=[json_option], help="say what this machine can do, and what it lacks"
    )
    check.set_defaults(run=_doctor)
    return parser
