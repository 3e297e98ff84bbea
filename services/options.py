"""What the programs' command lines share: the parser, argument types, groups of options.

Owns how an option is written and how a bad one is refused: one line, exit status 2.
Does not open sockets or the log.
"""

import argparse
import math
import re
import socket
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from services import log

USAGE_STATUS = 2
DEFAULT_PORT = "21567"
LARGEST_PORT = 65535
LONGEST_WAIT_S = 7 * 24 * 3600.0  # poll(2) counts milliseconds in an int: 24 days at most
LARGEST_BYTES = 1 << 30  # a size above 1 GiB is a slip of the finger, not a wish
MODELS = ("iterative", "fork", "thread", "async")


class UsageError(Exception):
    """Something the user asked for cannot be had; the text names it and a way out."""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose complaint is one line instead of the usage and a line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_STATUS, f"{self.prog}: {message} (--help lists the options)\n")


def parser(module: str, description: str, epilog: str = "") -> Parser:
    """A parser for the program `services.MODULE`, named in errors as it is in syslog."""
    return Parser(
        prog=module.replace("_", "-"),
        usage=f"python3 -m services.{module} [options]",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def run(program: Callable[[Sequence[str]], int], name: str) -> NoReturn:
    """Ends the process with the program's status; a UsageError is one line and status 2."""
    try:
        sys.exit(program(sys.argv[1:]))
    except UsageError as error:
        sys.stderr.write(f"{name}: {error}\n")
        sys.exit(USAGE_STATUS)


def port_number(text: str, protocol: str) -> int:
    """The port that `text` means: a number from 0 to 65535, or a name in /etc/services.

    `protocol` is "tcp" or "udp": a name may be known for one of them only.
    Raises UsageError.
    """
    if re.fullmatch(r"[+-]?[0-9]+", text):
        if len(text) > len("+65535") or not 0 <= int(text) <= LARGEST_PORT:
            raise UsageError(f"port {text[:20]}: not a number from 0 to {LARGEST_PORT}")
        return int(text)
    try:
        return socket.getservbyname(text, protocol)
    except (OSError, UnicodeError):
        raise UsageError(
            f"port {text!r}: no such service name for {protocol} in /etc/services; "
            f"give a number from 0 to {LARGEST_PORT} or a name from that file"
        ) from None


def whole(minimum: int, maximum: int) -> Callable[[str], int]:
    """An argument type: a whole number from `minimum` to `maximum`."""

    def convert(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text) or not minimum <= int(text) <= maximum:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a whole number from {minimum} to {maximum}"
            )
        return int(text)

    return convert


def seconds(text: str) -> float:
    """An argument type: a number of seconds, from 0 to a week."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < LONGEST_WAIT_S:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, 0 to a week")
    return value


def seconds_or_none(text: str) -> float | None:
    """An argument type: seconds above 0, or `none` for no limit."""
    if text == "none":
        return None
    value = seconds(text)
    if value == 0:
        raise argparse.ArgumentTypeError("0 would give up at once; give seconds above 0, or none")
    return value


def add_log_options(parser: Parser) -> None:
    """--ident, --facility, --log-options: the three arguments of openlog (syslog(3))."""
    group = parser.add_argument_group("syslog")
    group.add_argument("--ident", type=log.ident, default=parser.prog, help="name in each line")
    group.add_argument(
        "--facility",
        choices=log.FACILITIES,
        default="daemon",
        metavar="NAME",
        help=f"one of {', '.join(log.FACILITIES)} (default daemon)",
    )
    group.add_argument(
        "--log-options",
        type=log.options,
        default="pid,ndelay",
        metavar="LIST",
        help=f"any of {', '.join(log.OPTIONS)}, joined with commas (default pid,ndelay)",
    )


def add_serving_options(parser: Parser, *, default_buffer: int) -> None:
    """What every server has: how much to read at once, how much to say, how long to end."""
    parser.add_argument(
        "--buffer",
        type=whole(1, LARGEST_BYTES),
        default=default_buffer,
        metavar="BYTES",
        help=f"most bytes taken from the socket at once (default {default_buffer})",
    )
    parser.add_argument(
        "--grace",
        type=seconds,
        default=5.0,
        metavar="SECONDS",
        help="after SIGTERM, time for replies under way (default 5)",
    )
    parser.add_argument(
        "--quiet", action="store_true", help="do not print and log each reply, only the rest"
    )


def add_address_options(parser: Parser, *, port: str, families: Sequence[str]) -> None:
    """Where an IP server listens."""
    parser.add_argument(
        "--address", default=None, help="address or name to listen on (default: all interfaces)"
    )
    parser.add_argument(
        "--port", default=port, help=f"number 0 to 65535 or service name (default {port})"
    )
    parser.add_argument(
        "--family",
        choices=families,
        default=families[0],
        help=f"address family (default {families[0]}; any: IPv6 and IPv4 in one socket)",
    )
