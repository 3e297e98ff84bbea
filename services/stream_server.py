"""The life of a stream server: options, socket, service, orderly end. The servers differ only in
their defaults and in what they do with a connection.
"""

import contextlib
import socket
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from services import log
from services.address import shown
from services.concurrency import Service, serve
from services.draining import hold_signals
from services.listening import Place, listen, open_internet, unix_socket
from services.message import DEFAULT_LIMIT
from services.options import (
    LARGEST_BYTES,
    MODELS,
    Parser,
    add_address_options,
    add_log_options,
    add_serving_options,
    parser,
    whole,
)

DEFAULT_PATH = "/run/lab/time.sock"
EPILOG = """\
Ends on SIGTERM or SIGINT: takes no new connection, finishes the replies under way, cuts what is
left after --grace seconds, or at once on a second signal.

exit status:
  0    ended by SIGTERM or SIGINT, whether or not connections had to be cut
  2    an option is wrong, or the place to listen on cannot be had"""


class Kind(NamedTuple):
    """What makes a stream server the one it is."""

    module: str
    description: str
    service: Callable[[Namespace], Service]
    port: str
    families: Sequence[str] = ("any", "4", "6", "unix")
    models: Sequence[str] = MODELS


def command_line(kind: Kind) -> Parser:
    """The parser for a server of this kind."""
    options = parser(kind.module, kind.description, EPILOG)
    add_address_options(options, port=kind.port, families=kind.families)
    options.add_argument(
        "--path",
        default=DEFAULT_PATH,
        help=f"socket file, with --family unix (default {DEFAULT_PATH})",
    )
    options.add_argument(
        "--backlog",
        type=whole(0, 65535),
        default=5,
        metavar="N",
        help="connections that may wait to be accepted (default 5)",
    )
    options.add_argument(
        "--concurrency",
        choices=kind.models,
        default=kind.models[0],
        help=f"how several clients are served at once (default {kind.models[0]})",
    )
    options.add_argument(
        "--max-message",
        type=whole(1, LARGEST_BYTES),
        default=DEFAULT_LIMIT,
        metavar="BYTES",
        help="a longer message closes the connection (default 16 MiB)",
    )
    add_serving_options(options, default_buffer=1024)
    add_log_options(options)
    return options


def main(kind: Kind, arguments: Sequence[str]) -> int:
    """Runs the server until a signal ends it; returns 0. Raises UsageError."""
    chosen = command_line(kind).parse_args(arguments)
    hold_signals()
    with _listener(chosen) as listener:
        listen(listener, chosen.backlog)
        log.start(chosen.ident, chosen.log_options, chosen.facility)
        log.notice(f"listening on {shown(listener.getsockname())} ({chosen.concurrency})")
        cut = serve(chosen.concurrency, listener, kind.service(chosen), chosen.grace)
    if cut:
        log.warning(f"ending: {cut} connections cut, not finished in {chosen.grace:g} s")
    log.notice("ended")
    return 0


@contextlib.contextmanager
def _listener(chosen: Namespace) -> Iterator[socket.socket]:
    if chosen.family == "unix":
        with unix_socket(chosen.path) as sock:
            yield sock
    else:
        place = Place(chosen.address, chosen.port, chosen.family)
        with open_internet(place, socket.SOCK_STREAM) as sock:
            yield sock
