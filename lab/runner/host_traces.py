"""The traces of what runs already on the hosts that a scenario says `trace` of: their services."""

from contextlib import ExitStack

from lab.api.host_trace import HostTrace
from lab.api.lab import Lab
from lab.runner.traced_calls import TracedCalls
from lab.scenario.model import Scenario


class HostTraces:
    """Those of one run, from `begin` to `end`. Bare hosts have no services."""

    def __init__(self, lab: Lab, scenario: Scenario, calls: TracedCalls) -> None:
        self._lab = lab
        self._hosts = sorted(scenario.traced) if scenario.compose else ()
        self._calls = calls
        self._begun = ExitStack()

    def begin(self) -> None:
        """Attach to the programs; EngineError where a host does not run, or has no tracer."""
        for name in self._hosts:
            host = self._lab.host(name)
            trace: HostTrace = host.trace(on_traced=self._calls.write)
            self._begun.enter_context(trace)

    def end(self) -> None:
        """Let go of them; done again, it does nothing."""
        self._begun.close()
