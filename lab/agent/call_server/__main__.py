"""The caller as a program: `python3 -I -S lab/agent/call_server`; questions on standard input."""

import os
import sys

sys.path.insert(0, os.path.abspath(f"{__file__}/../../../.."))

from lab.agent.call_server.server import Caller

if __name__ == "__main__":
    Caller(0, 1).run()
