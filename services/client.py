"""The client: a prompt for people, --send and --input for scripts; TCP, UDP and Unix sockets.

Owns the command line and the exit status. How messages travel is in `exchange`, how failures are
called in `failures`.
"""

import socket
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from services import log, prompt
from services.exchange import Exchange, Target, connect
from services.failures import STATUSES, ClosedEarlyError, explain
from services.options import (
    DEFAULT_PORT,
    LARGEST_BYTES,
    Parser,
    UsageError,
    add_log_options,
    parser,
    port_number,
    run,
    seconds,
    seconds_or_none,
    whole,
)

INTERRUPTED_STATUS = 130  # as a shell reports SIGINT
_FAMILIES = {"any": socket.AF_UNSPEC, "4": socket.AF_INET, "6": socket.AF_INET6}

EPILOG = (
    """\
Without --send or --input, each line typed at the prompt is sent and its answer printed, until an
empty line or the end of input. Standard input that is no terminal is read without a prompt.

exit status:
  0    every message was answered
  2    an option is wrong
"""
    + "".join(f"  {status:<4} {name}\n" for status, name in sorted(STATUSES.items()))
    + "  130  interrupted (Ctrl-C)\n  141  standard output was closed"
)


def command_line(arguments: Sequence[str]) -> Namespace:
    options = parser("client", "Talks to a time server or a line server.", EPILOG)
    options.usage = "python3 -m services.client [HOST] [options]"
    options.add_argument("host", nargs="?", default="localhost", metavar="HOST")
    options.add_argument(
        "--port", default=DEFAULT_PORT, help=f"number or service name (default {DEFAULT_PORT})"
    )
    way = options.add_mutually_exclusive_group()
    way.add_argument("--udp", action="store_true", help="datagrams instead of a connection")
    way.add_argument("--unix", metavar="PATH", help="the socket file of a server on this machine")
    options.add_argument("--family", choices=tuple(_FAMILIES), default="any")
    add_message_options(options)
    options.add_argument(
        "--timeout",
        type=seconds_or_none,
        default=5.0,
        metavar="SECONDS",
        help="limit of connecting, of sending and of each answer, or none (default 5); "
        "the look-up of a name has the limits of resolv.conf(5)",
    )
    add_log_options(options)
    return options.parse_args(arguments)


def add_message_options(options: Parser) -> None:
    """What to send without a prompt, and how often."""
    what = options.add_mutually_exclusive_group()
    what.add_argument(
        "--send", action="append", metavar="TEXT", help="a message; may be given several times"
    )
    what.add_argument(
        "--input",
        metavar="FILE",
        help="send the bytes of a file (-: standard input) as they are, print what comes back",
    )
    options.add_argument(
        "--repeat",
        type=whole(1, LARGEST_BYTES),
        default=1,
        metavar="N",
        help="send all of it N times (default 1)",
    )
    options.add_argument(
        "--interval",
        type=seconds,
        default=0.0,
        metavar="SECONDS",
        help="wait between repeats (default 0)",
    )


def target_of(chosen: Namespace) -> Target:
    """Raises UsageError."""
    kind = socket.SOCK_DGRAM if chosen.udp else socket.SOCK_STREAM
    port = 0 if chosen.unix else port_number(chosen.port, "udp" if chosen.udp else "tcp")
    return Target(chosen.host, port, _FAMILIES[chosen.family], kind, chosen.unix)


def main(arguments: Sequence[str]) -> int:
    chosen = command_line(arguments)
    target = target_of(chosen)
    poured = read_input(chosen.input) if chosen.input else None
    if not chosen.udp and any("\n" in text for text in chosen.send or ()):
        raise UsageError("--send: a message on a stream is one line; use --input for several")
    log.start(chosen.ident, chosen.log_options, chosen.facility, shown=False)
    step = "connect"
    try:
        with connect(target, chosen.timeout) as sock:
            log.info(f"{target}: connected")
            exchange = Exchange(sock, chosen.timeout)
            try:
                if poured is None:
                    talk(exchange, chosen, str(target))
                else:
                    pour(exchange, poured, str(target))
            finally:
                step = exchange.step
    except (OSError, ClosedEarlyError) as error:
        return fail(target, step, error, chosen)
    except KeyboardInterrupt:
        return INTERRUPTED_STATUS
    return 0


def read_input(name: str) -> bytes:
    """All bytes of the file, or of standard input for "-". Raises UsageError."""
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        why = f"{error.strerror}; give a file that can be read"
        raise UsageError(f"--input {name}: {why}") from None


def talk(exchange: Exchange, chosen: Namespace, target: str) -> None:
    """Sends each message, prints each answer."""
    for message in messages(chosen):
        answer = exchange.ask(message)
        log.info(f"{target}: sent {log.quoted(message)}, answer of {len(answer)} bytes")
        prompt.write(answer + b"\n")


def messages(chosen: Namespace) -> Iterator[bytes]:
    if not chosen.send:
        yield from prompt.lines()
        return
    for count in range(chosen.repeat):
        if count:
            time.sleep(chosen.interval)  # the user asked for just this wait
        for text in chosen.send:
            yield text.encode(errors="surrogateescape")


def pour(exchange: Exchange, data: bytes, target: str) -> None:
    """Sends all bytes as they are, in one datagram over UDP, and prints what comes back."""
    size = 0
    for piece in exchange.pour(data) if exchange.stream else [exchange.ask(data)]:
        size += len(piece)
        prompt.write(piece)
    log.info(f"{target}: sent {len(data)} bytes, {size} bytes came back")


def fail(target: Target, step: str, error: OSError | ClosedEarlyError, chosen: Namespace) -> int:
    """One line for the person and the log; returns the exit status."""
    failure = explain(error)
    if isinstance(error, TimeoutError) and not error.errno:
        line = f"{target}: {failure} after {chosen.timeout:g} s ({step})"
    else:
        line = f"{target}: {failure}"
    sys.stderr.write(f"client: {log.printable(line)}\n")
    log.error(line)
    return failure.status


if __name__ == "__main__":
    run(main, "client")
