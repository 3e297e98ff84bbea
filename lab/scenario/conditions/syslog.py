"""`syslog`: lines of the lab's syslog."""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from lab.evidence.events import StepsEnded, SyslogError, SyslogLine
from lab.evidence.verdict import Evidence
from lab.model import LogLine
from lab.net.constants import SYSLOG_FACILITIES, SYSLOG_SEVERITIES
from lab.scenario import keys, values
from lab.scenario.conditions import Subject
from lab.scenario.keys import Keys
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.yaml import Mapping

_HOST = "syslog"


@dataclass(frozen=True, slots=True)
class SyslogLines(Subject):
    """Lines whose message fits a pattern, and that are of a host, a program, ...; None: of any.

    `hosts` are those of a service that has several.
    """

    HELP: ClassVar[Keys] = {"syslog": keys.regex("messages in the syslog")}
    KEYS: ClassVar[Keys] = {
        "on": keys.text("of the syslog: only lines of this host"),
        "ident": keys.text(
            "of the syslog: only lines that begin with this name, as openlog has it"
        ),
        "facility": keys.text(
            "of the syslog: only lines of this facility", enum=[*SYSLOG_FACILITIES]
        ),
        "severity": keys.text(
            "of the syslog: only lines of this severity", enum=[*SYSLOG_SEVERITIES]
        ),
    }

    pattern: str
    on: str | None = None
    ident: str | None = None
    facility: str | None = None
    severity: str | None = None
    hosts: tuple[str, ...] = ()

    @classmethod
    def read(cls, condition: Mapping, reading: Reading) -> Self:
        pattern = values.pattern(condition, "syslog")
        if _HOST not in reading.hosts:
            # Else a line that is not expected would never be there.
            text = "no host here has a syslog; give a compose file with a host of that name"
            raise condition.error("syslog", text)
        on = None
        if "on" in condition:
            on = str(condition.need("on", str))
            values.known_hosts(condition, "on", on, reading.hosts)
        return cls(
            pattern or "",
            on,
            condition.get("ident", str),
            values.word(condition, "facility", SYSLOG_FACILITIES),
            values.word(condition, "severity", SYSLOG_SEVERITIES),
            reading.hosts.replicas.get(on or "", ()),
        )

    def describe(self) -> str:
        of = (self.on, self.facility, self.severity, self.ident)
        return " ".join([f"syslog lines /{self.pattern}/", *(word for word in of if word)])

    @property
    def unit(self) -> str:
        return "lines"

    def is_meant(self, line: SyslogLine | LogLine) -> bool:
        """Tell whether a line is one of these."""
        of = ((self.ident, line.ident), (self.facility, line.facility))
        if any(asked not in {None, own} for asked, own in (*of, (self.severity, line.severity))):
            return False
        if self.on is not None and line.host not in {self.on, *self.hosts}:
            return False
        return re.search(self.pattern, line.message) is not None

    def count(self, evidence: Evidence) -> tuple[int, str]:
        count = 0
        for event in evidence.events:
            if isinstance(event, StepsEnded):  # what the end of the lab leaves is not meant
                break
            count += isinstance(event, SyslogLine) and self.is_meant(event)
        errors = [event.text for event in evidence.events if isinstance(event, SyslogError)]
        return count, errors[0] if errors else ""

    def wait(self, run: RunContext, number: int, least: int, within_s: float) -> int:
        del number
        return run.wait_for_syslog(self.is_meant, least, within_s)
