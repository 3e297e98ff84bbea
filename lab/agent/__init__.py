"""The lab's process in a host's network namespace; standard library only, and nothing of `lab`."""
