"""`lab trace HOST`: the programs that run on a host already, and their calls, until Ctrl-C."""

import argparse
import threading
from contextlib import suppress

from lab import screen
from lab.api.host import Host
from lab.api.host_trace import HostTrace
from lab.api.trace import OnTraced
from lab.errors import EngineError
from lab.evidence.events import TraceEvent, TraceOff

_TAKE_A_VALUE = ("-o", "--output", "--pid", "--user", "--lab")


def read_options_after_host(arguments: argparse.Namespace) -> None:
    """Take the options that stand behind the host, and a program behind them, as from before it."""
    words = list(arguments.arguments)
    options = []
    while words and words[0].startswith("-") and words[0] != "--":
        options.append(words.pop(0))
        if options[-1] in _TAKE_A_VALUE and words:
            options.append(words.pop(0))
    arguments.parser.parse_args([*options, arguments.host, *words], arguments)


def trace(host: Host, pid: int | None, show: OnTraced, is_over: threading.Event) -> int:
    """Show the calls until Ctrl-C, until all have ended, or until `is_over`; return the status."""
    running: HostTrace | None = None
    failed: OSError | None = None

    def take(event: TraceEvent) -> None:
        nonlocal failed
        if failed is None:
            try:
                show(event)
            except OSError as error:  # nobody reads it any more
                failed = error
        if failed or (isinstance(event, TraceOff) and running and running.has_ended):
            is_over.set()

    with suppress(KeyboardInterrupt), host.trace(pid=pid, on_traced=take) as traced:
        running = traced
        if not running.programs:
            text = f"{host.name}: nothing runs there that can be traced; name a program to run"
            raise EngineError(text)
        programs = ", ".join(f"{one.program}[{one.pid}]" for one in running.programs)
        screen.err.print(f"tracing {programs} on {host.name}; Ctrl-C ends it", markup=False)
        if not running.has_ended:
            is_over.wait()
    if failed is not None:
        raise failed
    return 0
