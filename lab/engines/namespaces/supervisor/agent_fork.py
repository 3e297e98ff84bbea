"""The supervisor's fork that begins agents: half of what it needs has been loaded there.

Apart from the rest, because not every lab has faults.
"""

import os


def begin(channel: int) -> None:
    """Fork it; it is asked over the channel, which is its own then."""
    if os.fork() == 0:
        from lab.engines.namespaces.supervisor.agents import serve  # noqa: PLC0415

        try:
            serve(channel)
        finally:
            os._exit(0)
    os.close(channel)
