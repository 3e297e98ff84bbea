"""The fixture `lab` as this project's own tests have it, of the plugin alone, on every engine."""

import errno
import socket
import threading
import time
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.api.lab import Lab
from lab.engines import choice
from tests.plugin.conftest import COMPOSE, image_for, skip_unless_usable

PORT = 21567


@pytest.fixture(scope="session", params=choice.NAMES)
def lab_engine(request: pytest.FixtureRequest) -> Engine:
    skip_unless_usable(request.param)
    return choice.load(request.param)


@pytest.fixture(scope="session")
def lab_compose_file(lab_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("project") / "compose.yaml"
    file.write_text(COMPOSE.format(image=image_for(lab_engine.name)), encoding="utf-8")
    return file


def listening(lab: Lab) -> socket.socket:
    door = lab.host("server").socket()
    door.bind(("0.0.0.0", PORT))
    door.listen()
    return door  # type: ignore[return-value]


def connected(lab: Lab) -> tuple[socket.socket, socket.socket]:
    door = listening(lab)
    client = socket_of(lab, "client")
    client.connect(("server", PORT))
    return door.accept()[0], client


def socket_of(lab: Lab, host: str, kind: int = socket.SOCK_STREAM) -> socket.socket:
    made = lab.host(host).socket(type=kind)
    made.settimeout(20)
    return made  # type: ignore[return-value]


def test_connect_waits_for_a_second_syn_when_the_first_is_lost(lab: Lab) -> None:
    listening(lab)
    client = socket_of(lab, "client")
    with lab.link("client", "server").drop(tcp="syn", first=1) as fault:
        began_s = time.monotonic()
        client.connect(("server", PORT))
        lasted_s = time.monotonic() - began_s
    assert fault.acted == 1
    assert lasted_s >= 0.9, "RFC 6298: the first retransmission comes after a second"


def test_a_reset_in_the_stream_is_an_error_on_both_ends(lab: Lab) -> None:
    server, client = connected(lab)
    with lab.link("client", "server").reset(data=True, nth=2):
        client.sendall(b"one")
        assert server.recv(3) == b"one"
        client.sendall(b"two")
        with pytest.raises(ConnectionResetError):
            server.recv(3)
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_a_partition_hides_a_datagram_and_only_as_long_as_it_lasts(lab: Lab) -> None:
    receiver = socket_of(lab, "server", socket.SOCK_DGRAM)
    receiver.bind(("0.0.0.0", PORT))
    sender = socket_of(lab, "client", socket.SOCK_DGRAM)
    with lab.partition(["client"], ["server"]) as partition:
        sender.sendto(b"lost", ("server", PORT))
        receiver.settimeout(0.2)
        with pytest.raises(TimeoutError):
            receiver.recvfrom(9)
        assert partition.acted == 1
    sender.sendto(b"seen", ("server", PORT))
    receiver.settimeout(20)
    data, (address, _) = receiver.recvfrom(9)
    assert data == b"seen"
    assert address in lab.host("client").status().addresses


def test_a_host_that_is_paused_answers_again_after_the_test_before(lab: Lab) -> None:
    server, client = connected(lab)
    echo = threading.Thread(target=lambda: server.sendall(server.recv(5)))
    echo.start()
    client.sendall(b"hello")
    assert client.recv(5) == b"hello"
    echo.join()
    lab.host("server").pause()  # and no word of resuming


def test_the_port_of_the_test_before_is_free_again(lab: Lab) -> None:
    listening(lab)
    taken = lab.host("server").socket()
    with pytest.raises(OSError, match="in use") as caught:
        taken.bind(("0.0.0.0", PORT))
    assert caught.value.errno == errno.EADDRINUSE
