"""A tee remembers what comes out of a pipe, and takes nothing from whoever reads it."""

import io
import os
import subprocess
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from lab.api.tee import Tee, TeedProcess


class Pipe(NamedTuple):
    """What a program writes to, and how its output is read."""

    write: int
    tee: Tee
    read: "io.BufferedReader[Tee]"


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    read, write = os.pipe()
    stream = os.fdopen(read, "rb")
    os.write(write, b"pid\nbegun")
    assert stream.readline() == b"pid\n"  # and what came with it is read ahead
    tee = Tee(stream)
    with io.BufferedReader(tee) as reader:
        yield Pipe(write, tee, reader)
    assert stream.closed
    os.close(write)


def test_what_is_read_is_remembered_from_what_was_read_ahead_on(pipe: Pipe) -> None:
    os.write(pipe.write, b" line\nnext\n")
    assert pipe.read.readline() == b"begun line\n"
    assert pipe.read.readline() == b"next\n"
    assert pipe.tee.seen == b"begun line\nnext\n"


def test_what_is_looked_at_is_read_all_the_same(pipe: Pipe) -> None:
    os.write(pipe.write, b" line\n")
    pipe.tee.look()
    os.write(pipe.write, b"more\n")
    pipe.tee.look()
    pipe.tee.look()
    assert pipe.tee.seen == b"begun line\nmore\n"
    assert [pipe.read.readline(), pipe.read.readline()] == [b"begun line\n", b"more\n"]
    assert pipe.tee.seen == b"begun line\nmore\n"


def test_only_so_much_is_remembered(pipe: Pipe) -> None:
    for _ in range(3):
        os.write(pipe.write, b"x" * 40_000)
        pipe.tee.look()
    os.write(pipe.write, b"end\n")
    pipe.tee.look()
    assert len(pipe.tee.seen) == 1 << 16
    assert pipe.tee.seen.endswith(b"xend\n")
    assert len(pipe.read.readline()) == len("begun") + 120_000 + len("end\n")


def test_closed_pipe_is_not_looked_at(pipe: Pipe) -> None:
    pipe.read.close()
    pipe.tee.look()
    assert pipe.tee.seen == b"begun"


def teed(script: str) -> TeedProcess:
    """Run a script of sh that prints a line first, which is read before its outputs are teed."""
    pipe = subprocess.PIPE
    process = TeedProcess(["sh", "-c", f"echo first; {script}"], stdout=pipe, stderr=pipe)
    assert process.stdout
    assert process.stdout.readline() == b"first\n"
    process.tee_outputs()
    return process


def test_outputs_of_a_process_are_seen_whether_anybody_reads_them_or_not() -> None:
    with teed("echo so; echo why >&2") as process:
        process.wait(20)
        assert process.seen() == {"stdout": b"so\n", "stderr": b"why\n"}
        assert process.stdout
        assert process.stdout.read() == b"so\n"
        assert process.seen()["stdout"] == b"so\n"


def test_communicate_returns_what_has_been_seen_already_too() -> None:
    with teed("echo so; echo >&2") as process:
        process.wait(20)
        assert process.seen()["stdout"] == b"so\n"
        assert process.communicate(timeout=20) == (b"so\n", b"\n")
        assert process.seen() == {"stdout": b"so\n", "stderr": b"\n"}


def test_without_tees_a_process_is_as_any() -> None:
    pipe = subprocess.PIPE
    process = TeedProcess(["sh", "-c", "echo so"], stdout=pipe, stderr=pipe)
    assert process.communicate(timeout=20) == (b"so\n", b"")
    assert process.seen() == {}
