"""The events of a run: one frozen dataclass for each kind, as docs/evidence.md lists them.

`lab.evidence.event_file` writes and reads them.
"""

from lab.evidence.events.base import KINDS, Event, StepEvent, Value
from lab.evidence.events.calls import (
    CallOutcome,
    CallStarted,
    ProgramInput,
    ProgramOutcome,
    ProgramStarted,
    Raised,
    SocketAddresses,
)
from lab.evidence.events.faults import (
    FaultCounters,
    FaultLink,
    FaultOff,
    FaultOn,
    HostFaultOff,
    HostFaultOn,
    SysctlSet,
    WaitOutcome,
)
from lab.evidence.events.printed import (
    HostOutput,
    LastOutput,
    OutputCut,
    OutputError,
    SyslogError,
    SyslogLine,
)
from lab.evidence.events.run import (
    FORMAT,
    CaptureEnded,
    End,
    EndedByOthers,
    FileContent,
    HostUp,
    LinkLoss,
    MissingProgram,
    Notice,
    Start,
    StepDone,
    StepError,
    StepsEnded,
)
from lab.evidence.events.traces import ProgramCall, ProgramSocket, TraceNotice
from lab.evidence.events.unreadable import Damaged, Unknown

__all__ = [
    "FORMAT",
    "KINDS",
    "CallOutcome",
    "CallStarted",
    "CaptureEnded",
    "Damaged",
    "End",
    "EndedByOthers",
    "Event",
    "FaultCounters",
    "FaultLink",
    "FaultOff",
    "FaultOn",
    "FileContent",
    "HostFaultOff",
    "HostFaultOn",
    "HostOutput",
    "HostUp",
    "LastOutput",
    "LinkLoss",
    "MissingProgram",
    "Notice",
    "OutputCut",
    "OutputError",
    "ProgramCall",
    "ProgramInput",
    "ProgramOutcome",
    "ProgramSocket",
    "ProgramStarted",
    "Raised",
    "SocketAddresses",
    "Start",
    "StepDone",
    "StepError",
    "StepEvent",
    "StepsEnded",
    "SysctlSet",
    "SyslogError",
    "SyslogLine",
    "TraceNotice",
    "Unknown",
    "Value",
    "WaitOutcome",
]
