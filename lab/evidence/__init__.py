"""What a run saw, as files and lines. Judges nothing."""
