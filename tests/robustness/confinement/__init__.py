"""What a program on a host reaches: it tries everything, and the answers are golden tables.

`attempts` is the program, `columns` runs it for each engine and kind of user, `golden` keeps the
answers (`tests/data/confinement.json`) and makes the table of docs/security.md of them.
"""
