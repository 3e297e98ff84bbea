"""The table of descriptors."""

from lab.agent.tracing.descriptors import Descriptors, Interest, OpenEpoll, OpenSocket
from lab.agent.tracing.traced_call import SocketState


def opened() -> OpenSocket:
    return OpenSocket(SocketState("AF_INET", "SOCK_STREAM", "tcp"))


def test_a_duplicate_is_the_same_socket_until_both_are_closed() -> None:
    table, one = Descriptors(), opened()
    table.add(3, one)
    table.duplicate(3, 7)
    one.change(peer="127.0.0.1:80")
    assert table.close(3) is one
    assert table.socket(3) is None
    found = table.socket(7)
    assert found
    assert found.state.peer == "127.0.0.1:80"


def test_a_duplicate_takes_the_place_of_what_was_there() -> None:
    table = Descriptors()
    table.add(3, opened())
    table.duplicate(4, 3)  # 4 is a file
    assert table.socket(3) is None


def test_a_duplicate_of_itself_changes_nothing() -> None:
    table, one = Descriptors(), opened()
    table.add(3, one)
    table.duplicate(3, 3)
    assert table.socket(3) is one


def test_a_copy_has_the_same_sockets_and_a_life_of_its_own() -> None:
    table, one = Descriptors(), opened()
    table.add(3, one)
    child = table.copy()
    table.close(3)
    assert child.socket(3) is one


def test_a_range_is_closed() -> None:
    table = Descriptors()
    for number in (3, 5, 9):
        table.add(number, opened())
    assert table.close_range(4, 0xFFFFFFFF) == [5, 9]
    assert list(table.table) == [3]


def test_an_epoll_instance_has_sockets_or_has_not() -> None:
    table, one, epoll = Descriptors(), opened(), OpenEpoll()
    table.add(3, one)
    table.add(4, epoll)
    epoll.interests[8] = Interest(8, 8, None)
    assert not table.is_of_sockets(4)
    epoll.interests[3] = Interest(3, 0xABC, one)
    assert table.is_of_sockets(4)
    assert epoll.descriptor(0xABC) == 3
    outer = OpenEpoll({4: Interest(4, 4, epoll)})
    assert outer.has_socket
    assert table.has_socket_among(iter([8, 4]))
    assert not table.has_socket_among(iter([8, 9]))


def test_a_socket_that_is_closed_leaves_the_epoll_instance() -> None:
    table, one, epoll = Descriptors(), opened(), OpenEpoll()
    table.add(3, one)
    table.add(4, epoll)
    epoll.interests[3] = Interest(3, 3, one)
    table.duplicate(3, 5)
    table.close(3)
    assert epoll.has_socket  # by its duplicate it is open still
    table.add(3, one)
    table.close(5)
    table.close(3)
    assert not epoll.has_socket


def test_standard_streams() -> None:
    table = Descriptors()
    table.add(3, opened())
    assert not table.has_low
    table.duplicate(3, 0)
    assert table.has_low
