"""What a program sees of its host: prints it as a line of JSON, and stays until it is told to end.

Standard library only. Left out is what each engine has of its own, such as PATH. Addresses of the
lab's networks are the engine's to choose: of those only the family is told. The environment names
the files to be read (SEE), the limits (LIMITS), names to look up (NAMES), and whether the program
ends by itself (ONCE).
"""

import ipaddress
import json
import os
import re
import resource
import signal
import socket
import stat
import sys
from pathlib import Path

_OWN = re.compile(
    r"HOME|HOSTNAME|LC_CTYPE|PATH|PYTHON\w*|SOCKET_LAB\w*|SEE|NAMES|LIMITS|ONCE|PWD|container"
)
_LAB = [ipaddress.ip_network(text) for text in ("198.18.0.0/15", "fd00::/8")]
_LOCAL = re.compile(r"localhost|ip6-\w+|[0-9a-f]{12}")  # the last one is a container's


def _address(text: str) -> str:
    address = ipaddress.ip_address(text)
    return f"IPv{address.version}" if any(address in network for network in _LAB) else text


def _names() -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for line in Path("/etc/hosts").read_text().splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        for name in names:
            if not _LOCAL.fullmatch(name):
                found.setdefault(name, set()).add(_address(address))
    for name in os.environ.get("NAMES", "").split():
        if name not in found:  # Docker's name server knows a host's aliases, its own file does not
            entries = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
            found[name] = {_address(str(entry[4][0])) for entry in entries}
    return {name: sorted(found[name]) for name in sorted(found)}


def _files() -> dict[str, list[str]]:
    patterns = os.environ.get("SEE", "").split()
    paths = [path for one in patterns for path in sorted(Path("/").glob(one.lstrip("/")))]
    return {str(path): [_mode(path), path.read_text()] for path in paths}


def _mode(path: Path) -> str:
    """Return it; a file of the machine may be written, and has the one that it has there."""
    mode = stat.S_IMODE(path.stat().st_mode)
    return "its own" if mode & stat.S_IWUSR else f"{mode:04o}"


def _limits() -> dict[str, list[int]]:
    names = os.environ.get("LIMITS", "").split()
    limits = {name: getattr(resource, f"RLIMIT_{name.upper()}") for name in names}
    return {name: list(resource.getrlimit(number)) for name, number in limits.items()}


def main() -> None:
    """Print it."""
    signals = {signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGQUIT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    seen = {
        "arguments": sys.argv[1:],
        "environment": {k: v for k, v in sorted(os.environ.items()) if not _OWN.fullmatch(k)},
        "files": _files(),
        "folder": str(Path.cwd()),
        "limits": _limits(),
        "name": socket.gethostname(),
        "names": _names(),
        "user": [os.getuid(), os.getgid()],
    }
    print(json.dumps(seen), flush=True)  # noqa: T201
    Path("/tmp/ready").touch()  # noqa: S108 (the host's own)
    if "ONCE" not in os.environ:
        print(signal.Signals(signal.sigwait(signals)).name, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
