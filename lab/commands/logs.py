"""`lab logs`: what the hosts said, to syslog or on their outputs."""

import argparse
import itertools
import json
from collections.abc import Iterator

from lab import screen
from lab.api import lifecycle
from lab.api.host import Host
from lab.api.lab import Lab
from lab.engines import choice
from lab.merging import merged
from lab.model import LogLine, OutputLine


def fill(logs: argparse.ArgumentParser) -> None:
    """Add to a parser with --json and --lab what `lab logs` can be told."""
    logs.add_argument("hosts", nargs="*", metavar="HOST", help="only of these hosts")
    logs.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    logs.add_argument("--output", action="store_true", help="what the programs printed instead")
    logs.set_defaults(run=_logs)


def _logs(arguments: argparse.Namespace) -> int:
    lab = lifecycle.find(choice.Usable(), arguments.lab)
    asked = {host.name for name in arguments.hosts for host in lab.hosts_of(name)}
    wanted = [host for host in lab.hosts.values() if host.name in asked or not asked]
    lines = _output(lab, wanted, arguments) if arguments.output else _syslog(lab, wanted, arguments)
    for line in lines:
        if line.lost_bytes:
            what = f"{line.host}'s output" if arguments.output else "syslog"
            screen.note(f"{line.lost_bytes} bytes of {what} before the next line are not kept")
        if arguments.json:
            print(_json(line), flush=arguments.follow)
        elif isinstance(line, LogLine):
            screen.out.print(screen.log_line(line))
        else:
            screen.out.print(screen.output_line(line))
    return 0


def _output(lab: Lab, wanted: list[Host], arguments: argparse.Namespace) -> Iterator[OutputLine]:
    streams = [lab.output(host.name, follow=arguments.follow) for host in wanted]
    return merged(streams) if arguments.follow else itertools.chain.from_iterable(streams)


def _syslog(lab: Lab, wanted: list[Host], arguments: argparse.Namespace) -> Iterator[LogLine]:
    # Replicas of a service share its volumes, and so the socket that may bear its name.
    names = {name for host in wanted for name in (host.name, host.service)} - {""}
    lost_bytes = 0  # of whom, nobody knows
    for line in lab.syslog(follow=arguments.follow):
        lost_bytes += line.lost_bytes
        if line.host in names:
            yield line._replace(lost_bytes=lost_bytes)
            lost_bytes = 0


def _json(line: LogLine | OutputLine) -> str:
    fields = line._asdict()
    if isinstance(line, LogLine):
        fields["time"] = line.time.isoformat()
    return json.dumps(fields)
