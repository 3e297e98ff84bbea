"""The life of a host: its states, what leads from one to another, and what each one refuses.

This is the one place with rules about states, for every engine. Two rules for this file: nothing
here acts (no clock, no I/O, no system call), and nothing else in the lab compares a state with a
list of states of its own to find out what may be done.

Theory of operation
-------------------
A host is two state machines that know nothing of each other: its life (TRANSITIONS), and how it is
attached to its networks (NETWORK_TRANSITIONS). The states of its life are those of a container in
`docker ps`; a host of the engine `namespaces` is never restarting, removing or dead.

    created --start--> running --pause--> paused        exec, call, disconnect, connect:
       ^                  |  ^---resume-----'|          stay where they are
       |                  '-----exit---------+-> exited
       '---------------------restart-------------'

An event is a command that a person gives, or a report of what has happened (start, exit, and the
end of each command). A command that is not in the row of the state is refused, in the words of
`refusal`. A report that is not there came too late, and changes nothing: `after` returns the state
as it was.

A command that makes the host's processes go on (kill, stop, restart of a paused one: as Docker's)
leads to running. A restart is a stop and a start: until the program has ended, the host is what it
was; only what has exited is created again.

Docker keeps the states of containers itself, so the engine `compose` only asks for the refusal. The
supervisor of the engine `namespaces` keeps the state of a host by `after`.
"""

import signal

# States, and events, in the words of Docker and of the command line.
CREATED, RUNNING, PAUSED, EXITED = "created", "running", "paused", "exited"
RESTARTING, REMOVING, DEAD = "restarting", "removing", "dead"  # Docker's alone

START, EXIT, STOP = "start", "exit", "stop"
PAUSE, RESUME, KILL, RESTART = "pause", "resume", "kill", "restart"
EXEC, CALL = "exec", "call"  # a program is started there; what makes socket calls is
DISCONNECT, CONNECT = "disconnect", "connect"

TRANSITIONS: dict[str, dict[str, str]] = {
    CREATED: {
        START: RUNNING,
        EXIT: EXITED,  # its process 1 has ended before there was a program
        STOP: CREATED,
        RESTART: CREATED,
    },
    RUNNING: {
        PAUSE: PAUSED,
        EXIT: EXITED,
        STOP: RUNNING,
        RESTART: RUNNING,
        KILL: RUNNING,
        EXEC: RUNNING,
        CALL: RUNNING,
        DISCONNECT: RUNNING,
        CONNECT: RUNNING,
    },
    PAUSED: {
        RESUME: RUNNING,
        EXIT: EXITED,
        STOP: RUNNING,
        RESTART: RUNNING,
        KILL: RUNNING,
        DISCONNECT: PAUSED,
        CONNECT: PAUSED,
    },
    EXITED: {RESTART: CREATED},
    RESTARTING: {START: RUNNING, EXIT: EXITED, STOP: EXITED, RESTART: RESTARTING},
    # Docker itself says why such a one cannot be restarted.
    REMOVING: {RESTART: REMOVING},
    DEAD: {RESTART: DEAD},
}

CONNECTED, CONNECTING, DISCONNECTED = "connected", "being connected", "disconnected"
NO_NETWORK = "on no network"

NETWORK_TRANSITIONS: dict[str, dict[str, str]] = {
    CONNECTED: {DISCONNECT: DISCONNECTED},
    # Its process 1 would lose the veth pair while it sets the addresses.
    CONNECTING: {},
    DISCONNECTED: {CONNECT: CONNECTING},
    NO_NETWORK: {},
}

# The way out of a refusal: for a command in a state, else for any command in that state.
_WAYS_OUT = {
    (EXITED, ""): "lab restart {host} starts it again",
    (PAUSED, EXEC): "lab resume {host} lets it go on",
    (PAUSED, CALL): "lab resume {host} lets it go on",
}


def after(state: str, event: str) -> str:
    """Return the state that an event leads to; the same state if it does not belong there."""
    return TRANSITIONS.get(state, {}).get(event, state)


def refusal(host: str, command: str, state: str) -> str:
    """Return why a command is refused to a host in this state of its life; "" if it is not.

    >>> refusal("server", "exec", "paused")
    'server: cannot exec: it is paused; lab resume server lets it go on'
    """
    return "" if command in TRANSITIONS.get(state, {}) else refused(host, command, state)


def network_refusal(host: str, command: str, state: str) -> str:
    """Return why `connect` or `disconnect` is refused in this state of the network; "" if not.

    What an engine calls a state that is not in the table can neither be left nor entered.
    """
    return "" if command in NETWORK_TRANSITIONS.get(state, {}) else refused(host, command, state)


def refused(host: str, command: str, state: str) -> str:
    """Return the words of a refusal, with a way out where there is one."""
    way_out = _WAYS_OUT.get((state, command)) or _WAYS_OUT.get((state, ""), "")
    return f"{host}: cannot {command}: it is {state}{way_out and '; ' + way_out.format(host=host)}"


def signal_refusal(host: str, name: str) -> str:
    """Return that no signal has this name (as in signal(7), without SIG); "" if one has."""
    if f"SIG{name}" in signal.Signals.__members__:
        return ""
    return f"{host}: cannot kill: no signal is named {name}"


def no_agent(host: str) -> str:
    """Return why a host whose process 1 does not run can have no agent on its links."""
    return f"{host}: is not running, so it has no wire"
