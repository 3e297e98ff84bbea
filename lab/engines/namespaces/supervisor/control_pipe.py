"""The supervisor's way to `lab up`: standard output, and the control pipe, standard input.

Until `lab up` says `release` there, its end is the end of the lab.
"""

import json
import os
from typing import Any


def say(**message: Any) -> None:
    """Tell `lab up`; if it is gone, and has not released the lab, so is the lab.

    With `failed` come `keys`: the place of the compose file that is at fault, if that is known.
    """
    try:
        os.write(1, json.dumps(message).encode() + b"\n")
    except BrokenPipeError:
        os._exit(1)


def hear() -> None:
    """Hear what comes on standard input: the release, or the end, which is the end of the lab."""
    if b"release" not in os.read(0, 64):
        os._exit(1)


def let_go() -> None:
    """After the release: nobody is there any more."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
