"""`lab list` and `lab schema`: the scenarios that there are, and what may be written in one."""

import argparse
import json

from lab import screen
from lab.commands import catalogue_page, scenario_screen
from lab.scenario import catalogue
from lab.scenario.reader import read
from lab.scenario.schema import schema

_SCHEMA_EPILOG = """\
An editor with a YAML language server completes scenarios and explains their keys:
  lab schema > scenario.schema.json
and, as the first line of a scenario in the same folder:
  # yaml-language-server: $schema=scenario.schema.json"""


def fill_list(parser: argparse.ArgumentParser) -> None:
    """Make the parser of `lab list`."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="WORD",
        help="only these: a name, a topic, an errno, a word of a title, a file, a folder"
        " (default: the catalogue)",
    )
    parser.add_argument(
        "--markdown", action="store_true", help="print a page, with links from docs/ to the files"
    )
    parser.set_defaults(run=_list)


def fill_schema(parser: argparse.ArgumentParser) -> None:
    """Make the parser of `lab schema`."""
    parser.description = "Print the JSON Schema (draft 2020-12) of scenario files."
    parser.epilog = _SCHEMA_EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.set_defaults(run=_schema)


def _list(arguments: argparse.Namespace) -> int:
    scenarios = [read(path) for path in catalogue.searched(arguments.names)]
    if arguments.markdown:
        print(catalogue_page.page(scenarios), end="")
        return 0
    if arguments.json:
        entries = [
            {
                "name": one.name,
                "topic": one.path.parent.name,
                "title": one.title,
                "shows": one.shows,
                "reproduces": list(one.reproduces),
            }
            for one in scenarios
        ]
        print(json.dumps(entries, indent=2))
        return 0
    screen.out.print(scenario_screen.scenario_table(scenarios), soft_wrap=False)
    return 0


def _schema(arguments: argparse.Namespace) -> int:
    del arguments
    print(json.dumps(schema(), indent=1))
    return 0
