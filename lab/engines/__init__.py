"""Where hosts live. `base` says what an engine is; each engine is a module or package beside it."""
