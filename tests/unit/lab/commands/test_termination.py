"""SIGTERM ends a command, also where what it raises is lost; what cleans up is not disturbed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
WITHIN_S = 30
COMMAND = """
import argparse, contextlib, os, signal, threading
from lab.commands import exit_status

def run(arguments):
    {body}

raise SystemExit(exit_status.status_of(argparse.Namespace(run=run, command="test")))
"""
LOST = """
    with contextlib.suppress(SystemExit):  # as CPython's own code does it now and then
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(60)
    threading.Event().wait(60)
"""
CLEANS_UP = """
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(60)
    finally:
        threading.Event().wait(3 * exit_status._LOOK_S)
        print("cleaned up")
"""


def ended(body: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-c", COMMAND.format(body=body.strip())]
    return subprocess.run(
        argv, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN_S, check=False
    )


def test_a_termination_that_is_lost_comes_again() -> None:
    done = ended(LOST)
    assert (done.returncode, done.stderr) == (143, "")


def test_what_cleans_up_goes_on_to_its_end() -> None:
    done = ended(CLEANS_UP)
    assert (done.returncode, done.stdout, done.stderr) == (143, "cleaned up\n", "")
