"""The sockets and files that are open, by the names that they were given; and the private folder.

A relative path of a Unix socket is in a folder of this process alone, which goes when it ends.
"""

import contextlib
import io
import os
import resource
import threading
from socket import AF_INET, AF_INET6, SOCK_STREAM
from socket import socket as Socket  # noqa: N812
from typing import Any

from lab.net.parameters import ParameterError

_INTERNET = (AF_INET, AF_INET6)
File = io.BufferedRWPair | io.BufferedReader | io.BufferedWriter


class Handles:
    """What is open; used by many threads at once."""

    def __init__(self) -> None:
        self._things: dict[str, Socket | File] = {}
        self._lock = threading.Lock()
        self._folder: str | None = None

    def socket(self, name: str) -> Socket:
        """Return the socket of that name, which may be closed; ParameterError if there is none."""
        found = self._find(name)
        if not isinstance(found, Socket):
            text = f"{name}: is a file, and this needs a socket"
            raise ParameterError(text)
        return found

    def file(self, name: str) -> File:
        """Return the file of that name; ParameterError if there is none."""
        found = self._find(name)
        if isinstance(found, Socket):
            text = f"{name}: is a socket, and this needs a file (makefile makes one)"
            raise ParameterError(text)
        return found

    def addresses(self, name: Any) -> dict[str, str]:
        """Return the addresses of an open internet socket, as far as it has them now.

        `protocol` (tcp or udp), `local` and `peer`; {} of anything else.
        """
        thing = self._things.get(name) if isinstance(name, str) else None
        if not isinstance(thing, Socket) or thing.family not in _INTERNET:
            return {}
        found = {"protocol": "tcp" if thing.type == SOCK_STREAM else "udp"}
        for end, ask in (("local", thing.getsockname), ("peer", thing.getpeername)):
            with contextlib.suppress(OSError):
                host, port, *_ = ask()
                found[end] = f"[{host}]:{port}" if thing.family == AF_INET6 else f"{host}:{port}"
        return found

    def put(self, name: str, thing: Socket | File) -> None:
        """Keep it; ParameterError, and it is closed, if the name is of something open."""
        with self._lock:
            there = self._things.get(name)
            if there is None or _is_closed(there):
                self._things[name] = thing
                return
        thing.close()
        text = f"{name}: is open already"
        raise ParameterError(text)

    def enter_folder(self) -> None:
        """Make the private folder the working directory, if it is not yet."""
        with self._lock:
            if self._folder is None:
                import tempfile  # only here: it loads much

                self._folder = tempfile.mkdtemp(prefix="socket-lab-")
                os.chdir(self._folder)

    def remove_folder(self) -> None:
        """Remove it with the sockets in it."""
        if self._folder:
            with contextlib.suppress(OSError):
                _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
                resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # limit_files
                for entry in os.scandir(self._folder):
                    os.unlink(entry.path)
                os.rmdir(self._folder)

    def _find(self, name: str) -> Socket | File:
        with self._lock:
            if name in self._things:
                return self._things[name]
        text = f"{name}: there is no socket of that name"
        raise ParameterError(text)


def _is_closed(thing: Socket | File) -> bool:
    return thing.fileno() < 0 if isinstance(thing, Socket) else thing.closed
