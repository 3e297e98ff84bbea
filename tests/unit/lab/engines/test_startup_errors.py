"""What is said of a host that has not come up: one line, whatever it said itself."""

from lab.engines import startup_errors


def test_the_last_lines_are_one_line() -> None:
    said = "zero\none\r\n\ttwo \x1b[31mred\x1b[0m\nthree\n\n"
    assert startup_errors.exited("server", 3, said) == (
        "server ended with status 3; it said: one | two [31mred[0m | three"
    )


def test_nothing_said_is_said_to_be_nothing() -> None:
    assert startup_errors.unhealthy("server", "\n", "\0\0") == (
        "server is unhealthy; its check said: nothing; it said: nothing"
    )


def test_the_end_of_a_long_line_counts() -> None:
    assert startup_errors.last_lines("x" * 10_000 + "why") == "x" * 297 + "why"


def test_a_host_that_only_sleeps_is_not_waited_for() -> None:
    assert startup_errors.cannot_fail(())
    assert startup_errors.cannot_fail(("sleep", "infinity"))
    assert not startup_errors.cannot_fail(("sh", "-c", "sleep 1"))
