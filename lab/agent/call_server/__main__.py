"""The call server as a program, with its requests on standard input.

python3 -I -S lab/agent/call_server
"""

import os
import sys

sys.path.insert(0, os.path.abspath(f"{__file__}/../../../.."))

from lab.agent.call_server.server import CallServer

if __name__ == "__main__":
    CallServer(0, 1).run()
