"""Answers in capitals: the server of several clients of the zoo."""

from messages import serve

serve(str.upper)
