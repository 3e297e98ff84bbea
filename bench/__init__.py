"""What the lab's servers and the lab itself cost, measured: `python -m bench`.

Not a test: nothing here passes or fails. Each measurement is a file that brings its own lab up
and removes it; what runs on the hosts is in `programs`.
"""
