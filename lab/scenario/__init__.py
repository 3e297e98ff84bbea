"""What a scenario says: its data, and reading it from a file; nothing is started here."""
