"""Every key that a scenario file may have, as JSON Schema; the reader takes the names from here.

What calls and faults can be told is not here: it stands beside the code that does it, in
`lab.agent.calls` and `lab.agent.wire`.
"""

import signal
from typing import Any

from lab.agent.wire import selection
from lab.net import durations, fate
from lab.scenario.values import LINK_PATTERN

Schema = dict[str, Any]
Keys = dict[str, Any]  # a Schema by each key, or True: anything

HOST_PATTERN = r"[a-z0-9][a-z0-9-]{0,30}"
MOST_HOSTS = 100
# A fault may have no other: what it is told is a number as any other of the wire's.
MOST_SEED = int(next(one.most for one in selection.PARAMETERS if one.name == "seed"))
FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron"),
    *("authpriv", "ftp", *(f"local{number}" for number in range(8))),
)
SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
# What files from before the one word for it have: their evidence is still judged.
FATES_BEFORE = {"copied": fate.DUPLICATE}
FATES = (*fate.FATES, *FATES_BEFORE)
PARTITION = "partition"
HOST_FAULTS = {
    "kill": "end every process of a host, as its machine's death would",
    "pause": "freeze every process of a host; its kernel goes on answering",
    "restart": "end a host and begin it anew, without its connections",
    "disconnect": "unplug a host from its networks",
}
LASTING = ("pause", "disconnect")  # what can be lifted


def _text(description: str, **more: Any) -> Schema:
    return {"type": "string", "description": description, **more}


def _number(description: str, **more: Any) -> Schema:
    return {"type": "integer", "description": description, **more}


def _flag(description: str) -> Schema:
    return {"type": "boolean", "description": description, "default": False}


def _words(description: str, **more: Any) -> Schema:
    word = {"type": "string", **more}
    several = {"type": "array", "items": word}
    return {"description": description, "anyOf": [several, word]}


def _duration(description: str) -> Schema:
    pattern = rf"^\s*{durations.PATTERN}\s*$"
    return _text(f"{description}; such as 500ms, 1.5s or 1m30s", pattern=pattern)


def _regex(description: str) -> Schema:
    return _text(f"{description}: a regular expression, found anywhere in it", format="regex")


_ON = _text("the host that does it")
_LATER = _text("only start it, under this name; a later step with `collect` takes its result")
_LINK = _text("the directed way from one host to another: client -> server", pattern=LINK_PATTERN)
_WITHIN = _duration("the longest that it may take (default 10s)")

FILE: Keys = {
    "title": _text("what happens, in one line"),
    "shows": _text("what a program sees of it, and why it is so"),
    "reproduces": _words("the errors that it reproduces, by name: ECONNRESET"),
    "hosts": {
        **_words(
            "hosts that run nothing of their own, on one network", pattern=f"^{HOST_PATTERN}$"
        ),
    },
    "compose": _text(
        "in place of hosts: a compose file, by its path from this file's folder; or `shipped`, the"
        " machines that come with the lab"
    ),
    "seed": _number("of the random draws", default=1, minimum=0, maximum=MOST_SEED),
    "steps": {
        "type": "array",
        "description": "what is done, in this order; the run ends at the first surprise",
        "minItems": 1,
    },
}

OF_CALLS: Keys = {
    "gives": {
        "description": "what the call returns: text, a number, a list, a mapping; bytes that are "
        "no UTF-8 as {hex: 00ff}; of a mapping only the keys that are given count"
    },
    "gives_length": _number("how many bytes it returns, whichever", minimum=0),
    "gives_at_least": _number("it returns a number, this one or a higher"),
    "gives_at_most": _number("it returns a number, this one or a lower"),
    "raises": _text(
        "what it raises: an errno (ECONNRESET), an EAI name (EAI_NONAME) or a Python exception "
        "(TimeoutError)",
        pattern=r"^[A-Za-z_]\w*$",
    ),
    "within": _WITHIN,
    "after": _duration("the least that it must take"),
    "blocks": _duration("it must not have returned by then"),
}
OF_PROGRAMS: Keys = {
    "exit": _number("its exit status (128 + n: ended by signal n)", default=0),
    "output": _text("what it prints, to the letter"),
    "output_matches": _regex("what it prints"),
    "errors_match": _regex("what it prints to standard error"),
    "within": _WITHIN,
    "after": _duration("the least that it must run"),
    "blocks": _duration("it must not have ended by then"),
}

