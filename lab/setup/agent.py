"""The step that builds the image of the agent, so that the first fault need not wait for it."""

import time

from lab.engines.compose import agent_image
from lab.setup.step import say


def prepare(base_image: str) -> None:
    """Build it, unless it is here for the agent as it is now."""
    if agent_image.is_here():
        say(f"agent: {agent_image.tag()} is here")
        return
    say(f"agent: building {agent_image.tag()} (about 15 s) ...")
    began = time.monotonic()
    agent_image.build(base_image)
    say(f"agent: {time.monotonic() - began:.0f} s")
