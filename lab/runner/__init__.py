"""Plays scenarios on labs, and keeps what was seen. The verdict is `lab.checks`' affair."""
