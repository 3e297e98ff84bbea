"""What Python itself says of Ctrl-C while it starts: no line of the lab has run by then."""

import re

_OF_PYTHON = re.compile(
    r"\A(Could not import runpy module\n|Fatal Python error: .*\nPython runtime state: .*\n)?"
    r"(Traceback \(most recent call last\):\n"
    # Frames of Python, and of what loads the lab's first line.
    r"(  File \"(?!.*/lab/(?!__(main|init)__)).*\n(    .*\n|\n)*)*"
    r"KeyboardInterrupt\s*)?\Z"
)


def was_interrupted(said: str) -> bool:
    """Tell whether this, and no more, is what a Python printed that was ended while it started."""
    return bool(said and _OF_PYTHON.match(said))
