"""The lab as one test has it: what the test does is written down, and undone at its end."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from socket import socket

from lab.api.engine import EngineHost
from lab.api.lab import Lab
from lab.api.observer import NO_OBSERVER, Observers
from lab.api.recording import Recording
from lab.api.run_log import RunLog
from lab.api.scope import Scope


class LabView:
    """A view of the session's lab; `begin_agent` connects to the agents of its hosts."""

    def __init__(
        self, lab: Lab, run_log: RunLog, begin_agent: Callable[[EngineHost], socket]
    ) -> None:
        self.run_log = run_log
        self.scope = Scope()
        self._traces = ExitStack()
        self._recording = Recording(run_log.write)
        # What can be undone is registered first.
        self.lab = lab.view(Observers(self.scope, self._recording), begin_agent=begin_agent)
        self._unobserved = lab.view(NO_OBSERVER, begin_agent=begin_agent)

    def open(self, *, packets: bool) -> None:
        """Write the hosts; with `packets`, begin to capture them."""
        self.run_log.write_hosts(self._unobserved)
        if packets:
            self.run_log.capture(self._unobserved)
        else:
            self.run_log.errors.append("packets were not to be recorded")

    def trace(self, names: Sequence[str]) -> None:
        """Trace what runs on hosts, until the end. UsageError where there is none of a name."""
        for name in names:
            for host in self.lab.hosts_of(name):
                self._traces.enter_context(host.trace())

    def write_outputs(self) -> None:
        """Write how the hosts are, and what their programs have printed."""
        self.run_log.write_outputs(self.lab)

    def finish_log(self) -> None:
        """Complete the evidence: lift the faults, and write what has not been written yet."""
        self.scope.end_faults()
        self._traces.close()
        self.run_log.errors += self.scope.end_captures()
        self._recording.finish()
        self.run_log.write_syslog(self.lab)
        self.run_log.finish()

    def end(self) -> None:
        """Undo what the test did; the scope says whether that leaves the lab dirty."""
        self.scope.end()
        self.lab.close()
