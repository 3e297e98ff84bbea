"""The options that say which programs `lab try` and `lab sweep` play, and the scenario of them."""

import argparse
import re
import shlex
from pathlib import Path

from lab import printable
from lab.commands import newest
from lab.engines import choice
from lab.errors import ScenarioError, UsageError
from lab.scenario import keys
from lab.scenario.model import Scenario
from lab.scenario.of_programs import OfPrograms, flow
from lab.scenario.reader import read

_FILE = Path("try.yaml")
_FAULT = re.compile(r"\s*(\S+)\s+([a-z0-9*-]+)\s*->\s*([a-z0-9*-]+)\s*(.*)", re.DOTALL)
_LINE = re.compile(rf"^{re.escape(str(_FILE))}:(\d+): ", re.MULTILINE)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which programs they are, and where they run."""
    option = parser.add_argument
    option("--server", metavar="COMMAND", help="runs on the host `server`")
    option("--client", metavar="COMMAND", help="runs on the host `client`, once the servers listen")
    option(
        "--host",
        action="append",
        default=[],
        metavar="NAME=COMMAND",
        help="another server, on a host of this name; it starts before --server",
    )
    option(
        "--fault",
        action="append",
        default=[],
        metavar="FAULT",
        help="such as 'drop client -> server data nth=2', from the beginning on; docs/scenarios.md"
        " has them all",
    )
    option(
        "--image", default="", help="the image of the hosts (default: the lab's); with Docker alone"
    )
    option("--engine", choices=choice.NAMES, help="where hosts live (default: as lab up)")
    option("--no-trace", action="store_true", help="do not record the programs' own socket calls")
    option(
        "--results",
        type=Path,
        default=newest.RESULTS,
        metavar="DIR",
        help="where the evidence goes (default: results)",
    )


def programs(arguments: argparse.Namespace, *, within_s: float = 30.0) -> OfPrograms:
    """Return the programs that are named; UsageError where something is wrong with them.

    The client may take `within_s`.
    """
    if not arguments.client or not (arguments.server or arguments.host):
        raise UsageError(
            "--server and --client: say what runs, such as --client 'python3 client.py'"
        )
    servers = dict(_host(text) for text in arguments.host)
    if arguments.server:
        servers["server"] = arguments.server
    if len(servers) < len(arguments.host) + bool(arguments.server) or "client" in servers:
        raise UsageError("--host: each name once, and neither client nor, beside --server, server")
    for name, command in {**servers, "client": arguments.client}.items():
        _check(name, command)
    return OfPrograms(
        servers=servers,
        client=arguments.client,
        image=arguments.image,
        within_s=within_s,
        traced=not arguments.no_trace,
        first=[_fault(text) for text in arguments.fault],
    )


def scenario(found: OfPrograms) -> Scenario:
    """Return the scenario of programs; UsageError in the words of the options, not of its file."""
    try:
        return read(_FILE, text=found.text)
    except ScenarioError as error:
        lines = found.text.splitlines()
        text = _LINE.sub(lambda at: _option(lines[int(at[1]) - 1]), str(error))
        raise UsageError(text) from None


def _option(line: str) -> str:
    if line.startswith("  - {fault:"):
        return f"--fault ({line.strip(' -')}): "
    if line.startswith("folder:"):  # the error says it itself
        return ""
    return f"{printable.line(line.strip(' -'))}: "


def _host(text: str) -> tuple[str, str]:
    name, equals, command = text.partition("=")
    if not equals or not re.fullmatch(keys.HOST_PATTERN, name):
        raise UsageError(f"--host {text}: must be NAME=COMMAND; a name has a to z, 0 to 9 and -")
    return name, command


def _check(name: str, command: str) -> None:
    if not _words(command, f"{name}: {command}"):
        raise UsageError(f"{name}: its command is empty")


def _words(text: str, where: str) -> list[str]:
    try:
        text.encode()
        return shlex.split(text)
    except UnicodeEncodeError:
        raise UsageError(f"{where}: is not UTF-8 text") from None
    except ValueError as error:
        raise UsageError(f"{where}: {str(error).lower()}; quote as in a shell") from None


def _fault(text: str) -> str:
    """Return the step of a fault as people write it: IMPAIRMENT HOST -> HOST [NAME[=VALUE] ...]."""
    parts = _FAULT.fullmatch(text)
    if not parts:
        text = f"--fault {text}: must be like 'drop client -> server data nth=2'"
        raise UsageError(text)
    impairment, source, target, rest = parts.groups()
    more = []
    for word in _words(rest, f"--fault {text}"):
        name, equals, value = word.partition("=")
        more.append(f"{flow(name)}: {_value(value) if equals else 'true'}")
    return f"{{{', '.join([f'fault: {flow(impairment)}', f'link: {source} -> {target}', *more])}}}"


def _value(text: str) -> str:
    """Return it as YAML: a number and a word of YAML's stay what they are."""
    return text if re.fullmatch(r"-?[0-9.]+|true|false", text) else flow(text)
