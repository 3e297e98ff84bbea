"""The time server between processes of one machine: the TCP one's code on a Unix socket."""

from collections.abc import Sequence

from services import tcp_time_server
from services.options import run
from services.stream_server import main as run_server

KIND = tcp_time_server.KIND._replace(
    module="unix_time_server",
    description="Answers each line with the time and the line, on a Unix socket (--path).",
    families=("unix", "any", "4", "6"),
)


def main(arguments: Sequence[str]) -> int:
    return run_server(KIND, arguments)


if __name__ == "__main__":
    run(main, "unix-time-server")
