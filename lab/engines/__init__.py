"""Where hosts live. `lab.api.engine` says what an engine is; each is a package here.

    choice ──> compose/      a lab is a Compose project, a host is a container
           └─> namespaces/   a lab is a process, a host is a set of Linux namespaces

Both ask `lifecycle` what may be done to a host in which state, `startup_errors` how to word why one
is not up, and `busy` whether it is at work.
"""
