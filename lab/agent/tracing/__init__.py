"""A tracer of programs: their socket calls as values, and faults of these calls (ptrace(2)).

`tracer.Tracer` is the loop, `traced_call.TracedCall` what it gives.
"""
