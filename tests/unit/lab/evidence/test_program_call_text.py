"""What a person reads of a traced program's call."""

import pytest

from lab.evidence import program_call_text
from lab.evidence.events import ProgramCall

HOSTS = {"198.18.67.2": "server", "fd6b::2": "server"}


def call(name: str, **more: object) -> ProgramCall:
    fields = {"program": "client", "pid": 7, "tid": 7, "began_ns": 1, "ended_ns": 2, **more}
    return ProgramCall(host="client", call=name, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (
            call("socket", arguments={"domain": "AF_INET", "protocol": "0"}, result=3),
            "socket(AF_INET) = 3",
        ),
        (
            call("connect", descriptor=3, arguments={"addr": "[fd6b::2]:80"}, error="ETIMEDOUT"),
            "connect(3, server:80) = ETIMEDOUT",
        ),
        (
            call("connect", descriptor=3, arguments={"addr": "[::ffff:198.18.67.2]:80"}, result=0),
            "connect(3, server:80) = 0",
        ),
        (
            call("poll", arguments={"fds": [{"fd": 3}], "timeout": 5}, result=1),
            'poll(fds=[{"fd": 3}], timeout=5) = 1',
        ),
        (call("poll", arguments={"fds": []}, result=0), "poll() = 0"),
        (
            call("recvfrom", descriptor=3, data={"text": "hi"}, arguments={"len": 9}, result=2),
            'recvfrom(3, "hi", len=9) = 2',
        ),
        (call("accept4", descriptor=3, ended_ns=None), "accept4(3) = ?"),
    ],
)
def test_a_call_in_a_line(made: ProgramCall, text: str) -> None:
    assert program_call_text.of(made, HOSTS) == text
