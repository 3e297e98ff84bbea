"""What a container wrote, as Docker keeps it.

Docker drops the beginning if its settings say so (the log driver's max-size), and tells nobody.
"""

from collections.abc import Iterator
from datetime import datetime

from docker import DockerClient
from docker.models.containers import Container

from lab.engines.outputs import Piece


def pieces(
    client: DockerClient, container: Container, *, alone: bool, follow: bool
) -> Iterator[Piece]:
    """Yield it in pieces; with `follow`, until the container is removed."""
    if not follow or container.attrs["Config"]["Tty"]:
        # On a terminal nothing marks where one of Docker's entries ends: followed to its stop.
        for data in container.logs(stream=True, follow=follow, stderr=not alone):
            yield Piece(data)
    else:
        yield from _followed(client, container, alone=alone)


def _followed(client: DockerClient, container: Container, *, alone: bool) -> Iterator[Piece]:
    """Docker's own stream ends when the container stops; then wait for its next start."""
    # Asked first, so that nothing happens unseen between the end of a stream and the question.
    wanted = {"container": container.id, "event": ["start", "destroy"]}
    events = client.events(filters=wanted, decode=True)
    last = b""
    try:
        while True:
            for stamp, data in _entries(container, last, alone=alone):
                last = stamp
                yield Piece(data)
            if next(events, {"Action": "destroy"})["Action"] == "destroy":
                return
    finally:
        events.close()


def _entries(container: Container, last: bytes, *, alone: bool) -> Iterator[tuple[bytes, bytes]]:
    """Yield time and data of the entries after `last`; times have nine digits after the point."""
    since = int(datetime.fromisoformat(last[:19].decode() + "+00:00").timestamp()) if last else None
    for entry in container.logs(
        stream=True, follow=True, stderr=not alone, timestamps=True, since=since
    ):
        stamp, _, data = entry.partition(b" ")
        if stamp > last:
            yield stamp, data
