"""The image of the agent, built from the files of the package, once for each state of them.

Whoever has the package has it all: no image is fetched but the base. Standard library only:
`lab.setup` uses it before there is any dependency.
"""

import hashlib
import io
import subprocess
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lab.api import wire_diagnostics
from lab.engines.compose.diagnostics import output_of
from lab.errors import EngineError
from lab.model import Finding

# The command of a container that joins its standard streams to the agent at `SOCKET`.
SOCKET = "/run/agent.sock"
ENTRY_POINT = ("python3", "-E", "-S", "/usr/local/lib/socket-lab/lab/agent")
CALLER = (*ENTRY_POINT[:-1], f"{ENTRY_POINT[-1]}/call_server")
_ROOT = Path(__file__).parents[2]
_DOCKERFILE = "agent/Dockerfile"
# The agent, and what it imports.
_PACKAGES = ("agent", "net")
_LONGEST_S = 600


def _files() -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of each file that is in the image, in order."""
    sources = [path for package in _PACKAGES for path in (_ROOT / package).rglob("*.py")]
    for path in sorted([_ROOT / _DOCKERFILE, *sources]):
        yield path.relative_to(_ROOT).as_posix(), path.read_bytes()


@cache
def tag() -> str:
    """Return the image's name, another one when any of its files is.

    The base is not part of it: whichever it was built on, it is the same agent.
    """
    digest = hashlib.sha256()
    for name, data in _files():
        digest.update(f"{name} {len(data)}\n".encode() + data)
    return f"socket-lab/agent:{digest.hexdigest()[:16]}"


def is_here() -> bool:
    """Ask Docker."""
    return output_of("docker", "image", "inspect", tag())[0] == 0


def build(base_image: str) -> None:
    """Build it. EngineError, with the build's last line, when that cannot be.

    Two who build at the same time get the same: Docker builds each state once.
    """
    argv = ["docker", "build", "--file", _DOCKERFILE, "--tag", tag()]
    argv += ["--build-arg", f"BASE_IMAGE={base_image}", "-"]
    try:
        done = subprocess.run(
            argv,
            input=_context(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_LONGEST_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"{_failed(base_image)}: {error}", argv=argv) from error
    if done.returncode:
        output = done.stdout.decode(errors="replace").strip()
        last = output.splitlines()[-1].strip() if output else f"status {done.returncode}"
        text = (
            f"{_failed(base_image)}: {last};"
            " LAB_BASE_IMAGE names another base, any Debian or Ubuntu image (make setup makes one)"
        )
        raise EngineError(text, argv=argv, exit_status=done.returncode, stderr=output[-4000:])


def findings() -> list[Finding]:
    """Has the kernel that the containers share what the wire needs? Tries it in one."""
    if not is_here():
        seen, remedy = (
            "the agent's image is not built yet",
            "run make setup; or the first fault does",
        )
        return [Finding("wire", False, seen, remedy, required=False)]
    rights = ("--cap-drop=ALL", "--cap-add=NET_ADMIN", "--cap-add=NET_RAW")
    argv = ("docker", "run", "--rm", "--network=none", "--read-only", *rights, tag())
    return wire_diagnostics.findings((*argv, "kernel-support"))


def _failed(base_image: str) -> str:
    return f"the image of the wire's agent cannot be built on {base_image}"


def _context() -> bytes:
    """Return the files as a tar archive, the same bytes for the same files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in _files():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
