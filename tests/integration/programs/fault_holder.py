"""Puts a drop on a link of a lab, says so, and goes on until its input ends, or it is killed.

python3 fault_holder.py ENGINE LAB SOURCE TARGET guard|stay; it runs on this machine, not on a host.
"""

import sys

from lab.api import lifecycle
from lab.engines import choice

engine, name, source, target, life = sys.argv[1:]
link = lifecycle.find([choice.load(engine)], name).link(source, target)
if life == "stay":
    link.add("drop", {}, stay=True)
    print("in force", flush=True)
    sys.stdin.read()
else:
    with link.drop():
        print("in force", flush=True)
        sys.stdin.read()
