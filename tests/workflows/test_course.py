"""Where a journey goes, without a server: any order of events leads to the same place."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.terms.obligation import Conclusion, Proposal
from workflows.contract import (
    Decision,
    EventArrived,
    EventKind,
    HandedOver,
    JourneyState,
    Phase,
    Said,
)
from workflows.course import STAGES, Course

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
FAMILY = UUID(int=7)

STORY = [
    (EventKind.OBSERVATIONS, None),
    (EventKind.DECISION, "localize"),
    (EventKind.STUDY, None),
    (EventKind.DECISION, "operate"),
    (EventKind.SURGERY, None),
    (EventKind.OBSERVATIONS, None),
    (EventKind.THERAPY, None),
]


def the_event(number: int) -> EventArrived:
    """The event of this number of the story, a day after the one before."""
    at = NOW + timedelta(days=number)
    kind = STORY[number][0]
    return EventArrived(event_id=uuid5(FAMILY, str(number)), kind=kind, occurred_at=at)


def lived(order: list[int], at_once: bool) -> JourneyState:
    """The state after these events, told one by one or all waiting together."""
    course = Course(JourneyState())
    for number in order:
        course.hear(the_event(number))
        if not at_once:
            work_off(course)
    work_off(course)
    return course.state


def work_off(course: Course) -> None:
    """What the workflow does with waiting events, without the calls."""
    while course.state.waiting:
        event = course.next_event()
        course.state.waiting.remove(event)
        assert event.occurred_at is not None
        number = (event.occurred_at - NOW).days
        if event.kind is EventKind.DECISION:
            decision = Decision(answer=str(STORY[number][1]), occurred_at=event.occurred_at)
            if course.expect(decision) is None:
                course.follow(decision)
        else:
            course.take_note(event, HandedOver(applied=True, occurred_at=event.occurred_at))


TOLD = st.lists(st.integers(0, len(STORY) - 1), max_size=8).flatmap(
    lambda again: st.permutations([*range(len(STORY)), *again])
)


@settings(max_examples=300, deadline=None)
@given(order=TOLD, at_once=st.booleans())
def test_any_order_and_any_repetition_end_in_the_same_place(
    order: list[int], at_once: bool
) -> None:
    state, usual = lived(order, at_once), lived(list(range(len(STORY))), False)

    assert state.phase is usual.phase is Phase.SURVEILLANCE
    assert state.operated_at == usual.operated_at
    assert state.phase_reason == usual.phase_reason == "surgery"
    assert set(state.for_followup) == set(usual.for_followup)
    assert set(state.seen) == set(usual.seen)


@pytest.mark.parametrize(
    ("kind", "heard"), [(EventKind.DISPOSITION, True), (EventKind.ACKNOWLEDGEMENT, False)]
)
def test_followup_hears_how_a_thing_ended_but_not_that_it_was_seen(
    kind: EventKind, heard: bool
) -> None:
    course = Course(JourneyState())
    answer = EventArrived(event_id=uuid4(), kind=kind)

    course.take_answer(answer)

    assert (answer.event_id in course.state.for_followup) is heard
    assert course.state.untold


@pytest.mark.parametrize("phase", STAGES)
def test_every_question_is_answered_by_answers_that_lead_somewhere(phase: Phase) -> None:
    stage = STAGES[phase]
    asked = [*stage.questions.values(), *([stage.always] if stage.always else [])]

    assert asked
    for question in asked:
        assert set(question.answers) <= set(stage.leads_to)


def test_a_recurrence_is_put_forward_again_years_after_it_was_declined() -> None:
    course = Course(JourneyState(phase=Phase.SURVEILLANCE))
    for state, proposal, is_asked in [
        ("RECURRENCE", Proposal.LOOK_AGAIN, True),
        ("RECURRENCE", Proposal.LOOK_AGAIN, False),
        ("REMISSION", Proposal.NONE, False),
        ("RECURRENCE", Proposal.LOOK_AGAIN, True),
    ]:
        course.stand(
            Conclusion(
                id=FAMILY, service="followup", state=state, proposal=proposal, concluded_at=NOW
            )
        )
        course.put_to_a_person(FAMILY, NOW)
        assert (course.state.task is not None) is is_asked, state
        if course.state.task is not None:
            course.follow(Decision(answer="watch", occurred_at=NOW))


def in_surveillance(reason: str) -> Course:
    """A journey that is followed, and nothing is proposed."""
    course = Course(JourneyState(phase=Phase.SURVEILLANCE, phase_reason=reason))
    course.stand(Conclusion(id=FAMILY, service="followup", state="NOT_LOCALIZED", concluded_at=NOW))
    course.put_to_a_person(FAMILY, NOW)
    return course


def hears_of_a_scan(course: Course, *, reopens: bool) -> str | None:
    """What is asked after this report?"""
    scan = EventArrived(event_id=uuid4(), kind=EventKind.STUDY)
    course.take_note(scan, HandedOver(applied=True, occurred_at=NOW, reopens=reopens))
    course.put_to_a_person(uuid4(), NOW)
    return course.state.task.question if course.state.task else None


@pytest.mark.parametrize(
    ("reason", "reopens", "asked"),
    [
        ("treat-medically", True, "look-again"),
        ("treat-medically", False, None),
        ("surgery", True, None),
    ],
)
def test_a_withdrawn_scan_brings_back_only_a_search_that_had_ended_without_a_tumor(
    reason: str, reopens: bool, asked: str | None
) -> None:
    assert hears_of_a_scan(in_surveillance(reason), reopens=reopens) == asked


@pytest.mark.parametrize(
    ("answer", "phase", "asked"),
    [
        ("keep-looking", Phase.LOCALIZATION, None),
        ("operate", Phase.TREATMENT, "record-the-operation"),
    ],
)
def test_before_an_operation_on_a_scan_that_was_withdrawn_a_clinician_decides_again(
    answer: str, phase: Phase, asked: str | None
) -> None:
    course = Course(JourneyState(phase=Phase.TREATMENT, phase_reason="operate"))
    course.put_to_a_person(FAMILY, NOW)
    usual = course.state.task

    assert usual is not None
    assert hears_of_a_scan(course, reopens=False) == usual.question == "record-the-operation"
    assert hears_of_a_scan(course, reopens=True) == "plan-treatment"
    course.follow(Decision(answer=answer, occurred_at=NOW))
    course.put_to_a_person(uuid4(), NOW)
    task = course.state.task
    assert (course.state.phase, task.question if task else None) == (phase, asked)


@pytest.mark.parametrize(
    ("answer", "phase"), [("localize", Phase.LOCALIZATION), ("watch", Phase.SURVEILLANCE)]
)
def test_a_search_that_was_opened_again_is_asked_about_once(answer: str, phase: Phase) -> None:
    course = in_surveillance("treat-medically")
    hears_of_a_scan(course, reopens=True)

    course.follow(Decision(answer=answer, occurred_at=NOW))
    course.put_to_a_person(uuid4(), NOW)

    assert (course.state.phase, course.state.task, course.state.reopened) == (phase, None, False)
    if phase is Phase.SURVEILLANCE:
        assert hears_of_a_scan(course, reopens=True) == "look-again"


def test_what_followup_has_not_heard_yet_it_hears_also_after_a_merge_that_was_undone() -> None:
    """Followup hears of it when surveillance begins: under the record that it was told for."""
    waits, of_both, record = uuid4(), uuid4(), uuid4()
    course = Course(JourneyState(for_followup=[waits]))
    prior = course.state.model_dump(mode="json", exclude={"waiting", "seen"})
    merge = EventArrived(event_id=uuid4(), kind=EventKind.MERGE)

    course.take_word(merge, Said(occurred_at=NOW, record=record, phase=Phase.LOCALIZATION))
    assert course.state.for_followup == [], "for the record of both it is told anew"
    course.state.for_followup.append(of_both)
    course.take_word(merge, Said(occurred_at=NOW, undone=True, prior=prior))

    assert (course.state.record, course.state.for_followup) == (None, [waits])


@pytest.mark.parametrize("dies", ["before the merge", "while it is told of it"])
def test_a_merge_that_is_undone_opens_nobodys_journey_who_died(dies: str) -> None:
    course = Course(JourneyState())
    death = EventArrived(event_id=uuid4(), kind=EventKind.DEATH)
    merge = EventArrived(event_id=uuid4(), kind=EventKind.MERGE)
    course.take_word(death, Said(occurred_at=NOW))
    if dies == "while it is told of it":
        course.take_word(merge, Said(occurred_at=NOW, survivor=FAMILY))

    course.take_word(merge, Said(occurred_at=NOW, survivor=FAMILY, undone=True))

    assert (course.state.phase, course.state.phase_reason) == (Phase.CLOSED, EventKind.DEATH)


def test_a_merge_that_is_undone_leaves_a_journey_closed_that_was_closed_before() -> None:
    course = Course(JourneyState())
    course.follow(Decision(answer="close", occurred_at=NOW))
    merge = EventArrived(event_id=uuid4(), kind=EventKind.MERGE)

    course.take_word(merge, Said(occurred_at=NOW, survivor=FAMILY, undone=True))

    assert (course.state.phase, course.state.phase_reason) == (Phase.CLOSED, "close")


def test_an_end_is_heard_before_anything_else_that_waits() -> None:
    course = Course(JourneyState())
    course.hear(the_event(0))
    course.hear(
        EventArrived(
            event_id=FAMILY, kind=EventKind.WITHDRAWAL, occurred_at=NOW + timedelta(days=99)
        )
    )

    assert course.next_event().kind is EventKind.WITHDRAWAL
