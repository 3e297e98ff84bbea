"""The storm of `make storm`: `python -m tests.robustness.storm [-n N] [--seed N] ...`.

Prints each moment that went wrong, and in the end a line of figures; exit status 1 if one is not 0.
`--target "namespaces: up: command" --only 23 --seed 2` plays moment 23 of that seed again.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from lab.engines import choice
from tests.robustness.storm import census, storming, targets
from tests.robustness.storm.moments import Moment, drawn, spread
from tests.robustness.storm.storming import Result
from tests.robustness.storm.targets import Target

_PROGRESS_EVERY_S = 30.0
_ORPHANS_GONE_WITHIN_S = 20.0
_PARTS = ("left", "tracebacks", "statuses", "verdicts")


def main() -> int:
    """Play them; return the exit status."""
    arguments = _arguments()
    engines = arguments.engine or _usable()
    chosen = [one for engine in engines for one in targets.of(engine)]
    chosen = [one for one in chosen if arguments.target in one.name]
    seed = arguments.seed
    moments = [*spread(chosen, seed, arguments.moments)]
    if arguments.only is not None:
        moments = [one for of in chosen for one in drawn(of, seed, arguments.only + 1)]
        moments = [one for one in moments if one.number == arguments.only]
    before = census.orphans()
    _say(
        f"storm: seed {seed}: {len(moments)} moments of {len(chosen)} targets: {', '.join(engines)}"
    )
    figures = _play_all(moments, _durations(chosen), arguments.jobs)
    orphans = _left_of_machine(before)
    for one in orphans:
        _say(f"left on the machine: {one}")
    figures["left"] += len(orphans)
    what = {
        "left": "left things",
        "tracebacks": "tracebacks",
        "statuses": "wrong exit statuses",
        "verdicts": "wrong verdicts",
    }
    counted = ", ".join(f"{figures[part]} {what[part]}" for part in _PARTS)
    _say(f"storm: seed {seed}: {len(moments)} moments, {figures['sent']} signals sent: {counted}")
    return int(any(figures[part] for part in _PARTS))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.robustness.storm", description=__doc__)
    add = parser.add_argument
    add("--engine", action="append", choices=choice.NAMES, help="(default: all that work here)")
    add("-n", "--moments", type=int, default=1000, metavar="N", help="so many in all")
    add("--seed", type=int, default=1, metavar="N")
    add("--target", default="", metavar="TEXT", help="those alone that have it in their names")
    add("--only", type=int, metavar="N", help="of each target this moment alone")
    add("--jobs", type=int, default=2, metavar="N", help="so many at a time")
    return parser.parse_args()


def _usable() -> list[str]:
    return [engine.name for engine in choice.Usable()]


def _durations(chosen: Sequence[Target]) -> dict[tuple[str, str], float]:
    """Measure each command twice: the machine may have other things to do, once."""
    found: dict[tuple[str, str], float] = {}
    for target in chosen:
        key = target.engine, target.command
        if key not in found:
            found[key] = min(storming.duration_s(target) for _ in range(2))
            _say(f"storm: {target.engine}: {target.command} takes {found[key]:.2f} s")
    return found


def _play_all(
    moments: Sequence[Moment], takes_s: dict[tuple[str, str], float], jobs: int
) -> Counter[str]:
    figures: Counter[str] = Counter()
    began_s = shown_s = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        played = {pool.submit(_play, one, takes_s): one for one in moments}
        try:
            for done, future in enumerate(as_completed(played), 1):
                moment, result = played[future], future.result()
                _count(figures, moment, result)
                if not result.was_sent:  # what it is measured by was a slower one
                    takes_s[_key(moment)] = min(takes_s[_key(moment)], result.took_s)
                if time.monotonic() > shown_s + _PROGRESS_EVERY_S:
                    shown_s = time.monotonic()
                    wrong = sum(figures[part] for part in _PARTS)
                    _say(
                        f"storm: {done} of {len(moments)}, {shown_s - began_s:.0f} s, {wrong} wrong"
                    )
        except KeyboardInterrupt:  # those that go on end, and leave nothing
            pool.shutdown(cancel_futures=True)
            raise
    return figures


def _play(moment: Moment, takes_s: Mapping[tuple[str, str], float]) -> Result:
    return storming.play(moment, takes_s[_key(moment)])


def _key(moment: Moment) -> tuple[str, str]:
    return moment.target.engine, moment.target.command


def _count(figures: Counter[str], moment: Moment, result: Result) -> None:
    figures["sent"] += result.was_sent
    for part in _PARTS:
        figures[part] += len(getattr(result, part))
    if result.wrong:
        _say(f"WRONG: {moment}")
        for line in result.wrong:
            _say(f"  {line}")


def _left_of_machine(before: set[str]) -> list[str]:
    deadline_s = time.monotonic() + _ORPHANS_GONE_WITHIN_S
    while (left := census.orphans() - before) and time.monotonic() < deadline_s:
        time.sleep(0.1)  # the pause of a poll, bounded by the deadline
    return sorted(left)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
