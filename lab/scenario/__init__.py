"""Scenarios: their files, and all that a step can do.

`reader` makes a `model.Scenario` of a file. A step verb is one file in `steps`, a subject of `wait`
and `expect` one in `conditions`: its keys and their JSON Schema, how it is read, worded, played and
judged. `schema` puts the schemas together. What several verbs share stands beside them (`values`,
`names`, `limits`, `call_expectation`, `program_expectation`).

Nothing here knows an engine or a lab. A step is played through `run_context.RunContext`, which
`lab.runner` implements; it is judged by the events and packets of `lab.evidence`, into its
`Judgement`. The order of steps, and whether the evidence is whole, is for `lab.checks`.
"""
