"""kill -9 of everything between any two steps: the same end, and no reminder lost or doubled."""

from tests.journeys.conftest import Ward
from tests.journeys.test_walk import EXPECTED, expect_the_end, standing
from tests.journeys.walk import the_walk


def test_killing_all_of_it_between_any_two_steps_changes_nothing(ward: Ward) -> None:
    walk = the_walk()
    for number, expected in enumerate(EXPECTED):
        if number:
            ward.system.kill()
            ward.system.start()
        walk.take(number, ward.system)
        assert standing(ward, walk) == expected, f"after step {number + 1}"
    expect_the_end(ward, walk)
