"""Sweeps each program of the zoo, and its twin: `python -m tests.zoo [NAME...] [--repeat N]`.

It takes minutes, so it is no test: one fault of each is (tests/integration/test_zoo.py). A bug must
be among the findings, and a twin must have none that is not flaky. Exit status 1 where not.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from lab.engines import choice
from tests.zoo import FOLDER, ZOO, BuggyPrograms

_ROOT = Path(__file__).parents[2]


def main() -> int:
    """Sweep those that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.zoo", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--repeat", type=int, default=1, metavar="N")
    arguments = parser.parse_args()
    wanted = [one for one in ZOO if one.name in (arguments.names or [one.name])]
    bad = 0
    for number in range(arguments.repeat):
        for one in wanted:
            found = _findings(one, one.server, one.client)
            kinds = {finding["kind"] for finding in found}
            is_found = not kinds.isdisjoint(one.outcomes)
            twin = _findings(one, one.mended_server, one.mended_client)
            steady = [
                finding for finding in twin if finding["confirmed"][0] == finding["confirmed"][1]
            ]
            bad += not is_found or bool(steady)
            print(
                f"{number + 1} {one.name}: {'found' if is_found else f'NOT FOUND: {sorted(kinds)}'}"
            )
            for finding in twin:
                print(f"    twin: {finding['sentence']} {finding['confirmed']}")
    return bool(bad)


def _findings(one: BuggyPrograms, server: str, client: str) -> list[dict[str, Any]]:
    which = ["--faults", str(one.fault)] if one.fault else ["--only", "call ", "--calls", "EINTR"]
    with tempfile.TemporaryDirectory() as results:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "lab", "sweep", "--server", server, "--client", client),
                *("--engine", choice.NAMESPACES, "--results", results, "--json", *which),
                *(["--survive"] if one.survives else []),
            ],
            cwd=FOLDER,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode not in {0, 1, 3}:
        raise SystemExit(f"{one.name}: {done.stderr}")
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return findings


if __name__ == "__main__":
    sys.exit(main())
