"""A storm: signals at seeded moments for every process of the lab, and a census of what is left.

`make storm` draws many moments, CI a few (`MOMENTS_IN_CI`). A moment is a target (a command, one of
its processes, a signal) and a share of the time that the command takes undisturbed: the seed
repeats it, as far as the machine lets it.
"""
