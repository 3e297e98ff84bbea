"""Builds the images that a compose file has a `build` for: each once, the same for every lab.

Compose labels an image with the project that built it, so each lab would make images of its own
and leave those of the last lab without a name. Here the project is the compose file's own, as with
plain `docker compose build`.
"""

import json
from typing import Any

from lab.api.engine import Progress
from lab.engines.compose.compose_cli import compose

# In the file that Compose gets, and out of it again before the build: an `x-` key may be anything.
_PROJECT = "x-socket-lab-project"


def assign_names(topology: dict[str, Any], project: str) -> None:
    """Name the images that have no name, as `docker compose build` in the file's folder would."""
    topology[_PROJECT] = project
    for name, service in topology["services"].items():
        if "build" in service:
            service.setdefault("image", f"{project}-{name}")


def build(topology: dict[str, Any], progress: Progress) -> None:
    """Build what has to be built. EngineError when that fails.

    Of several services with one image and one `build` the first is built: labels, which name the
    service, are all that would differ.
    """
    builders: dict[str, str] = {}
    for name, service in topology["services"].items():
        if "build" in service:
            same = json.dumps([service["image"], service["build"]], sort_keys=True)
            builders.setdefault(same, name)
    if not builders:
        return
    own = {key: value for key, value in topology.items() if key not in {"name", _PROJECT}}
    progress("building images", "")
    compose(
        topology[_PROJECT],
        ["--file", "-", "build", *builders.values()],
        stdin=json.dumps(own),
        on_line=lambda line: progress("building images", line),
    )
