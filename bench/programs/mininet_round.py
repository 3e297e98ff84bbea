"""One round of Mininet: a net of N hosts up, a program run in the last one, and down again.

    python3 mininet_round.py N

Says `ready` when all is imported, waits for a line, and prints both times as JSON. Runs on the
system's Python, as root, in namespaces of its own.
"""

import json
import sys
import time

from mininet.net import Mininet  # type: ignore[import-not-found]
from mininet.nodelib import LinuxBridge  # type: ignore[import-not-found]
from mininet.topo import SingleSwitchTopo  # type: ignore[import-not-found]


def main() -> None:
    """Measure, and print the figures."""
    count = int(sys.argv[1])
    # Its first net raises limits of the whole machine (fs.file-max and others): not for a bench.
    Mininet.inited = True
    print("ready", flush=True)
    if sys.stdin.readline() != "go\n":
        sys.exit("nobody is waiting for the result")
    began = time.perf_counter()
    net = Mininet(topo=SingleSwitchTopo(k=count), switch=LinuxBridge, controller=None)
    net.start()
    up_s = time.perf_counter() - began
    said = net.hosts[-1].cmd("true; echo $?").strip()
    began = time.perf_counter()
    net.stop()
    down_s = time.perf_counter() - began
    if said != "0":
        sys.exit(f"true on the last host: {said}")
    print(json.dumps({"up_s": up_s, "down_s": down_s}))


if __name__ == "__main__":
    main()
