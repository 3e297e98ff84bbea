"""A link whose faults are written down: when each came, and what it had done when it went."""

from collections.abc import Callable
from typing import Any

from lab.api.link import ActiveFault, FaultStatus, Link
from lab.api.run_log import RunLog
from lab.errors import AgentEndedError, LabError


class RecordedLink(Link):
    """Another link, watched; what is put in force is told to `added`."""

    def __init__(self, link: Link, diary: RunLog, added: Callable[["RecordedFault"], None]) -> None:
        vars(self).update(vars(link))
        self._diary = diary
        self._added = added

    def add(
        self,
        impairment: str,
        asked: dict[str, Any],
        *,
        stay: bool = False,
        for_ms: float | None = None,
    ) -> ActiveFault:
        """Put a fault in force; with its lab's view it ends, even if it is to `stay`."""
        fault = RecordedFault(super().add(impairment, asked, stay=stay, for_ms=for_ms), self._diary)
        status = fault.added
        self._diary.write(
            "fault_on",
            step=None,
            name=status.id,
            impairment=impairment,
            asked=asked,
            links=[[self.source, self.target]],
            ids=[status.id],
            for_s=None if for_ms is None else for_ms / 1000,
            said=f"{status.id}: {status.text}",
        )
        self._added(fault)
        return fault


class RecordedFault(ActiveFault):
    """A fault in force that is written down when it is lifted."""

    def __init__(self, fault: ActiveFault, diary: RunLog) -> None:
        vars(self).update(vars(fault))
        self._diary = diary
        self._last = fault.added
        self._lifted = False

    def look(self) -> FaultStatus:
        """Return its counters, now."""
        self._last = super().look()
        return self._last

    def remove(self) -> FaultStatus:
        """Lift it and return its last counters."""
        try:
            self._last = super().remove()
        except AgentEndedError:
            self._write(ended="with its host")
            raise
        self._write()
        return self._last

    def settle(self) -> None:
        """Lift it, if it is in force still."""
        if not self._lifted:
            try:
                self.remove()
            except LabError as error:
                self._write(ended=str(error))

    def _write(self, **more: Any) -> None:
        if self._lifted:
            return
        self._lifted = True
        self._diary.write(
            "fault_off",
            step=None,
            name=self._last.id,
            ids=[self._last.id],
            matched_packets=self._last.matched_packets,
            acted_packets=self._last.acted_packets,
            acted_bytes=self._last.acted_bytes,
            **more,
        )
