"""`python3 -m lab.setup`: every step in order; says what it does, does nothing twice."""

import argparse
import sys

from lab import doctor, optional
from lab.engines.compose import diagnostics
from lab.engines.namespaces import diagnostics as namespaces_diagnostics
from lab.errors import LabError, SetupError
from lab.model import Finding
from lab.setup import agent, base_image, environment, optional_programs, plugins
from lab.setup.step import say


def main() -> int:
    """Return 0 when the machine is ready, 2 (and one line that says why) when it cannot be."""
    parser = argparse.ArgumentParser(
        prog="python3 -m lab.setup",
        description="Prepare this machine: a Python environment in .venv, a base image, Compose.",
    )
    parser.add_argument("--python-only", action="store_true", help="only the environment in .venv")
    parser.add_argument(
        "--optional", action="store_true", help="install optional programs, too, where I may"
    )
    arguments = parser.parse_args()
    try:
        _need(doctor.python())
        environment.prepare()
        if not arguments.python_only and _docker():
            base = base_image.prepare()
            plugins.prepare(base)
            agent.prepare(base)
        if arguments.optional:
            optional_programs.prepare()
        elif not arguments.python_only and (missing := optional.missing()):
            optional_programs.report(missing, "make setup gets them, or ")
        say("ready")
    except LabError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nsetup: interrupted; run it again to go on", file=sys.stderr)
        return 130
    return 0


def _docker() -> bool:
    """Tell whether a Docker Engine is there; without one, hosts can be namespaces."""
    for found in (diagnostics.docker_command(), diagnostics.docker_engine()):
        say(f"{found.name}: {found.seen}")
        if not found.ok:
            _need(namespaces_diagnostics.user_namespaces())
            say(f"no Docker, so the lab's hosts will be namespaces (for Docker: {found.remedy})")
            return False
    return True


def _need(found: Finding) -> None:
    if not found.ok:
        text = f"{found.name}: {found.seen}; {found.remedy}"
        raise SetupError(text)
    say(f"{found.name}: {found.seen}")


if __name__ == "__main__":
    sys.exit(main())
