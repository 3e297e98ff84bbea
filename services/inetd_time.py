"""The time service run by xinetd: the socket is standard input, and nothing else is ours to open.

    --tcp  flags nowait: standard input is one connection; serve it, then end
    --udp  flags wait: it is the bound socket; serve every datagram until none came for --idle

Standard output and standard error are that socket too, so a stray print would go to the client:
they are turned to /dev/null first, and what is to be said goes to syslog alone.
"""

import os
import socket
import stat
import sys
from argparse import Namespace
from collections.abc import Sequence

from services import log
from services.address import peer_of
from services.datagram import DatagramService
from services.draining import Drain, hold_signals
from services.failures import explain
from services.message import DEFAULT_LIMIT
from services.options import (
    LARGEST_BYTES,
    UsageError,
    add_log_options,
    add_serving_options,
    parser,
    run,
    seconds,
    whole,
)
from services.stream import TimeService

EPILOG = """\
Nothing is printed while standard input is a socket: look in syslog.

exit status:
  0    the connection ended, nothing came for --idle seconds, or SIGTERM
  2    an option is wrong, or standard input is not the right kind of socket"""
KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
STANDARD_INPUT = 0


def command_line(arguments: Sequence[str]) -> Namespace:
    options = parser("inetd_time", "The time service for xinetd, on standard input.", EPILOG)
    kind = options.add_mutually_exclusive_group(required=True)
    for name, text in (("tcp", "one connection (nowait)"), ("udp", "a bound socket (wait)")):
        kind.add_argument(
            f"--{name}",
            dest="protocol",
            action="store_const",
            const=name,
            help=f"standard input is {text}",
        )
    options.add_argument(
        "--idle",
        type=seconds,
        default=10.0,
        metavar="SECONDS",
        help="with --udp: end after this long without a datagram (default 10)",
    )
    options.add_argument(
        "--max-message",
        type=whole(1, LARGEST_BYTES),
        default=DEFAULT_LIMIT,
        metavar="BYTES",
        help="with --tcp: a longer message closes the connection (default 16 MiB)",
    )
    add_serving_options(options, default_buffer=65536)
    add_log_options(options)
    return options.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    handed = take_socket()
    chosen = command_line(arguments)
    if handed is None:
        raise UsageError("standard input is not a socket: let xinetd start this program")
    log.start(chosen.ident, chosen.log_options, chosen.facility, shown=False)
    # xinetd's NAMEINARGS sets the first word, which Python keeps apart from the script's path.
    log.debug(f"started as {sys.orig_argv[0]!r} with {arguments!r}, script {sys.argv[0]!r}")
    with handed:
        if handed.type != KINDS[chosen.protocol]:
            log.error(f"standard input is not a socket for --{chosen.protocol}")
            return 2
        hold_signals()
        serve(handed, chosen)
    return 0


def take_socket() -> socket.socket | None:
    """Standard input as a socket of its own, with /dev/null left in the standard places; None,
    and nothing touched, when it is no socket."""
    if not stat.S_ISSOCK(os.fstat(STANDARD_INPUT).st_mode):
        return None
    handed = socket.socket(fileno=os.dup(STANDARD_INPUT))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    return handed


def serve(handed: socket.socket, chosen: Namespace) -> None:
    """Serves until the connection ends, the socket is idle, or a signal drains it."""
    if chosen.protocol == "udp":
        service = DatagramService(chosen.buffer, chosen.quiet)
        service.serve(handed, chosen.grace, chosen.idle)
        return
    try:
        peer = peer_of(handed, handed.getpeername())
    except OSError as error:
        log.warning(f"the client left before it was served: {explain(error)}")
        return
    with Drain(None, chosen.grace) as drain, drain.connection(handed):
        TimeService(chosen.buffer, chosen.max_message, chosen.quiet).handle(handed, peer, drain)
    if drain.cut_count:
        log.warning(f"{peer}: cut, not finished in {chosen.grace:g} s")


if __name__ == "__main__":
    run(main, "inetd-time")
