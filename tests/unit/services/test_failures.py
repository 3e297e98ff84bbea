"""Each failure has the chapter's name, the system's code and a status of its own."""

import errno
import socket

import pytest

from services.failures import STATUSES, ClosedEarlyError, explain

CASES = [
    (socket.gaierror(socket.EAI_NONAME, "no"), "name not found", "EAI_NONAME", 3),
    (socket.gaierror(socket.EAI_AGAIN, "no"), "name service failed", "EAI_AGAIN", 4),
    (OSError(errno.ECONNREFUSED, ""), "refused", "ECONNREFUSED", 5),
    (TimeoutError("timed out"), "timed out", "", 6),
    (OSError(errno.ETIMEDOUT, ""), "timed out", "ETIMEDOUT", 6),
    (OSError(errno.ECONNRESET, ""), "reset by peer", "ECONNRESET", 7),
    (OSError(errno.EHOSTUNREACH, ""), "unreachable", "EHOSTUNREACH", 8),
    (OSError(errno.ENETUNREACH, ""), "unreachable", "ENETUNREACH", 8),
    (OSError(errno.EPIPE, ""), "broken pipe", "EPIPE", 9),
    (ClosedEarlyError(), "closed by the server before the answer", "", 10),
    (OSError(errno.EPROTO, ""), "socket error", "EPROTO", 11),
    (OSError(errno.ENOENT, ""), "no such socket", "ENOENT", 12),
    (OSError(errno.EMSGSIZE, ""), "too long for one datagram", "EMSGSIZE", 13),
    (OSError(errno.EPERM, ""), "not permitted", "EPERM", 14),
    (socket.herror(1, "unknown host"), "address error", "herror", 15),
]


@pytest.mark.parametrize(("error", "name", "code", "status"), CASES)
def test_a_failure_has_its_name_code_and_status(
    error: OSError, name: str, code: str, status: int
) -> None:
    failure = explain(error)
    assert (failure.name, failure.code, failure.status) == (name, code, status)


def test_every_status_of_the_help_text_is_one_that_can_come() -> None:
    assert {status for _, _, _, status in CASES} == set(STATUSES)


def test_a_line_shows_name_code_number_and_text() -> None:
    line = str(explain(ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")))
    assert line == "refused (ECONNREFUSED, 111): Connection refused"
