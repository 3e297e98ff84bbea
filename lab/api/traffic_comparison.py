"""Asks the agents of a capture, at its end, what their hosts have sent and what has come to them.

What was sent may still be under way, and hosts may go on sending. So those between which something
is missing are asked again, until nothing is, or their numbers change no more.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lab.api.agent_client import AgentClient
from lab.evidence import outside
from lab.evidence.capture_writer import CaptureWriter
from lab.evidence.events import LinkLoss
from lab.net.traffic import Counts

_ANSWERS_WITHIN_S = 5.0
_ARRIVES_WITHIN_S = 3.0
_UNCHANGED_FOR_S = 0.2
_MOST_CHANGES = 50  # one after the other: of hosts that go on sending all the time
_ASK_AGAIN_S = 0.005


class TrafficComparison:
    """Of the hosts that are asked; `addresses` has those of all hosts of the lab."""

    def __init__(
        self,
        agents: Mapping[str, AgentClient],
        writer: CaptureWriter,
        addresses: Mapping[str, Sequence[str]],
    ) -> None:
        self._agents = agents
        self._writer = writer
        self._addresses = addresses
        self._counts: dict[str, Counts] = {}

    def losses(self) -> tuple[LinkLoss, ...]:
        """Return what was lost between hosts, and never more than was."""
        self._ask(self._agents)
        first = before = dict(self._counts)
        self._ask(self._agents)
        until_s = time.monotonic() + _ARRIVES_WITHIN_S
        unchanged_since_s, changes = time.monotonic(), 0
        # What had come is looked at before what had left: so none of what is missing is hidden by
        # what is sent meanwhile, but that may be taken for missing while numbers change.
        while lost := self._between(departures=self._counts, arrivals=before):
            now_s = time.monotonic()
            if self._is_unchanged(before, lost):
                changes = 0
                if now_s > unchanged_since_s + _UNCHANGED_FOR_S:
                    return lost
            else:
                changes += 1
                unchanged_since_s = now_s
            if now_s > until_s or changes > _MOST_CHANGES:
                # They go on: what has come may be of what was sent meanwhile, so it may be too few.
                return self._between(departures=first, arrivals=self._counts)
            time.sleep(_ASK_AGAIN_S)
            ends = {host for one in lost for host in one.ends}
            before = dict(self._counts)
            self._ask({host: agent for host, agent in self._agents.items() if host in ends})
        return ()

    def _between(
        self, *, departures: Mapping[str, Counts], arrivals: Mapping[str, Counts]
    ) -> tuple[LinkLoss, ...]:
        """Return what had left at one time and had not come at another."""
        mixed = {
            host: replace(one, departures=departures[host].departures)
            for host, one in arrivals.items()
        }
        return outside.losses(outside.traffic(mixed, self._addresses))

    def _is_unchanged(self, before: Mapping[str, Counts], lost: Sequence[LinkLoss]) -> bool:
        """Tell whether the counts of the links with losses are as they were before."""
        then, now = (outside.traffic(one, self._addresses) for one in (before, self._counts))
        return all(then.get(one.ends) == now.get(one.ends) for one in lost)

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Say of which hosts it is not known, and why: `client: ...`."""
        counts = sorted(self._counts.items())
        return tuple(f"{host}: {one.error}" for host, one in counts if one.error)

    def _ask(self, agents: Mapping[str, AgentClient]) -> None:
        """Take the counts of hosts; of one that does not answer the error says so.

        Who has not said it once is asked no more: a late answer would be taken for a later one.
        """
        asked = [
            host for host in agents if host not in self._counts or not self._counts[host].error
        ]
        for host in asked:
            self._writer.forget_counts(host)
            agents[host].post("counts")
        until_s = time.monotonic() + _ANSWERS_WITHIN_S
        for host in asked:
            counts = self._writer.wait_for_counts(host, max(0.0, until_s - time.monotonic()))
            self._counts[host] = counts or Counts(error="it has not said what it counted")
