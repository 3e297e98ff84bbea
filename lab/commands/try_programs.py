"""`lab try`: two programs of this folder, each on a machine of its own."""

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path

from lab import report, screen
from lab.checks import programs
from lab.commands import program_options
from lab.commands.durations import seconds
from lab.commands.run_screen import RunScreen
from lab.commands.scenario import EXIT, EXIT_CANNOT, fields
from lab.engines import choice
from lab.errors import UsageError
from lab.evidence import event_file
from lab.evidence.verdict import Verdict
from lab.runner import pool
from lab.scenario.of_programs import OfPrograms

_EPILOG = """\
The programs see the current folder, read-only, and a /tmp of their own. The client begins when the
servers listen, and reaches them by the names of their hosts.

examples:
  lab try --server 'python3 server.py' --client 'python3 client.py server 9000'
  lab try --server ./server --client './client server' --fault 'drop client -> server data nth=2'
  lab try --host db=./db --server './web db' --client 'curl -sS http://server:8080/'

exit status: as of lab run; 0 the client has ended with status 0, 1 it has not"""


def fill_try(parser: argparse.ArgumentParser) -> None:
    """Make the parser."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    program_options.add(parser)
    add = parser.add_argument
    add(
        "--within",
        type=seconds,
        default=30.0,
        metavar="TIME",
        help="the longest that the client may take (default 30s)",
    )
    add("--write", type=Path, metavar="FILE", help="write it as a scenario, too, for lab run")
    add("--report", action="store_true", help="make the page of the run (lab report), too")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    found = program_options.programs(arguments, within_s=arguments.within)
    scenario = program_options.scenario(found)
    engine, why = choice.choose(arguments.engine)
    if arguments.write:
        write(arguments.write, found)
    shown = RunScreen(1, steps=True, quiet=arguments.json)
    with shown:
        if why:
            shown.note(why)
        (outcome,) = pool.run_all(engine, [scenario], arguments.results, jobs=1, observer=shown)
    if arguments.json:
        print(json.dumps(fields(outcome), indent=2))
    elif outcome.verdict is Verdict.PASS:  # else the screen has shown them
        for line in programs.lines(event_file.read(outcome.folder)):
            screen.out.print(f"  {line}", markup=False)
    if arguments.report:
        screen.err.print(f"page: {report.write(outcome.folder)}", markup=False)
    return EXIT_CANNOT if outcome.lacking else EXIT[outcome.verdict]


def write(to: Path, found: OfPrograms) -> None:
    """Write the programs as a scenario, which names the folder by its path from the file's."""
    folder = os.path.relpath(Path.cwd(), to.parent.resolve())
    text = replace(found, folder=folder).text
    try:
        with to.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{to}: is there already; name another file") from None
    except OSError as error:
        raise UsageError(f"{to}: {error.strerror}; name another file with --write") from None
