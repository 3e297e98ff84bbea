"""The UDP time server: no connections, one datagram in, one datagram out."""

import socket
from collections.abc import Sequence

from services import log
from services.address import shown
from services.datagram import DatagramService
from services.draining import hold_signals
from services.listening import Place, open_internet
from services.options import (
    DEFAULT_PORT,
    add_address_options,
    add_log_options,
    add_serving_options,
    parser,
    run,
)

EPILOG = """\
A reply is at most 65,507 bytes, the longest payload of UDP over IPv4; what is more is cut.
Ends on SIGTERM or SIGINT after the datagrams already queued were answered.

exit status:
  0    ended by SIGTERM or SIGINT
  2    an option is wrong, or the port cannot be had"""


def main(arguments: Sequence[str]) -> int:
    options = parser("udp_time_server", "Answers each datagram with the time and its data.", EPILOG)
    add_address_options(options, port=DEFAULT_PORT, families=("any", "4", "6"))
    add_serving_options(options, default_buffer=65536)
    add_log_options(options)
    chosen = options.parse_args(arguments)
    hold_signals()
    place = Place(chosen.address, chosen.port, chosen.family)
    with open_internet(place, socket.SOCK_DGRAM) as sock:
        log.start(chosen.ident, chosen.log_options, chosen.facility)
        log.notice(f"listening on {shown(sock.getsockname())} (udp)")
        DatagramService(chosen.buffer, chosen.quiet).serve(sock, chosen.grace)
    log.notice("ended")
    return 0


if __name__ == "__main__":
    run(main, "udp-time-server")
