"""Drops packets on the bridges of this network namespace, until its input ends.

Arguments: the root of the project; source address; protocol number; TCP flags, 0: whatever they
are. Each line of input is answered with the number of packets dropped so far, and its end with that
of all.
"""

import ipaddress
import sys

sys.path.insert(0, sys.argv[1])

from lab.agent.wire import counters, expressions, netlink, nftables
from lab.agent.wire.netlink import message, text

BRIDGE, FORWARD = 7, 2  # NFPROTO_BRIDGE, NF_BR_FORWARD
GET_RULES, DELETE_RULE = 10 << 8 | 7, 10 << 8 | 8
source, protocol, flags = ipaddress.ip_address(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
address_at = 12 if source.version == 4 else 8
lines = [
    expressions.load(expressions.NETWORK, address_at, len(source.packed)),
    expressions.compare(expressions.EQUAL, source.packed),
    expressions.meta(expressions.PROTOCOL),
    expressions.compare(expressions.EQUAL, bytes([protocol])),
]
if flags:
    lines += [
        expressions.load(expressions.TRANSPORT, 13, 1),
        expressions.mask(flags),
        expressions.compare(expressions.EQUAL, bytes([flags])),
    ]
lines += [expressions.count(), expressions.decide(expressions.DROP)]
socket = netlink.connect()
nftables.commit(
    socket,
    [
        nftables.new_table(BRIDGE, "lossy"),
        nftables.new_chain(BRIDGE, "lossy", "all", FORWARD, 0),
        nftables.new_line(BRIDGE, "lossy", "all", lines),
    ],
)
print("ready", flush=True)
chain = text(1, "lossy") + text(2, "all")
for _ in sys.stdin:
    asked = message(GET_RULES, netlink.DUMP, chain, family=BRIDGE)
    print(counters.read(netlink.ask(socket, asked))[0], flush=True)
gone = nftables.commit(socket, [message(DELETE_RULE, netlink.ECHO, chain, family=BRIDGE)])
print(counters.read(gone)[0], flush=True)
