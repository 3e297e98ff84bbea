"""The tracer of programs, with real ones."""
