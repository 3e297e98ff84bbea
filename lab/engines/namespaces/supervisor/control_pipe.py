"""The supervisor's connection to `lab up`: standard output, and the control pipe, standard input.

Until `lab up` writes `detach` there, its end is the end of the lab.
"""

import json
import os
from typing import Any


def send(**message: Any) -> None:
    """Send `lab up` a message; if it is gone, and has not detached, this process ends.

    Messages are {"doing": ..., "detail": ...}, {"up": true}, and {"error": ..., "keys": [...]}: the
    keys are the place of the compose file that is wrong, if that is known. It is `taken` too, when
    somebody has the address of the lab.
    """
    try:
        os.write(1, json.dumps(message).encode() + b"\n")
    except BrokenPipeError:
        os._exit(1)


def receive() -> None:
    """Receive `detach`; at the end of the pipe without it, the lab ends."""
    if b"detach" not in os.read(0, 64):
        os._exit(1)


def detach() -> None:
    """Let go of the pipe and of the standard streams: nobody is there any more."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
