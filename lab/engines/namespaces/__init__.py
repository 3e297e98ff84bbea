"""The embedded engine: hosts are Linux namespaces. No Docker, no image, no root.

    lab up ──LabSpec──> supervisor     process 1 of the lab's own pid namespace
      │ plan/             ├─ bridges   in the supervisor's network namespace; a veth pair for each
      │                   │            interface of a host
      │                   ├─ init      process 1 of a host's pid namespace; one for each host: host/
      │                   │    └─ the host's program
      └──control pipe───> └─ requests  an abstract Unix socket: status, output, pause, ..., down
                               ^
    every later command ──client┘

All there is of a lab is the supervisor and its namespaces, and the kernel ends those with it: there
is no file to forget. Until `lab up` detaches, the end of the control pipe is the end of the lab.

- `plan/` reads the compose file. `engine`, `lab_client`, `host_client` and `supervisor_process` are
  what a command has in its hands; `protocol` is how they and the supervisor talk.
- `supervisor/` and `host/` are the processes of a lab; of the standard library and iproute2 only.
- `agent_client` begins the agents on hosts' links, and connects to them by the supervisor, which
  hands connections over to them; `agent_launcher` is the process that begins them.
- `syscalls`, `sysctls`, `user_namespaces`, `idmap`, `tmpfs`: the kernel's parts, for both sides.
"""

# In the environment of every process of a lab: its name.
MARK = "SOCKET_LAB"