CALL: Keys = {"on": _ON, "call": _text("a socket call, or what belongs to it"), "later": _LATER}
RUN: Keys = {
    "on": _ON,
    "run": {
        "description": "a program and its arguments, as one text or as a list; no shell",
        "anyOf": [
            {"type": "string", "minLength": 1},
            {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 1},
        ],
    },
    "input": _text("its standard input, which ends with it"),
    "keep_open": _flag("its standard input does not end yet; steps with `send` give it more"),
    "environment": {
        "description": "variables of its environment, beside those that the host has",
        "anyOf": [
            {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
            {"type": "array", "items": {"type": "string", "pattern": "="}},
        ],
    },
    "user": _text("who runs it (default: lab on the lab's own images, else the image's own user)"),
    "later": _LATER,
}
SEND: Keys = {
    "send": _text("the name of a program that was started with `later` and `keep_open`"),
    "input": _text("what it gets on its standard input", minLength=1),
    "close": _flag("its standard input ends with that"),
    "within": _duration("the longest until all of it is taken (default 10s)"),
}
COLLECT: Keys = {"collect": _text("the name of what was started with `later`")}
_FAULT: Schema = _text("what the network or a host suffers")
_LIFE: Keys = {
    "fault": _FAULT,
    "as": _text("its name, to lift it or to expect something of it"),
    "for": _duration("lift it by itself after this time (default: until lifted)"),
    "may_idle": _flag("it need not act on any packet; else the verdict is then UNKNOWN"),
}
LINK_FAULT: Keys = {**_LIFE, "link": _LINK}
PARTITION_FAULT: Keys = {
    **_LIFE,
    "between": {
        "description": "two hosts, or two lists of them: [client, server]",
        "type": "array",
        "items": _words("one side"),
        "minItems": 2,
        "maxItems": 2,
    },
    "one_way": _flag("only from the first to the second"),
}
HOST_FAULT: Keys = {"fault": _FAULT, "on": _text("the host that suffers it")}
SIGNALS = tuple(sorted(one.removeprefix("SIG") for one in signal.Signals.__members__))
SIGNAL: Keys = {"signal": _text("a signal's name without SIG", default="KILL", enum=list(SIGNALS))}
NAME: Keys = {"as": _text("its name, to lift it")}
LIFT: Keys = {
    "lift": _text("the name of the fault that ends"),
    "acted": _number("on how many packets it must have acted", minimum=0),
    "at_least": _number("on how many packets, at least", minimum=1),
}
SYSCTL: Keys = {
    "sysctl": {
        "type": "object",
        "description": "settings of the host's own network: {net.ipv4.tcp_syn_retries: 2}",
        "patternProperties": {r"^net\.": {"type": ["string", "number"]}},
        "additionalProperties": False,
    },
    "on": _ON,
}
WAIT: Keys = {
    "wait": {"description": "go on as soon as this can be seen; FAIL if it cannot in time"},
    "within": _duration("the longest to wait (default 5s)"),
}
EXPECT: Keys = {"expect": {"description": "what the evidence of the run must show in the end"}}

SUBJECTS: Keys = {
    "syslog": _regex("messages in the syslog"),
    "output": _regex("what programs printed"),
    "output_matches": _regex("the same as output"),
    "packets": {"description": "packets that arrived at a link's end"},
    "fault": _text("a fault of the wire, by its name: the packets that it acted on"),
}
AMOUNTS: Keys = {
    "count": _number("so many, neither more nor fewer", minimum=0),
    "at_least": _number("so many or more (default 1)", minimum=1),
    "acted": _number("of a fault: on so many packets", minimum=0),
}
WAITED: Keys = {
    name: _number("as soon as there are so many (default 1)", minimum=1)
    for name in ("count", "at_least")
}
OF_SUBJECTS: Keys = {
    "on": _text("of the syslog: only lines of this host"),
    "ident": _text("of the syslog: only lines that begin with this name, as openlog has it"),
    "facility": _text("of the syslog: only lines of this facility", enum=list(FACILITIES)),
    "severity": _text("of the syslog: only lines of this severity", enum=list(SEVERITIES)),
    "of": _text("of output: of the program that was started with this name, or of this host's own"),
}
OUTPUTS = ("output", "output_matches")
OWNERS = {  # which subjects a key or an amount is of
    **dict.fromkeys(("on", "ident", "facility", "severity"), ("syslog",)),
    "of": OUTPUTS,
    "acted": ("fault",),
}
PACKETS: Keys = {
    "link": _LINK,
    "fate": _text("what became of them", enum=list(FATES)),
}
VERBS: dict[str, str] = {
    "call": "make a socket call on a host; what must come of it stands beside it",
    "run": "run a program on a host; what must come of it stands beside it",
    "send": "give a program that was started with `keep_open` more input, or end its input",
    "collect": "take the result of a call or program that was started with `later`",
    "fault": "let the network or a host fail, until lifted or for a time",
    "lift": "end a fault",
    "sysctl": "set what the kernel does for a host",
    "wait": "go on as soon as something can be seen",
    "expect": "say what the evidence must show when all is over",
}
