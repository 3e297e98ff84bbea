"""`lab report`: the page of a run, pages of several, or an overview of all."""

import argparse
import json
import webbrowser
from pathlib import Path

from lab import printable, report
from lab.commands import newest
from lab.errors import UsageError

_EPILOG = """\
examples:
  lab report                                   the page of the newest run of results/
  lab report --open                            the same, and show it in the browser
  lab report results/half-open/001             the page of a run, results/half-open/001/report.html
  lab report --index results                   all runs side by side, results/index.html
  lab report results/*/001 --into gallery      pages and their overview in one folder"""


def fill(parser: argparse.ArgumentParser) -> None:
    """Make the parser of `lab report`."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("folders", nargs="*", type=Path, metavar="DIR", help="of a run (default: the newest)")
    add("--open", action="store_true", help="show the page in the browser, too")
    add("-o", "--output", type=Path, metavar="FILE", help="(default: report.html in DIR)")
    add("--into", type=Path, metavar="FOLDER", help="all pages there, with an overview")
    add("--index", type=Path, metavar="RESULTS", help="an overview of all runs, with their pages")
    parser.set_defaults(run=_report)


def _report(arguments: argparse.Namespace) -> int:
    pages = _written(arguments)
    if arguments.open:
        _open(pages[0])
    if arguments.json:
        print(json.dumps([str(page) for page in pages], indent=2))
    else:
        print("\n".join(printable.escaped(str(page)) for page in pages))
    return 0


def _open(page: Path) -> None:
    if not webbrowser.open(page.resolve().as_uri()):
        text = f"{page}: no browser is here to show it; open the file yourself, or set BROWSER"
        raise UsageError(text)


def _written(arguments: argparse.Namespace) -> list[Path]:
    folders, output, into = arguments.folders, arguments.output, arguments.into
    if arguments.index:
        if folders or output or into:
            raise UsageError("--index takes the folder of all results, and nothing beside it")
        return [report.write_index(arguments.index)]
    if not folders:
        folders = [newest.run()]
    if output and (into or len(folders) > 1):
        raise UsageError("--output is for the page of one run; --into takes those of several")
    if into:
        return [report.write_gallery(folders, into)]
    return [report.write(folder, output) for folder in folders]
