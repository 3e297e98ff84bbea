"""A view of a lab that is up: what is done through it is written down, and undone at its end."""
