"""One turn, without a server: it ends while whoever waits for its answer still waits."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from temporalio.testing import ActivityEnvironment

from tests.workflows.ward import Told, Ward, wasting_is_found
from workflows.contract import EventKind, JourneyState, Phase, Turned, TurnRequest
from workflows.policies import EVENTS_IN_A_TURN
from workflows.taking_turns import TakingTurns

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
JOURNEY = UUID(int=17)


async def turn(ward: Ward, state: JourneyState) -> Turned:
    """The journey takes a turn from here."""
    request = TurnRequest(
        organisation="north", journey_id=JOURNEY, at=NOW, state=state, seed=uuid4()
    )
    return await ActivityEnvironment().run(TakingTurns(ward.activities()).take_turn, request)


async def test_followup_hears_the_results_of_years_in_several_turns_and_is_asked_once() -> None:
    ward = Ward(wasting_is_found)
    results = [uuid4() for _ in range(3 * EVENTS_IN_A_TURN - 1)]
    ward.events |= {one: Told(EventKind.OBSERVATIONS, NOW, None, None) for one in results}
    state = JourneyState(
        phase=Phase.SURVEILLANCE, for_followup=results, changed=True, untold=True, revision=7
    )

    turned, turns = await turn(ward, state), 1
    assert ward.asked == {"record_event": EVENTS_IN_A_TURN}, "no more than a turn has time for"
    assert turned.left
    assert turned.state.unfinished, "should the run end here, the next one goes on"
    while turned.left:
        turned, turns = await turn(ward, turned.state), turns + 1

    assert turns == 3
    assert ward.kept["followup"] == set(results)
    assert ward.asked["record_event"] == len(results)
    assert ward.asked["conclude_followup"] == 1
    assert [progress.revision for progress in ward.progress[JOURNEY]] == [8]
    assert not turned.state.unfinished
