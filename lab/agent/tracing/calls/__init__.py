"""The calls that are traced, a file for each kind of them."""
