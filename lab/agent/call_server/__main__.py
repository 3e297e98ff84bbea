"""The call server as a program, with its requests on standard input.

python3 -I -S lab/agent/call_server

What it says of a call is evidence: programs of the same user cannot trace it.
"""

import ctypes
import os
import sys

sys.path.insert(0, os.path.abspath(f"{__file__}/../../../.."))

from lab.agent.call_server.server import CallServer

_PR_SET_DUMPABLE = 4

if __name__ == "__main__":
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    CallServer(0, 1).run()
