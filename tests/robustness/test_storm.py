"""Signals at seeded moments for every process of the lab: nothing is left, and no verdict is wrong.

As many as a test session can spare, so the first of those that `make storm` plays with this seed.
"""

from functools import cache

import pytest

from lab.engines import choice
from tests.robustness.storm import moments, storming, targets
from tests.robustness.storm.targets import Target

SEED = 1
# Of each target. One of them costs half a second of a core without Docker, four seconds with it.
MOMENTS_IN_CI = {choice.NAMESPACES: 4, choice.COMPOSE: 1}


@cache
def takes_s(engine: str, command: str) -> float:
    """Measure once how long a command takes when nobody disturbs it."""
    target = next(one for one in targets.of(engine) if one.command == command)
    return storming.duration_s(target)


@pytest.mark.parametrize(
    "target",
    [one for engine in choice.NAMES for one in targets.of(engine)],
    ids=lambda target: target.name,
)
def test_whatever_is_ended_at_any_moment_nothing_is_left_and_nothing_is_fail(
    target: Target, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("docker_images" if target.engine == choice.COMPOSE else "namespaces")
    for moment in moments.drawn(target, SEED, MOMENTS_IN_CI[target.engine]):
        result = storming.play(moment, takes_s(target.engine, target.command))
        assert result.wrong == [], moment


def test_a_seed_repeats_its_moments_and_the_first_are_the_same_of_however_many() -> None:
    target = targets.of(choice.NAMESPACES)[0]
    few, many = [*moments.drawn(target, 7, 5)], [*moments.drawn(target, 7, 50)]
    assert few == many[:5]
    assert [*moments.drawn(target, 8, 5)] != few
    assert all(0 <= one.share < 1 and one.signal in target.signals for one in many)
    everything = [*moments.spread(targets.of(choice.NAMESPACES), 7, 100)]
    assert len(everything) == len({*everything}) == 100
