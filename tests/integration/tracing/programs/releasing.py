"""Traces a process until it is told to let go of it: a line on its standard input.

    releasing.py PID filtered|unfiltered [continue]

Prints each call and its socket's address; `attached`, `released`, and `end` once it traces nothing.
"""

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[4]))

from lab.agent.tracing.tracer import Tracer

tracer = Tracer(lambda call: print(call.call, call.socket.local, flush=True))


def release() -> None:
    sys.stdin.readline()
    tracer.request(lambda: tracer.release(pid, lambda: print("released", flush=True)))


pid = int(sys.argv[1])
tracer.attach(pid, filtered=sys.argv[2] == "filtered", resume=len(sys.argv) > 3)
print("attached", flush=True)
threading.Thread(target=release, daemon=True).start()
tracer.run()
print("end", flush=True)
