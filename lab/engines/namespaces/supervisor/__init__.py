"""The process that is a lab: starts hosts, keeps their states, answers requests, takes them down.

    __main__      makes the namespaces, then runs
    supervisor    the hosts, and what follows from an event: ──┬─ spawn        fork_init
                                                               ├─ network      veth pairs
                                                               ├─ start_order  who may start, or end
                                                               └─ host_state   by engines.lifecycle
    loop          descriptors and their handlers: control_pipe, api ── actions, outputs

`agents` is another process, which begins the agents on links. Standard library only.
"""
