"""Mutants of whatever the lab reads: `make fuzz` makes 100,000, test_fuzz.py in CI fewer.

A mutant is a function of its kind, a seed and a number, so one that breaks something can be made
again (`--only KIND --first NUMBER`). Changes are blind: Atheris would guide them by coverage, but
has wheels for x86_64 alone; Hypothesis no longer does.
"""
