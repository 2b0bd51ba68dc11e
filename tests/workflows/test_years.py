"""Years in seconds: a journey that outlives its code, its runs and its worker."""

import asyncio
from datetime import datetime, timedelta

from temporalio.client import Client

from knowledge.terms.obligation import Conclusion
from tests.workflows.conftest import Walk, a_walk, a_worker, eventually
from tests.workflows.ward import Ward, nothing_is_found, wasting_is_found
from workflows.contract import ConclusionRequest, EventKind, Phase, workflow_id
from workflows.worker import worker_with

YEARS = 5
APPLIED = ("applied", "")


async def runs_of(walk: Walk) -> int:
    """How many runs has this journey had?"""
    journey = workflow_id(walk.organisation, walk.id)
    return len([run async for run in walk.temporal.list_workflows(f"WorkflowId = '{journey}'")])


async def test_years_of_surveillance_continue_as_new_every_year_and_lose_no_obligation(
    temporal: Client,
) -> None:
    ward = Ward(wasting_is_found)
    async with a_walk(temporal, ward) as walk:
        await walk.operated()
        operated = next(t for t in ward.events.values() if t.kind is EventKind.SURGERY)
        began = operated.occurred_at
        until = await walk.live_through(365.25 * YEARS)

        due = [began.date() + timedelta(days=91 * n) for n in range(1, 100)]
        due = [day for day in due if day < until.date()]
        checks = {number: at for (_, rule, number), at in ward.reminded.items() if rule == "FUP-1"}
        assert sorted(int(number) for number in checks) == list(range(1, len(due) + 1))
        assert all(checks[str(n)].date() == day for n, day in enumerate(due, 1)), (
            "each on its own day"
        )
        assert await runs_of(walk) >= YEARS
        assert abs((until - began).days - 365.25 * YEARS) < 1, "no drift across runs"
        assert (await walk.read()).phase is Phase.SURVEILLANCE


async def test_a_journey_rolls_on_demand_and_carries_everything_with_it(temporal: Client) -> None:
    ward = Ward(wasting_is_found)
    async with a_walk(temporal, ward) as walk:
        await walk.say(EventKind.OBSERVATIONS)
        task = await walk.asked("proceed-to-localization")
        state = await walk.read()
        await walk.rolled()

        assert await walk.read() == state
        assert await walk.say(EventKind.DECISION, answer="localize", task=task.id) == APPLIED


async def test_a_journey_that_rolls_while_a_service_is_away_asks_it_soon_after(
    temporal: Client,
) -> None:
    ward = Ward(wasting_is_found)
    async with a_walk(temporal, ward) as walk:
        await walk.say(EventKind.OBSERVATIONS)
        await walk.answer("proceed-to-localization", "localize")
        await walk.settled(lambda s: s.phase is Phase.LOCALIZATION)
        ward.away = {"localization"}
        await walk.say(EventKind.OBSERVATIONS)
        asked = ward.asked["conclude_localization"]
        await eventually(lambda: ward.asked["conclude_localization"] > asked, "asked in vain")
        rolling = asyncio.create_task(walk.rolled())
        await walk.live_through(0.1)
        await rolling
        ward.away = set()

        await walk.live_through(1)
        state = await walk.settled(lambda s: s.phase is Phase.LOCALIZATION)
        assert ward.progress[walk.id][-1].conclusion is not None
        assert state.standing is not None


async def test_an_event_is_known_again_after_the_journey_has_rolled(temporal: Client) -> None:
    ward = Ward(wasting_is_found)
    async with a_walk(temporal, ward) as walk:
        event_id = await walk.tell(EventKind.OBSERVATIONS)
        await walk.asked("proceed-to-localization")
        await walk.rolled()
        await walk.nudge(event_id)
        await walk.say(EventKind.GENETICS)

        assert ward.asked["record_facts"] == 2


