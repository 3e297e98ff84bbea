"""Faults of the wire, asked for from outside: guards for programs, lasting ones for commands."""
