"""Traces a program and prints a JSON line for each call of it: a developer's tool.

    python3 -m lab.agent.tracing [--unfiltered] [--output FILE] -- PROGRAM...
    python3 -m lab.agent.tracing [--unfiltered] [--output FILE] --attach PID
    ... --fault '{"call": "connect", "nth": 3, "errno": "ETIMEDOUT"}'

Lines go to standard error, or to the file. The exit status is the program's.
"""

import argparse
import gc
import json
import os
import signal
import sys
from pathlib import Path
from typing import IO

from lab.agent.tracing import reporting
from lab.agent.tracing.fault import CallFault
from lab.agent.tracing.traced_call import Notice, TracedCall
from lab.agent.tracing.tracer import Tracer


def main() -> int:
    """Trace as the command line says."""
    parser = argparse.ArgumentParser(prog="tracing", description=__doc__)
    parser.add_argument("--unfiltered", action="store_true")
    parser.add_argument("--output")
    parser.add_argument("--attach", type=int)
    parser.add_argument("--fault", action="append", default=[], help="as JSON (fault.PARAMETERS)")
    parser.add_argument("program", nargs="*")
    asked = parser.parse_args()
    if not asked.output:
        return _trace(asked, sys.stderr)
    with Path(asked.output).open("w", encoding="utf-8") as output:
        return _trace(asked, output)


def _trace(asked: argparse.Namespace, output: IO[str]) -> int:
    def write(kind: str, found: str) -> None:
        output.write(f'{{"kind": "{kind}", {found[1:]}\n')
        output.flush()

    def on_call(call: TracedCall) -> None:
        write("call", reporting.text(call))

    def on_notice(notice: Notice) -> None:
        write("notice", reporting.notice_text(notice))

    pid = asked.attach or _stopped(asked.program)
    tracer = Tracer(on_call, on_notice)
    for number, text in enumerate(asked.fault, 1):
        tracer.faults.append(CallFault(number, json.loads(text)))
    try:
        tracer.attach(pid, filtered=not asked.unfiltered, resume=not asked.attach)
    except OSError as error:
        if not asked.attach:
            os.kill(pid, signal.SIGKILL)
        sys.stderr.write(f"{error.strerror}\n")
        return 1
    gc.freeze()
    gc.disable()
    tracer.run()
    return os.waitstatus_to_exitcode(tracer.statuses.get(pid, 0))


def _stopped(program: list[str]) -> int:
    """Start a program that stops before it begins."""
    pid = os.fork()
    if not pid:
        try:
            os.kill(os.getpid(), signal.SIGSTOP)
            os.execvp(program[0], program)  # noqa: S606
        except OSError as error:
            sys.stderr.write(f"{program[0]}: {error.strerror}\n")
        os._exit(127)
    os.waitpid(pid, os.WUNTRACED)
    return pid


if __name__ == "__main__":
    status = main()
    sys.exit(status if status >= 0 else 128 - status)
