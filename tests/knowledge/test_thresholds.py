"""Every threshold of every table has a case that stands on it: moved by one step, a case fails."""

from collections import defaultdict

import pytest

from tests.knowledge.nudges import nudged, thresholds
from tests.knowledge.stands import Stand, stands

STANDS = list(stands())
IMPLIED = {
    "hypophosphatemia.persistent_samples (2 count) down": "seven days apart are two samples",
}
"""What no case can notice, and why: another number of the same rule already says it."""


@pytest.mark.parametrize("stand", [pytest.param(stand, id=stand.says) for stand in STANDS])
def test_a_threshold_decides_as_the_specification_says(stand: Stand) -> None:
    assert stand.answer() == stand.expected


def test_no_threshold_can_be_moved_by_its_smallest_step_without_a_case_that_notices() -> None:
    standing: dict[str, list[Stand]] = defaultdict(list)
    for stand in STANDS:
        for address in stand.on:
            standing[address].append(stand)
    unnoticed = []
    for threshold in thresholds():
        for way in threshold.ways:
            with nudged(threshold, way):
                if all(stand.holds() for stand in standing[threshold.address]):
                    step = "up" if way > 0 else "down"
                    unnoticed.append(f"{threshold.address} ({threshold.says}) {step}")
    unnoticed = [one for one in unnoticed if one not in IMPLIED]
    assert not unnoticed, "thresholds on which no case stands:\n" + "\n".join(unnoticed)


def test_every_case_stands_on_something_that_is_there() -> None:
    known = {threshold.address for threshold in thresholds()}
    assert {address for stand in STANDS for address in stand.on} <= known
