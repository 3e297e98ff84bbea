"""The TCP time server: the chapter's defaults, every one of them an option."""

from argparse import Namespace
from collections.abc import Sequence

from services.options import DEFAULT_PORT, run
from services.stream import TimeService
from services.stream_server import Kind
from services.stream_server import main as run_server


def time_service(chosen: Namespace) -> TimeService:
    return TimeService(chosen.buffer, chosen.max_message, chosen.quiet)


KIND = Kind(
    module="tcp_time_server",
    description="Answers each line with the time and the line: `ctime:line`.",
    service=time_service,
    port=DEFAULT_PORT,
)


def main(arguments: Sequence[str]) -> int:
    return run_server(KIND, arguments)


if __name__ == "__main__":
    run(main, "tcp-time-server")