async def test_many_events_make_a_run_end_and_none_of_them_is_lost(temporal: Client) -> None:
    ward = Ward(wasting_is_found)
    async with a_walk(temporal, ward) as walk:
        told = [await walk.tell(EventKind.OBSERVATIONS) for _ in range(60)]
        for event_id in told:
            assert await walk.heard(event_id) == APPLIED
        await walk.settled(lambda s: not s.waiting)

        assert ward.kept["assessment"] == set(told)
        assert ward.asked["record_facts"] == len(told)


async def test_a_journey_goes_on_when_its_worker_is_replaced(temporal: Client) -> None:
    ward = Ward(wasting_is_found)
    async with a_worker(temporal, ward) as worker:
        walk = Walk(temporal, ward, worker.task_queue)
        await walk.say(EventKind.OBSERVATIONS)
        await walk.asked("proceed-to-localization")
    async with worker_with(temporal, ward.activities(), task_queue=worker.task_queue):
        await walk.answer("proceed-to-localization", "localize")

        await walk.settled(lambda s: s.phase is Phase.LOCALIZATION)


async def test_other_journeys_keep_their_time(temporal: Client) -> None:
    ward = Ward(wasting_is_found)
    async with a_walk(temporal, ward) as walk:
        neighbour = Walk(temporal, ward, walk.journeys._task_queue)
        for journey in (walk, neighbour):
            await journey.say(EventKind.DECISION, answer="localize")
            await journey.settled(lambda s: s.phase is Phase.LOCALIZATION)
        await walk.live_through(60)

        assert [journey for journey, _, _ in ward.reminded] == [walk.id]


async def test_a_look_that_finds_nothing_new_is_not_told_again(temporal: Client) -> None:
    ward = Ward(nothing_is_found)
    async with a_walk(temporal, ward) as walk:
        await walk.say(EventKind.OBSERVATIONS)
        await walk.settled(lambda s: s.standing)
        await walk.live_through(300)

        assert ward.asked["conclude_assessment"] > 10
        assert len(ward.progress[walk.id]) == 1
        await walk.say(EventKind.OBSERVATIONS)
        await walk.settled(lambda s: s.revision == 2)


async def test_a_clock_that_was_moved_by_hand_is_told_at_once(temporal: Client) -> None:
    ward = Ward(nothing_is_found)
    async with a_walk(temporal, ward) as walk:
        await walk.say(EventKind.OBSERVATIONS)
        await walk.settled(lambda s: s.standing)
        began = (await walk.read()).told_at
        await walk.journeys.fast_forward(walk.organisation, walk.id, 40)

        told = (await walk.read()).told_at
        assert began is not None
        assert told is not None
        assert told - began >= timedelta(days=40)


async def test_a_journey_of_which_nothing_was_told_soon_asks_what_is_due_first(
    temporal: Client,
) -> None:
    ward = Ward(nothing_is_found)
    async with a_walk(temporal, ward) as walk:
        await walk.journeys.start(walk.organisation, walk.id)
        await walk.live_through(0.01)

        assert ward.asked["conclude_assessment"] == 1
        assert (await walk.settled(lambda s: s.standing)).revision == 1


async def test_a_service_that_named_a_day_is_asked_again_on_that_day(temporal: Client) -> None:
    asked: list[datetime] = []

    def an_order_may_expire(ward: Ward, service: str, request: ConclusionRequest) -> Conclusion:
        told = wasting_is_found(ward, service, request)
        if service != "localization":
            return told
        asked.append(request.at)
        soon = asked[0].date() + timedelta(days=5)
        return told.model_copy(update={"look_again": soon if request.at.date() < soon else None})

    ward = Ward(an_order_may_expire)
    async with a_walk(temporal, ward) as walk:
        await walk.say(EventKind.OBSERVATIONS)
        await walk.answer("proceed-to-localization", "localize")
        await walk.settled(lambda s: s.look_on is not None)
        await walk.live_through(20)

        began = asked[0].date()
        assert [(at.date() - began).days for at in asked] == [0, 5]
        assert (await walk.read()).look_on is None
