"""What the calls of traced programs can be filtered by. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from lab.report.traced_call import Traced
from lab.report.traced_values import caller


class Callers(NamedTuple):
    """The programs that made calls, their threads with the program of each, the descriptors."""

    programs: tuple[str, ...]
    threads: tuple[tuple[str, str], ...]
    descriptors: tuple[str, ...]


def callers(traced: Sequence[Traced]) -> Callers:
    """Return them in the order in which they come, descriptors in that of their numbers.

    Of a program that runs another, a thread has the name of the last.
    """
    there = [caller(call) for one in traced for call in one.calls]
    programs = dict.fromkeys(program for program, _, _ in there)
    threads = {thread: program for program, thread, _ in there}
    descriptors = sorted({one for *_, one in there if one}, key=int)
    return Callers(tuple(programs), tuple(threads.items()), tuple(descriptors))
