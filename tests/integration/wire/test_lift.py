"""What is on the wire when its last fault is lifted goes on: none of it is lost."""

import json
from functools import partial

from tests.integration.helpers import start_program
from tests.integration.wire.ends import Ends, has_matched
from tests.waiting import wait_until

LIFTS = 40


def test_no_packet_is_lost_when_the_last_fault_is_lifted(ends: Ends) -> None:
    client, server = ends.lab.host("client"), ends.lab.host("server")
    with start_program(server, "datagram_windows.py") as answering:
        assert answering.process.stdout
        port = int(answering.process.stdout.readline())
        with start_program(client, "datagram_windows.py", ends.address("server"), port) as sending:
            for _ in range(LIFTS):
                with ends.forth.drop(protocol="udp", nth=10**9) as fault:
                    wait_until(partial(has_matched, fault, 1), "packets on the wire")
            output, _ = sending.process.communicate(timeout=20)
    result = json.loads(output)
    assert (result["missing"], result["sent"] > LIFTS) == (0, True)
