"""What a worker hears at once another hears one after the other: the journey takes the same way.

A call within the workflow's task is read again from a marker. Where a task was cut in two (by a
question to the journey, by a kill), whoever reads the history again may hear a signal, the timer
and the call's answer in another grouping than the one who lived through it (decisions 28, 29).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from temporalio.bridge.proto.activity_result import ActivityResolution, Success
from temporalio.bridge.proto.workflow_activation import (
    FireTimer,
    InitializeWorkflow,
    ResolveActivity,
    SignalWorkflow,
    WorkflowActivationJob,
)

from simulation.instance import CONVERTER, Identity, Instance, read
from workflows.contract import (
    EventArrived,
    EventKind,
    JourneyOrder,
    JourneyState,
    Turned,
    TurnRequest,
)
from workflows.journey import TioJourney

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
FIRST, SECOND = UUID(int=1), UUID(int=2)


def begins(state: JourneyState) -> WorkflowActivationJob:
    """The run begins."""
    order = JourneyOrder(journey_id=UUID(int=17), organisation="north", state=state)
    [said] = CONVERTER.payload_converter.to_payloads([order])
    return WorkflowActivationJob(
        initialize_workflow=InitializeWorkflow(workflow_type="TioJourney", arguments=[said])
    )


def told(event: UUID) -> WorkflowActivationJob:
    """An event arrives."""
    arrived = EventArrived(event_id=event, kind=EventKind.OBSERVATIONS, occurred_at=NOW)
    [said] = CONVERTER.payload_converter.to_payloads([arrived])
    return WorkflowActivationJob(
        signal_workflow=SignalWorkflow(signal_name="event_arrived", input=[said])
    )


def rings(timer: int) -> WorkflowActivationJob:
    """A timer fires."""
    return WorkflowActivationJob(fire_timer=FireTimer(seq=timer))


def answered(call: int, *heard: UUID, wake: datetime, rolls: bool = False) -> WorkflowActivationJob:
    """A turn was taken, in which these were heard."""
    state = JourneyState(revision=call + 1, asked_at=NOW, next_wake=wake)
    [said] = CONVERTER.payload_converter.to_payloads(
        [Turned(state=state, heard=heard, rolls=rolls)]
    )
    done = ActivityResolution(completed=Success(result=said))
    return WorkflowActivationJob(
        resolve_activity=ResolveActivity(seq=call, result=done, is_local=True)
    )


def way(*groups: Sequence[WorkflowActivationJob]) -> list[tuple[str, int]]:
    """What the journey does, when it hears this in these groups. As the engine's library has it, a
    timer that rang is not put away, and one that was set and put away in one step was never there.
    """
    instance = Instance(TioJourney, Identity(f"journey/{uuid4()}", "run", "run", NOW))
    done: list[tuple[str, int]] = []
    rang: set[int] = set()
    for number, jobs in enumerate(groups):
        rang |= {job.fire_timer.seq for job in jobs if job.HasField("fire_timer")}
        step = instance.step(NOW + timedelta(seconds=number), 10 + number, jobs)
        commands = [read(command) for command in step.commands]
        named = [(str(one.WhichOneof("variant")), _seq(one)) for one in commands]
        set_here = {seq for name, seq in named if name == "start_timer"}
        away = {seq for name, seq in named if name == "cancel_timer"}
        never = {("start_timer", seq) for seq in set_here & away}
        never |= {("cancel_timer", seq) for seq in away & (set_here | rang)}
        done += [one for one in named if one not in never]
    instance.drop()
    return done


def _seq(command: object) -> int:
    name = command.WhichOneof("variant")  # type: ignore[attr-defined]
    return int(getattr(getattr(command, name), "seq", 0))


WAKE = NOW + timedelta(days=3)
LATER = NOW + timedelta(days=6)
RESTS = begins(JourneyState(revision=1, asked_at=NOW, next_wake=WAKE))
"""It has stood there before: nothing to do but to wait for its day."""


async def test_a_turn_puts_the_timer_away_and_ends_by_setting_it() -> None:
    lived = way([RESTS], [told(FIRST)], [answered(1, FIRST, wake=WAKE)])
    assert [name for name, _ in lived] == [
        "set_patch_marker",
        "start_timer",
        "schedule_local_activity",
        "cancel_timer",
        "start_timer",
    ]


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(
            ([RESTS], [told(FIRST)], [answered(1, FIRST, wake=WAKE), rings(1)]),
            id="the answer comes with the timer that rang meanwhile",
        ),
        pytest.param(
            ([RESTS], [told(FIRST)], [rings(1), answered(1, FIRST, wake=WAKE)]),
            id="the timer that rang meanwhile comes before the answer",
        ),
    ],
)
async def test_a_timer_that_rang_during_a_turn_changes_nothing(
    again: tuple[list[WorkflowActivationJob], ...],
) -> None:
    """What made a journey stand still (decision 28): its timer rang, and was put away before."""
    assert way(*again) == way([RESTS], [told(FIRST)], [answered(1, FIRST, wake=WAKE)])


async def test_what_is_told_during_a_turn_has_the_next_one_wherever_it_is_heard() -> None:
    lived = way(
        [RESTS],
        [rings(1)],
        [told(FIRST), answered(1, wake=LATER)],
        [answered(2, FIRST, wake=LATER)],
    )
    read_again = way(
        [RESTS],
        [told(FIRST), rings(1)],
        [answered(1, wake=LATER)],
        [answered(2, FIRST, wake=LATER)],
    )
    assert lived == read_again
    assert [name for name, _ in lived].count("schedule_local_activity") == 2


async def test_a_look_that_is_wanted_while_a_run_ends_is_made_by_the_next_one() -> None:
    """Something fell due that the journey did not know of: nobody wants it a second time."""
    instance = Instance(TioJourney, Identity(f"journey/{uuid4()}", "run", "run", NOW))
    instance.step(NOW, 10, [RESTS])
    instance.step(NOW, 11, [told(FIRST)])
    wanted = WorkflowActivationJob(signal_workflow=SignalWorkflow(signal_name="look"))
    assert not instance.step(NOW, 12, [wanted]).commands
    [ends] = map(read, instance.step(NOW, 13, [answered(1, FIRST, wake=WAKE, rolls=True)]).commands)
    instance.drop()

    [carried] = ends.continue_as_new_workflow_execution.arguments
    [order] = CONVERTER.payload_converter.from_payloads([carried], [JourneyOrder])
    instance = Instance(TioJourney, Identity(f"journey/{uuid4()}", "next", "run", NOW))
    commands = list(map(read, instance.step(NOW, 10, [begins(order.state)]).commands))
    instance.drop()
    [turn] = [one for one in commands if one.HasField("schedule_local_activity")]
    [said] = turn.schedule_local_activity.arguments
    [request] = CONVERTER.payload_converter.from_payloads([said], [TurnRequest])
    assert request.looking


async def test_what_a_turn_has_heard_is_no_news_when_it_is_told_afterwards() -> None:
    together = way([RESTS], [told(FIRST), told(SECOND)], [answered(1, FIRST, SECOND, wake=LATER)])
    apart = way([RESTS], [told(FIRST)], [answered(1, FIRST, SECOND, wake=LATER)], [told(SECOND)])
    assert together == apart


async def test_a_timer_that_is_heard_with_an_older_clock_has_rung_all_the_same() -> None:
    """As a worker hears it that is asked something while the timer fires (decision 29)."""
    instance = Instance(TioJourney, Identity(f"journey/{uuid4()}", "run", "run", NOW))
    instance.step(NOW, 10, [RESTS])
    [turn] = map(read, instance.step(NOW, 11, [rings(1)]).commands)
    [said] = turn.schedule_local_activity.arguments
    [request] = CONVERTER.payload_converter.from_payloads([said], [TurnRequest])
    assert request.at == WAKE

    commands = map(read, instance.step(NOW, 12, [answered(1, wake=LATER)]).commands)
    [timer] = [one for one in commands if one.HasField("start_timer")]
    pause = timer.start_timer.start_to_fire_timeout.ToTimedelta()
    assert WAKE + pause == LATER
    instance.drop()
