"""Whatever a program passes to a call, and has in its memory: values come of it, and no error."""

import ctypes
import json
import os
import random

import pytest

from lab.agent.tracing import reporting
from lab.agent.tracing.descriptors import Descriptors, OpenEpoll, OpenSocket
from lab.agent.tracing.kinds import CallKind, kinds
from lab.agent.tracing.machine import this_machine
from lab.agent.tracing.task import PendingCall, Process, Task
from lab.agent.tracing.traced_call import SocketState

KINDS = list(kinds(this_machine()).values())
SIZE = 4096


def call(kind: CallKind, draw: random.Random) -> PendingCall:
    """Return a call of any arguments: numbers, places in memory of any content, and none."""
    memory = ctypes.create_string_buffer(draw.randbytes(SIZE), SIZE)
    small = ctypes.c_uint64 * 8
    for at in range(0, SIZE, 512):  # places that look like pointers, and like sizes
        small.from_buffer(memory, at)[:] = [
            draw.choice([0, 1, 64, draw.getrandbits(64), ctypes.addressof(memory)])
            for _ in range(8)
        ]
    somewhere = ctypes.addressof(memory) + draw.randrange(0, SIZE, 512)
    arguments = [
        draw.choice([0, 3, 4, 5, somewhere, draw.getrandbits(64), draw.getrandbits(8)])
        for _ in range(6)
    ]
    process = Process(os.getpid(), Descriptors(), filtered=True)
    one = OpenSocket(SocketState("AF_UNIX", "SOCK_STREAM", "unix"))
    process.descriptors = Descriptors({3: one, 4: OpenEpoll(), 5: one})
    pending = PendingCall(kind, Task(os.getpid(), process), arguments, 3, one)
    pending.seen["held"] = memory
    return pending


@pytest.mark.parametrize("kind", KINDS, ids=[one.name for one in KINDS])
def test_any_call(kind: CallKind) -> None:
    draw = random.Random(kind.name)
    for _ in range(100):
        pending = call(kind, draw)
        if kind.relevant is not None and not kind.relevant(pending):
            pending.process.close()
            continue
        kind.at_fault(pending)
        kind.at_entry(pending)
        pending.began_ns = 1
        if draw.random() < 0.9:
            pending.result = draw.choice([0, 1, 2, 7, 4096, -1, -115, -4, draw.getrandbits(31)])
            pending.ended_ns = 2
            kind.at_exit(pending)
        json.loads(reporting.text(reporting.call(pending)))
        pending.process.close()
