"""Counts what it is asked."""

from messages import serve

serve(lambda question: f"answer to {question}")
