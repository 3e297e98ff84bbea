"""Reads a compose file for this engine: what each host is to be, as a LabSpec. Starts nothing.

    compose files ──lab.compose──> a service for each host ──reader──> LabSpec ──> supervisor
                                                      └─ service: its program (programs),
                                                         files (volumes, secrets), user (users)

What Compose refuses, `lab.compose` has refused. What this engine cannot do is refused here, or is
named (unsupported).
"""
