"""The one reader of compose files, for every engine."""
