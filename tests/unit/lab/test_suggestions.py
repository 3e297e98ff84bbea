"""What may have been meant by a word."""

from lab.suggestions import meant, near


def test_a_near_word_is_asked_for() -> None:
    assert near("sever", ["server", "client"]) == "; did you mean server?"
    assert meant("sever", ["server", "client"]) == "; did you mean server?"


def test_without_a_near_one_those_there_are_are_listed() -> None:
    assert near("x", ["server", "client"]) == ""
    assert meant("x", ["server", "client"]) == "; it may be one of server, client"
    assert meant("x", []) == ""
