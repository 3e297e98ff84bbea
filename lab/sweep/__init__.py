"""Plays an exchange again and again, each time with one packet or one call failed.

    clean runs ──positions──> trials ──runner──> observations ──outcomes──> findings ──> files

What is played is a scenario (`subject`). Each trial is a run with evidence of its own, so every
finding can be looked at, and judged again.
"""
