"""`lab report`: the page of a run, or an overview of many."""

import argparse
import json
from pathlib import Path

from lab import report, screen


def fill(parser: argparse.ArgumentParser) -> None:
    """Make the parser of `lab report`."""
    add = parser.add_argument
    add("folders", nargs="+", type=Path, metavar="DIR", help="of a run, as lab run names it")
    add("-o", "--output", type=Path, metavar="FILE", help="(default: report.html in DIR)")
    parser.set_defaults(run=_report)


def _report(arguments: argparse.Namespace) -> int:
    pages = [report.write(folder, arguments.output) for folder in arguments.folders]
    if arguments.json:
        print(json.dumps([str(page) for page in pages], indent=2))
    else:
        for page in pages:
            screen.out.print(str(page), markup=False)
    return 0
