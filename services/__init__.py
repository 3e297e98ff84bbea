"""The programs that run on the lab's machines: time servers, a line server, a client.

Standard library only, Python 3.11 to 3.13. Nothing here knows that a lab exists: each program
runs as `python3 -m services.NAME` on any machine. Faults, scenarios and verdicts live in `lab`.
"""
