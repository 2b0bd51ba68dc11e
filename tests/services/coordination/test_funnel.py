"""How far everybody has come, and how long it took: shown of many, never of few."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from services.chassis.metrics import ServiceMetrics, expose
from services.coordination.first_low import first_low
from services.coordination.funnel import drawn, read
from services.coordination.metrics import CoordinationMetrics, phases_shown
from services.coordination.tables import JourneyRow
from tests.services.coordination.builders import (
    a_progress,
    an_event,
    path,
    reported,
    started,
    told,
)
from tests.services.coordination.conftest import app_of

BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
NOW = BEGAN + timedelta(days=1000)
GROWN_UP = {"id": "p-1", "sex": "female", "birth_date": "1979-04-02"}


def after(*days: float | None) -> list[tuple[datetime, datetime | None]]:
    """One who waited so long, for each; None still waits."""
    return [(BEGAN, None if one is None else BEGAN + timedelta(days=one)) for one in days]


def a_phosphate(value: float, taken_at: str = "2026-03-01T08:00:00+01:00", **more: Any) -> Any:
    """A result as it is told."""
    said = {"id": taken_at, "analyte": "s_phos", "value": value, "unit": "mmol/L"}
    return {"observations": [said | {"taken_at": taken_at} | more]}


def test_eleven_are_shown_and_ten_are_not() -> None:
    eleven = drawn({"diagnosed": after(*[10] * 11)}, NOW, 11)
    ten = drawn({"diagnosed": after(*[10] * 10)}, NOW, 11)

    assert eleven.reached == {"begun": 11, "diagnosed": 11}
    assert eleven.days[("diagnosed", 0.5)] == 10
    assert ten.reached == {"begun": None, "diagnosed": None}
    assert ten.days[("diagnosed", 0.5)] is None


@pytest.mark.parametrize(("missing", "shown"), [(10, None), (11, 30), (0, 41)])
def test_few_who_are_missing_are_not_to_be_found_by_subtraction(
    missing: int, shown: int | None
) -> None:
    waits = {"diagnosed": after(*[10] * (41 - missing), *[None] * missing)}

    assert drawn(waits, NOW, 11).reached == {"begun": 41, "diagnosed": shown}


@pytest.mark.parametrize(("closed", "shown"), [(10, None), (11, 41), (0, 41)])
def test_few_who_are_closed_are_not_the_difference_between_all_and_the_open_ones(
    closed: int, shown: int | None
) -> None:
    waits = {"diagnosed": after(*[10] * 41)}

    assert drawn(waits, NOW, 11, still_open=41 - closed).reached["begun"] == shown


@pytest.mark.parametrize(
    ("counted", "hidden"),
    [
        # What is closed is in no sum that is said, so it hides nobody.
        ({"assessment": 60, "localization": 50, "treatment": 3, "closed": 20}, {"treatment"}),
        ({"assessment": 60, "localization": 50, "closed": 3}, {"closed"}),
        ({"treatment": 3}, {"treatment"}),
    ],
)
def test_a_phase_of_few_is_not_what_is_left_of_the_open_ones(
    counted: dict[str, int], hidden: set[str]
) -> None:
    shown = phases_shown(counted, 11)

    nowhere = {phase for phase, number in shown.items() if number is None}
    assert hidden <= nowhere
    of_the_open = nowhere - {"closed"}
    assert len(of_the_open) != 1, "the sum of the open ones is said"
    assert ("closed" in nowhere) == ("closed" in hidden)


def test_days_are_whole_so_that_they_are_nobodys_own() -> None:
    waits = {"diagnosed": after(*[10.4] * 11)}

    assert drawn(waits, NOW, 11).days[("diagnosed", 0.5)] == 10


def test_who_still_waits_makes_it_longer_and_not_shorter() -> None:
    reached = after(*range(100, 120))
    everybody = drawn({"located": reached}, NOW, 11).days[("located", 0.5)]
    with_waiting = drawn({"located": reached + after(*[None] * 15)}, NOW, 11)

    assert everybody == 109
    assert with_waiting.days[("located", 0.5)] == 117
    assert with_waiting.days[("located", 0.9)] is None


def test_it_counts_from_the_first_low_phosphate_and_not_from_the_first_result() -> None:
    normal, low, lower = (
        (BEGAN, a_phosphate(value, f"2026-0{month}-01T08:00:00+01:00"))
        for value, month in ((1.1, 1), (0.5, 3), (0.4, 5))
    )

    assert first_low([lower, normal, low], GROWN_UP, "INT_adult") == datetime(
        2026, 3, 1, 7, tzinfo=UTC
    )
    assert first_low([normal], GROWN_UP, "INT_adult") is None


@pytest.mark.parametrize(("low", "is_low"), [(0.85, False), (0.86, True)])
def test_the_laboratorys_own_range_decides(low: float, is_low: bool) -> None:
    told_of = a_phosphate(0.85, reference_range={"low": low, "high": 1.5})

    assert (first_low([(BEGAN, told_of)], GROWN_UP, "INT_adult") is not None) == is_low


async def test_a_low_phosphate_is_remembered_and_a_correction_takes_it_back(
    api: httpx2.AsyncClient,
) -> None:
    journey = await started(api)
    first = an_event(payload=a_phosphate(0.45, "2026-03-01T08:00:00+01:00"))
    earlier = an_event(payload=a_phosphate(0.5, "2025-11-01T08:00:00+01:00"))
    corrected = an_event(payload=a_phosphate(1.2, "2025-11-01T08:00:00+01:00"), version=2)
    remembered = []
    for event in (first, earlier, corrected):
        await told(api, journey, event)
        outcome = f"{path(journey)}/events/{event['id']}/outcome"
        answer = await api.put(outcome, json={"outcome": "applied"})
        assert answer.status_code == 200
        async with app_of(api).state.database.across.reading() as session:
            row = await session.get(JourneyRow, ("north", journey))
            remembered.append(row.first_low_at.date().isoformat())

    assert remembered == ["2026-03-01", "2025-11-01", "2026-03-01"]


async def test_who_is_closed_waits_no_longer_and_who_came_later_came_this_far(
    api: httpx2.AsyncClient,
) -> None:
    followed, closed = await started(api), await started(api)
    end = datetime(2040, 1, 1, tzinfo=UTC)
    await reported(api, followed, a_progress(1, phase="surveillance"))
    await reported(api, closed, a_progress(1, at=end.isoformat(), phase="closed"))
    now = end + timedelta(days=1000)
    async with app_of(api).state.database.across.reading() as session:
        began = (await session.get(JourneyRow, ("north", closed))).started_at
        waits = (await read(session, now, "north"))["located"]
        elsewhere = await read(session, now, "south")

    [(_, reached)] = [wait for wait in waits if wait[1] is not None]
    [(since, _)] = [wait for wait in waits if wait[1] is None]
    assert reached is not None
    assert now - since == end - began
    assert elsewhere["located"] == []


async def test_a_single_journey_is_counted_but_not_where_it_stands(
    api: httpx2.AsyncClient,
) -> None:
    journey = await started(api)
    await reported(api, journey, a_progress(1, phase="localization"))
    app = app_of(api)
    hidden = ['tio_journeys{phase="localization"}', 'tio_programme_reached{step="diagnosed"}']

    async def numbers(smallest: int) -> list[float]:
        counted = ServiceMetrics("coordination")
        await CoordinationMetrics(counted, smallest).refresh(app.state.database.across)
        page = expose([counted.registry], "")[0].decode().splitlines()
        wanted = ["tio_journeys_open", *hidden]
        return [
            float(line.split()[-1])
            for name in wanted
            for line in page
            if line.startswith(name + " ")
        ]

    assert await numbers(1) == [1, 1, 1]
    open_journeys, *others = await numbers(11)
    assert open_journeys == 1
    assert [math.isnan(other) for other in others] == [True, True]
