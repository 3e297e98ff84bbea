"""The embedded engine: hosts are Linux namespaces. No Docker, no image, no root.

    lab up ──spec──> supervisor          process 1 of the lab's own pid namespace
                       ├─ bridges    in the supervisor's network namespace
                       ├─ init       process 1 of a host's pid namespace; one for each host
                       │    └─ the host's program
                       └─ control    an abstract Unix socket: status, logs, pause, ..., down

All there is of a lab is the supervisor and its namespaces, and the kernel ends those with it: there
is no file to forget. Standard library and iproute2 only.
"""

# In the environment of every process of a lab: its name.
MARK = "SOCKET_LAB"
