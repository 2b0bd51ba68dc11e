"""What the diagnosis rests on turns out otherwise: a person is asked, whatever the phase."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client

from knowledge.terms.obligation import Conclusion, Proposal
from tests.workflows.conftest import a_walk
from tests.workflows.real_ward import Ward as RealWard
from tests.workflows.real_ward import a_real_ward
from tests.workflows.test_corrected_result import a_phosphate
from tests.workflows.ward import Ward, a_conclusion, wasting_is_found
from workflows.contract import ConclusionRequest, EventKind, Phase

IN_DOUBT = "the-diagnosis-is-in-doubt"


@pytest.fixture
async def ward(temporal: Client, tmp_path: Path) -> AsyncIterator[RealWard]:
    """The real coordination and the real assessment; the search says little."""
    async with a_real_ward(temporal, tmp_path, "assessment") as ward:
        yield ward


async def test_a_phosphate_corrected_while_a_tumor_is_looked_for_asks_whether_to_go_on(
    ward: RealWard,
) -> None:
    patient = {"id": "p-17", "sex": "female", "birth_date": "1979-04-02"}
    await ward.put(ward.journey, {"patient": patient})
    await ward.tell("observations", a_phosphate(0.40))
    await ward.once(lambda seen: seen["conclusion"] is not None)
    await ward.tell("decision", {"answer": "localize", "reason": "wasted, and no drug"})
    await ward.once(lambda seen: seen["phase"] == "localization" and seen["state"])

    await ward.tell("observations", a_phosphate(1.15, status="corrected"))
    asked = await ward.until("localization", IN_DOUBT)
    said = {"task": asked["task"]["id"], "answer": "refuted", "reason": "it was never low"}
    assert (await ward.tell("decision", said)).status_code == 202
    closed = await ward.once(lambda seen: seen["phase"] == "closed")
    assert closed["closed_because"] == "refuted"
    assert not [one for one in closed["obligations"] if one["status"] == "open"]

    await ward.tell("decision", {"answer": "reopen", "reason": "it is low again"})
    await ward.once(lambda seen: seen["phase"] == "localization" and seen["state"])


def a_gene_is_found(ward: Ward, service: str, request: ConclusionRequest) -> Conclusion:
    """The usual story, until a gene explains it."""
    if service == "assessment" and EventKind.GENETICS in ward.kinds_kept("assessment"):
        return a_conclusion(service, request, "TIO_UNLIKELY", Proposal.CLOSE)
    return wasting_is_found(ward, service, request)


@pytest.mark.parametrize(
    ("answer", "phase"),
    [
        ("confirmed", Phase.LOCALIZATION),
        ("reassess", Phase.ASSESSMENT),
        ("refuted", Phase.CLOSED),
    ],
)
async def test_a_gene_found_late_puts_the_search_in_doubt(
    temporal: Client, answer: str, phase: Phase
) -> None:
    async with a_walk(temporal, Ward(a_gene_is_found)) as walk:
        await walk.say(EventKind.OBSERVATIONS)
        await walk.answer("proceed-to-localization", "localize")
        await walk.settled(lambda state: state.phase is Phase.LOCALIZATION)
        await walk.say(EventKind.GENETICS)
        await walk.answer(IN_DOUBT, answer)
        if phase is Phase.CLOSED:
            await walk.journeys.handle(walk.organisation, walk.id).result()
            return
        state = await walk.settled(lambda state: state.phase is phase and not state.doubted)
        assert state.task is None or state.task.question != IN_DOUBT
