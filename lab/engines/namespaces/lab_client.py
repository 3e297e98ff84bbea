"""A lab of this engine, seen from outside: a supervisor that runs."""

from collections.abc import Callable, Iterator
from typing import Any

from lab.api.engine import EngineLab, Progress, shown_file
from lab.api.outputs import Piece
from lab.compose import replicas
from lab.engines.namespaces import client
from lab.engines.namespaces.host_client import NamespaceHost, status_of
from lab.errors import EngineError
from lab.model import LabStatus

NAME = "namespaces"  # of the engine
_END_WITHIN_S = 5.0  # beyond the graces of the hosts


def _service(entry: dict[str, Any]) -> str:
    return str(entry.get("service", ""))  # a lab of an older version has none


def _in_order(response: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(
        response["hosts"], key=lambda entry: replicas.in_order(entry["name"], _service(entry))
    )


class NamespaceLab(EngineLab):
    """A lab whose supervisor runs."""

    has_partial_lines = True

    def __init__(self, name: str) -> None:
        self.name = name
        response = client.request(name, "status")
        self.hosts = {
            entry["name"]: NamespaceHost(name, entry["name"], entry["try_it"], _service(entry))
            for entry in _in_order(response)
        }

    def status(self) -> LabStatus:
        """Ask the supervisor."""
        response = client.request(self.name, "status")
        hosts = tuple(status_of(entry) for entry in _in_order(response))
        return LabStatus(self.name, NAME, shown_file(response["topology"]), hosts)

    def pieces(self, host: str, *, alone: bool, follow: bool) -> Iterator[Piece]:
        """Read what the supervisor kept."""
        return client.read(self.name, host, alone=alone, follow=follow)

    def reader(self, host: str) -> Callable[[], Iterator[Piece]]:
        """Ask the supervisor for what it kept from a position on."""
        position = 0

        def read() -> Iterator[Piece]:
            nonlocal position
            for piece in client.read_stamped(self.name, host, position):
                position += piece.lost_bytes + len(piece.data)
                yield piece

        return read

    def down(self, *, progress: Progress) -> None:
        """Ask the supervisor to end everything in order, and wait until it has."""
        progress(f"stopping {self.name}", "")
        response = client.request(self.name, "down")
        pid = response["pid"]
        if not client.wait_for_end(pid, response["within_s"] + _END_WITHIN_S):
            text = f"lab {self.name}: process {pid}, its supervisor, has not ended"
            raise EngineError(text)
