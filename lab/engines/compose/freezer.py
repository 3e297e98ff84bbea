"""Freezes containers. On a busy machine the kernel takes its time, and Docker gives up."""

import time

from docker.errors import APIError
from docker.models.containers import Container

_WITHIN_S = 20.0
_TRY_AGAIN_S = 0.05
_TOO_BUSY = "unable to freeze"  # what runc says then; it has thawed what was frozen


def freeze(container: Container) -> None:
    """Freeze every process of a container. APIError when Docker cannot."""
    deadline = time.monotonic() + _WITHIN_S
    while True:
        try:
            container.pause()
        except APIError as error:
            if _TOO_BUSY not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(_TRY_AGAIN_S)
        else:
            return
