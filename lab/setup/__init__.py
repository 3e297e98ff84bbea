"""Prepares this machine for the lab: `python3 -m lab.setup`, or `make setup`.

    __main__ ──> environment ──> with Docker: base_image, plugins, agent ──> optional_programs

Standard library only, since it runs before there is any dependency. Each step first looks whether
its work is done already; `step` runs its commands.
"""
