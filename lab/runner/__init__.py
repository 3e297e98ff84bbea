"""Plays scenarios on labs, and keeps the evidence.

`run` is one run, `pool` many; `player` goes through the steps. What steps can let a lab do is
`context`: it implements `lab.scenario.run_context`. The verdict is that of `lab.checks`.
"""
