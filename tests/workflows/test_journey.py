"""One journey on a real server: who decides, what is told back, and that order changes nothing."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from services.coordination.contract import NextWake
from tests.workflows.conftest import a_walk, eventually
from tests.workflows.ward import Ward, nothing_is_found, wasting_is_found
from workflows.activities import ProgressReport
from workflows.client import JourneyClient, JourneyClosed, JourneyUnknown
from workflows.contract import EventKind, Phase

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


async def test_a_journey_waits_for_its_clinician(temporal: Client) -> None:
    async with a_walk(temporal, Ward(wasting_is_found)) as walk:
        await walk.say(EventKind.OBSERVATIONS)
        task = await walk.asked("proceed-to-localization")
        await walk.live_through(90)

        state = await walk.settled(lambda s: s.phase is Phase.ASSESSMENT)
        assert state.task is not None
        assert state.task.id == task.id
        assert state.task.answers == ("localize", "keep-testing", "close")


async def test_the_usual_way_leads_from_labs_to_surveillance(temporal: Client) -> None:
    ward = Ward(wasting_is_found)
    async with a_walk(temporal, ward) as walk:
        await walk.operated()

        phases = [progress.phase for progress in ward.progress[walk.id]]
        assert list(dict.fromkeys(phases)) == [
            Phase.ASSESSMENT,
            Phase.LOCALIZATION,
            Phase.TREATMENT,
            Phase.SURVEILLANCE,
        ]
        revisions = [progress.revision for progress in ward.progress[walk.id]]
        assert revisions == list(range(1, len(revisions) + 1))
        assert ward.kinds_kept("followup") == {
            EventKind.OBSERVATIONS: 1,
            EventKind.STUDY: 1,
            EventKind.SURGERY: 1,
        }


async def test_every_progress_carries_the_open_question_and_the_journeys_clock(
    temporal: Client,
) -> None:
    ward = Ward(wasting_is_found)
    async with a_walk(temporal, ward) as walk:
        await walk.say(EventKind.OBSERVATIONS)
        await walk.asked("proceed-to-localization")
        await walk.live_through(200)
        await walk.answer("proceed-to-localization", "localize")
        await walk.settled(lambda s: s.phase is Phase.LOCALIZATION)

        asked = next(p for p in ward.progress[walk.id] if p.task is not None)
        moved = next(p for p in ward.progress[walk.id] if p.phase == Phase.LOCALIZATION)
        assert asked.task is not None
        assert asked.task.role == "clinician"
        assert asked.conclusion is not None
        assert asked.conclusion.state == "TIO_PROBABLE"
        assert moved.next_phase_reason == "localize"
        assert moved.at - asked.at > timedelta(days=199)


async def test_a_clinician_may_decide_without_being_asked(temporal: Client) -> None:
    async with a_walk(temporal, Ward(nothing_is_found)) as walk:
        await walk.say(EventKind.OBSERVATIONS)
        outcome = await walk.say(EventKind.DECISION, answer="localize")

        assert outcome == ("applied", "")
        await walk.settled(lambda s: s.phase is Phase.LOCALIZATION)


@pytest.mark.parametrize(
    ("answer", "task", "reason"),
    [
        ("operate", None, "'operate' is no answer during assessment"),
        ("localize", uuid4(), "this question is no longer open"),
        (None, None, "no answer can be read in it"),
    ],
)
async def test_a_decision_that_does_not_fit_is_told_back_and_changes_nothing(
    temporal: Client, answer: str | None, task: UUID | None, reason: str
) -> None:
    async with a_walk(temporal, Ward(wasting_is_found)) as walk:
        await walk.say(EventKind.OBSERVATIONS)
        await walk.asked("proceed-to-localization")
        before = await walk.read()
        outcome = await walk.say(EventKind.DECISION, answer=answer, task=task)

        assert outcome == ("refused", reason)
        after = await walk.settled(lambda s: True)
        assert after.model_copy(update={"seen": before.seen}) == before


async def test_a_declined_proposal_is_repeated_only_when_the_conclusion_changes(
    temporal: Client,
) -> None:
    states = iter(["TIO_PROBABLE", "TIO_PROBABLE", "TIO_PROBABLE", "TIO_CONFIRMED"])
    ward = Ward(wasting_is_found)
    concluded = ward._concludes
    ward._concludes = lambda w, service, request: concluded(w, service, request).model_copy(
        update={"state": next(states)}
    )
    async with a_walk(temporal, ward) as walk:
        await walk.say(EventKind.OBSERVATIONS)
        await walk.answer("proceed-to-localization", "keep-testing")
        await walk.settled(lambda s: s.task is None and s.declined)
        await walk.say(EventKind.OBSERVATIONS)
        await walk.settled(lambda s: ward.asked["conclude_assessment"] == 3)
        assert (await walk.read()).task is None

        await walk.say(EventKind.OBSERVATIONS)
        assert (await walk.asked("proceed-to-localization")).role == "clinician"


async def test_a_postponed_operation_is_asked_for_anew(temporal: Client) -> None:
    async with a_walk(temporal, Ward(wasting_is_found)) as walk:
        await walk.say(EventKind.DECISION, answer="localize")
        await walk.say(EventKind.DECISION, answer="operate")
        first = await walk.asked("record-the-operation")
        await walk.answer("record-the-operation", "postponed")
        again = await walk.settled(lambda s: s.task and s.task.id != first.id)
        assert again.phase is Phase.TREATMENT

        await walk.answer("record-the-operation", "cancelled")
        await walk.settled(lambda s: s.phase is Phase.LOCALIZATION)


async def test_a_refused_event_is_told_and_not_tried_again(temporal: Client) -> None:
    ward = Ward(wasting_is_found)
    ward.refuses = {EventKind.STUDY}
    async with a_walk(temporal, ward) as walk:
        await walk.say(EventKind.OBSERVATIONS)
        assert await walk.say(EventKind.STUDY) == ("refused", "localization does not take this")
        await walk.live_through(30)

        assert ward.asked["record_study"] == 1
        assert (await walk.read()).phase is Phase.ASSESSMENT


async def test_what_makes_no_sense_now_is_refused_with_a_reason(temporal: Client) -> None:
    async with a_walk(temporal, Ward(wasting_is_found)) as walk:
        assert await walk.say(EventKind.RESUME) == ("refused", "it is not paused")
        assert (await walk.say(EventKind.PAUSE))[0] == "applied"
        again = await walk.say(EventKind.PAUSE)
        assert again == ("refused", "it is paused already, or was resumed since")
        assert (await walk.say(EventKind.RESUME))[0] == "applied"
        taken_back = await walk.say(EventKind.DEATH, undone=True)
        assert taken_back == ("refused", "no death is known here")


async def test_an_outage_of_a_service_is_waited_out(temporal: Client) -> None:
    ward = Ward(wasting_is_found)
    ward.away = {"assessment"}
    async with a_walk(temporal, ward) as walk:
        event_id = await walk.tell(EventKind.OBSERVATIONS)
        await eventually(lambda: ward.asked["record_facts"] > 1, "asked in vain")
        ward.away = set()

        assert await walk.heard(event_id) == ("applied", "")
        await walk.asked("proceed-to-localization")


async def test_while_a_service_is_away_the_journey_still_hears_of_a_withdrawal(
    temporal: Client,
) -> None:
    ward = Ward(wasting_is_found)
    ward.away = {"assessment"}
    async with a_walk(temporal, ward) as walk:
        await walk.tell(EventKind.OBSERVATIONS)
        await eventually(lambda: ward.asked["record_facts"], "asked in vain")
        withdrawal = await walk.tell(EventKind.WITHDRAWAL)
        await walk.live_through(0.1)

        assert await walk.heard(withdrawal) == ("applied", "")
        await eventually(lambda: ward.progress[walk.id], "told")
        assert ward.progress[walk.id][-1].phase == Phase.CLOSED
        ward.away = set()
        await walk.live_through(0.1)


@pytest.mark.parametrize("end", [EventKind.DEATH, EventKind.WITHDRAWAL])
async def test_death_and_withdrawal_close_the_journey_and_it_hears_nothing_more(
    temporal: Client, end: EventKind
) -> None:
    ward = Ward(wasting_is_found)
    async with a_walk(temporal, ward) as walk:
        await walk.operated()
        await walk.tell(end)
        last = await walk.journeys.handle(walk.organisation, walk.id).result()

        assert last.phase is Phase.CLOSED
        assert ward.progress[walk.id][-1].phase == Phase.CLOSED
        assert ward.progress[walk.id][-1].task is None
        assert ward.progress[walk.id][-1].next_phase_reason == end
        with pytest.raises(JourneyClosed):
            await walk.tell(EventKind.OBSERVATIONS)
        with pytest.raises(JourneyClosed):
            await walk.journeys.start(walk.organisation, walk.id)


class HardOfHearing(Ward):
    """A ward in which coordination does not take the first word of an end."""

    refusals = 1

    @activity.defn
    async def record_progress(self, request: ProgressReport) -> NextWake:
        if request.progress.phase == Phase.CLOSED and self.refusals:
            self.refusals -= 1
            raise ApplicationError("422 not like this", type="Refused")
        return await super().record_progress(request)


async def test_a_journey_does_not_end_before_it_has_said_so(temporal: Client) -> None:
    ward = HardOfHearing(wasting_is_found)
    async with a_walk(temporal, ward) as walk:
        await walk.operated()
        await walk.say(EventKind.DEATH)
        await walk.live_through(0.1)
        await walk.journeys.handle(walk.organisation, walk.id).result()

        assert ward.progress[walk.id][-1].phase == Phase.CLOSED


async def test_what_is_handed_over_after_the_end_is_known_when_it_is_taken_back(
    temporal: Client,
) -> None:
    ward = Ward(wasting_is_found)
    async with a_walk(temporal, ward) as walk:
        await walk.say(EventKind.OBSERVATIONS)
        await walk.answer("proceed-to-localization", "localize")
        await walk.say(EventKind.STUDY)
        await walk.answer("plan-treatment", "operate")
        await walk.asked("record-the-operation")
        ward.away = {"followup"}
        operation = await walk.tell(EventKind.SURGERY)
        await eventually(lambda: ward.asked["record_result"], "asked in vain")
        await walk.tell(EventKind.DEATH)
        await walk.live_through(0.1)
        await eventually(lambda: ward.progress[walk.id][-1].phase == Phase.CLOSED, "it is closed")
        ward.away = set()
        await walk.live_through(0.1)
        await walk.journeys.handle(walk.organisation, walk.id).result()

        await walk.heard(await walk.open_again(EventKind.DEATH, undone=True))
        state = await walk.settled(lambda s: s.phase is not Phase.CLOSED)
        assert (state.phase, state.operations) == (Phase.SURVEILLANCE, [operation])


async def test_starting_twice_is_starting_once(temporal: Client) -> None:
    async with a_walk(temporal, Ward(nothing_is_found)) as walk:
        await walk.journeys.start(walk.organisation, walk.id)
        first = await walk.journeys.handle(walk.organisation, walk.id).describe()
        await walk.journeys.start(walk.organisation, walk.id)
        second = await walk.journeys.handle(walk.organisation, walk.id).describe()

        assert first.run_id == second.run_id


ORDERS = [(0, 1, 2, 3, 4, 5), (5, 4, 3, 2, 1, 0), (4, 0, 5, 2, 1, 3), (2, 4, 4, 1, 0, 0, 3, 5, 5)]


@pytest.mark.parametrize("order", ORDERS)
async def test_events_twice_or_out_of_order_give_the_same_journey(
    temporal: Client, order: tuple[int, ...]
) -> None:
    story = [
        (EventKind.OBSERVATIONS, None),
        (EventKind.DECISION, "localize"),
        (EventKind.STUDY, None),
        (EventKind.DECISION, "operate"),
        (EventKind.SURGERY, None),
        (EventKind.OBSERVATIONS, None),
    ]
    ids = [uuid4() for _ in story]
    ward = Ward(wasting_is_found)
    async with a_walk(temporal, ward) as walk:
        for number in order:
            kind, answer = story[number]
            at = NOW + timedelta(days=30 * number)
            await walk.tell(kind, answer=answer, occurred_at=at, event_id=ids[number])
        state = await walk.settled(
            lambda s: s.phase is Phase.SURVEILLANCE and len(ward.outcomes) == len(story)
        )

        assert state.operated_at == NOW + timedelta(days=120)
        assert not state.task
        assert ward.kept["assessment"] == {ids[0], ids[5]}
        assert ward.kept["localization"] == {ids[2]}
        assert ward.kept["followup"] == {ids[0], ids[2], ids[4], ids[5]}
        assert {(rule, number) for _, rule, number in ward.owed if rule == "FUP-1"} == {
            ("FUP-1", "1"),
            ("FUP-1", "2"),
            *[("FUP-1", str(n)) for n in range(3, 20) if _is_due(n)],
        }


def _is_due(number: int) -> bool:
    """Has the horizon of today reached this check?"""
    operated = (NOW + timedelta(days=120)).date()
    return 91 * number <= (datetime.now(UTC).date() - operated).days + 183


async def test_a_late_report_of_an_earlier_operation_does_not_end_a_new_search(
    temporal: Client,
) -> None:
    async with a_walk(temporal, Ward(wasting_is_found)) as walk:
        await walk.say(EventKind.SURGERY, occurred_at=NOW)
        await walk.settled(lambda s: s.phase is Phase.SURVEILLANCE)
        await walk.say(EventKind.DECISION, answer="localize", occurred_at=NOW + timedelta(days=9))
        await walk.settled(lambda s: s.phase is Phase.LOCALIZATION)
        await walk.say(EventKind.SURGERY, occurred_at=NOW - timedelta(days=400))

        assert (await walk.settled(lambda s: True)).phase is Phase.LOCALIZATION


async def test_operators_see_the_phase_and_nothing_else(temporal: Client) -> None:
    async with a_walk(temporal, Ward(wasting_is_found)) as walk:
        await walk.say(EventKind.OBSERVATIONS)
        await walk.answer("proceed-to-localization", "localize")
        await walk.settled(lambda s: s.phase is Phase.LOCALIZATION)
        seen = await walk.journeys.handle(walk.organisation, walk.id).describe()

        attributes = {pair.key.name: pair.value for pair in seen.typed_search_attributes}
        assert {n: v for n, v in attributes.items() if n.startswith("Tio")} == {
            "TioPhase": "localization"
        }
        assert await seen.memo() == {}
        assert seen.id == f"journey/{walk.organisation}/{walk.id}"


async def test_a_journey_that_never_began_is_unknown(temporal: Client) -> None:
    with pytest.raises(JourneyUnknown):
        await JourneyClient(temporal).read_state("north", uuid4())
    with pytest.raises(JourneyUnknown):
        await JourneyClient(temporal).roll("north", uuid4())
    with pytest.raises(JourneyUnknown):
        await JourneyClient(temporal).fast_forward("north", uuid4(), 3)
