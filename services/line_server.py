"""A server written on file-like objects: makefile, readline, write, flush.

Owns its numbering of lines. The file object gathers the pieces, so nothing here counts bytes.
"""

import socket
from argparse import Namespace
from collections.abc import Iterator, Sequence
from io import BufferedRWPair
from typing import NamedTuple, cast

from services import log
from services.draining import Drain
from services.failures import explain
from services.message import MessageTooLongError
from services.options import run
from services.stream_server import Kind
from services.stream_server import main as run_server


class LineService(NamedTuple):
    """Answers each line with its number, a colon and the line; `buffer`, `limit` in bytes."""

    buffer: int
    limit: int
    quiet: bool

    def handle(self, conn: socket.socket, peer: str, drain: Drain) -> None:
        log.info(f"{peer}: connected")
        count = 0
        try:
            pair = cast("BufferedRWPair", conn.makefile("rwb", buffering=self.buffer))
            with pair as lines:
                for count, line in enumerate(self._lines(lines, drain), start=1):
                    reply = b"%d:%s\n" % (count, line)
                    lines.write(reply)
                    lines.flush()
                    if not self.quiet:
                        told = f"{peer}: line {count} {log.quoted(line)}"
                        log.info(f"{told}, answered {len(reply)} bytes")
        except MessageTooLongError as error:
            log.warning(f"{peer}: {error}; closing the connection")
        except OSError as error:
            log.warning(f"{peer}: {explain(error)}")
        log.info(f"{peer}: left after {count} lines")

    def _lines(self, lines: BufferedRWPair, drain: Drain) -> Iterator[bytes]:
        # One byte for the newline and one to see that the limit was passed.
        while line := lines.readline(self.limit + 2):
            whole = line.endswith(b"\n")
            data = line.removesuffix(b"\n").removesuffix(b"\r") if whole else line
            if len(data) > self.limit:
                raise MessageTooLongError(self.limit)
            if not whole and drain.stopping:
                return  # the start of a line, cut off by this server's own end
            yield data


def line_service(chosen: Namespace) -> LineService:
    return LineService(chosen.buffer, chosen.max_message, chosen.quiet)


KIND = Kind(
    module="line_server",
    description="Answers each line with its number and the line: `1:hello`.",
    service=line_service,
    port="21568",
    models=("iterative", "fork", "thread"),
)


def main(arguments: Sequence[str]) -> int:
    return run_server(KIND, arguments)


if __name__ == "__main__":
    run(main, "line-server")
