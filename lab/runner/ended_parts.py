"""What was ended of a lab, during a run, by others than a step or the lab itself.

Nothing that went wrong proves anything then: what it was is an event.
"""

from collections.abc import Iterable
from contextlib import suppress

from lab.api.capture import Capture
from lab.api.lab import Lab
from lab.errors import LabError
from lab.evidence.event_file import Recorder
from lab.evidence.events import EndedByOthers
from lab.runner.calls import PendingCalls
from lab.runner.faults import ActiveFaults

_RESPONDS_WITHIN_S = 2.0  # of a call server
_RESPONDS_SOON_S = 0.5  # of one that may be paused


class EndedParts:
    """Those of one run."""

    def __init__(
        self,
        lab: Lab,
        capture: Capture,
        recorder: Recorder,
        calls: PendingCalls,
        faults: ActiveFaults,
    ) -> None:
        self._lab = lab
        self._capture = capture
        self._recorder = recorder
        self._calls = calls
        self._faults = faults
        self._killed: set[str] = set()

    def look(self, *, failed: bool) -> None:
        """Look before the lab ends anything.

        In a run in which nothing has failed so far the end of the capture tells of most hosts.
        """
        hosts = self._lab.hosts.keys() - self._faults.ended
        looked_at = hosts if failed else hosts - {*self._capture.hosts}
        running = [name for name in sorted(looked_at) if self._goes_on(name)]
        if failed:
            lost = [*self._calls.lost(running, _RESPONDS_WITHIN_S)]
        else:  # a step may have expected just what came of that
            mute = self._calls.lost(sorted(hosts), _RESPONDS_SOON_S)
            lost = [name for name in mute if self._goes_on(name)]
        for name in lost:
            self._recorder.write(EndedByOthers(host=name, part="call_server"))

    def look_at_agents(self, early: Iterable[str]) -> None:
        """Look at the hosts whose agent had ended before the capture did."""
        suspects = {*early, *self._faults.lost} - self._faults.ended - self._killed
        for name in sorted(suspects):
            # With the end of a host's own program its agent ends, too.
            if self._goes_on(name):
                self._recorder.write(EndedByOthers(host=name, part="agent"))

    def _goes_on(self, name: str) -> bool:
        """Tell whether a host runs; write it down when somebody has killed it."""
        host = self._lab.hosts[name]
        with suppress(LabError):  # then the steps show what is wrong with the lab
            if not host.was_killed():
                return host.status().state == "running"
            self._killed.add(name)
            self._recorder.write(EndedByOthers(host=name, part="host"))
        return False
