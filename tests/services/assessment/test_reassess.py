"""A past conclusion as it was known then, and as it would be drawn now."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx2
import pytest

from services.assessment.client import AssessmentClient
from services.assessment.contract import SentResults
from services.chassis.client import Refused
from services.chassis.tokens import TokenMint
from tests.services.assessment.conftest import EVERYTHING
from tests.services.assessment.test_corrections import (
    NORTH,
    a_message,
    a_request,
    answer_in,
    corrected,
    stored,
    the_phosphate,
)
from tests.services.assessment.vectors import AS_OF, an_observation


async def test_as_of_answers_what_stood_at_that_moment(client: AssessmentClient) -> None:
    first = await stored(client, a_request())
    (once,) = (await corrected(client, the_phosphate(1.2))).affected
    (twice,) = (await corrected(client, the_phosphate(0.5))).affected
    marks = (await client.read_assessment(NORTH, first.id)).marked
    assert first.concluded_at is not None
    moments = [first.concluded_at, *(mark.marked_at for mark in marks)]

    stood = [await client.read_assessment(NORTH, first.id, moment) for moment in moments]

    assert [one.id for one in stood] == [first.id, once.redrawn, twice.redrawn]
    assert [one.marked for one in stood] == [[], [], []]
    just_before = await client.read_assessment(NORTH, first.id, moments[1] - timedelta.resolution)
    assert just_before == first


async def test_before_anything_was_concluded_there_is_nothing(client: AssessmentClient) -> None:
    first = await stored(client, a_request())
    assert first.concluded_at is not None
    moment = first.concluded_at - timedelta.resolution

    with pytest.raises(Refused) as refused:
        await client.read_assessment(NORTH, first.id, moment)

    assert refused.value.status == 404


async def test_a_drawn_again_conclusion_has_its_own_past(client: AssessmentClient) -> None:
    await stored(client, a_request())
    (once,) = (await corrected(client, the_phosphate(1.2))).affected
    now = datetime.now(UTC)

    assert (await client.read_assessment(NORTH, once.redrawn, now)).id == once.redrawn


@pytest.mark.parametrize(
    "query", ["asof=2026-01-01T00:00:00Z", "as_of=2026-01-01T00:00:00", "as_of=1"]
)
async def test_a_misspelt_or_unclear_moment_is_refused(
    client: AssessmentClient, http: httpx2.AsyncClient, mint: TokenMint, query: str
) -> None:
    first = await stored(client, a_request())

    reply = await http.get(
        f"/assessment/v1/assessments/{first.id}?{query}",
        headers={"Authorization": f"Bearer {mint.mint('lab', NORTH, EVERYTHING)}"},
    )

    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == f"/query/{query.partition('=')[0]}"


async def test_nothing_new_reassessed_is_the_same(client: AssessmentClient) -> None:
    first = await stored(client, a_request())

    again = await client.reassess(NORTH, first.id)

    assert (again.then, again.now, again.changes) == (first, answer_in(first), [])


async def test_reassessed_it_takes_the_newest_versions_and_stores_nothing(
    client: AssessmentClient,
) -> None:
    first = await stored(client, a_request())
    (affected,) = (await corrected(client, the_phosphate(1.2))).affected

    again = await client.reassess(NORTH, first.id)

    drawn = await client.read_assessment(NORTH, affected.redrawn)
    assert (again.now, again.changes) == (answer_in(drawn), affected.changes)
    assert again.then == await client.read_assessment(NORTH, first.id)
    page = await client.list_assessments(NORTH, "p-17")
    assert {one.id for one in page.assessments} == {first.id, drawn.id}


async def test_reassessed_it_knows_what_was_heard_later_of_that_time(
    client: AssessmentClient,
) -> None:
    first = await stored(client, a_request())
    late = an_observation("s_mg", 0.8, 2) | {"id": "late"}
    future = an_observation("s_mg", 0.8, -2) | {"id": "future"}
    theirs = an_observation("s_mg", 0.8, 2) | {"id": "theirs"}
    withdrawn = an_observation("s_mg", 0.8, 2) | {"id": "no", "status": "entered-in-error"}
    await corrected(client, late, future, withdrawn)
    await corrected(client, theirs, patient="p-18")

    again = await client.reassess(NORTH, first.id)

    used = {one.observation for one in again.now.interpretations}
    before = {one.observation for one in first.interpretations}
    assert used - before == {"late"}
    assert (await client.read_assessment(NORTH, first.id)) == first, "nothing was corrected"


async def test_get_and_post_reassess_alike(
    client: AssessmentClient, http: httpx2.AsyncClient, mint: TokenMint
) -> None:
    first = await stored(client, a_request())
    path = f"/assessment/v1/assessments/{first.id}/reassess"
    headers = {"Authorization": f"Bearer {mint.mint('lab', NORTH, EVERYTHING)}"}

    got, posted = await http.get(path, headers=headers), await http.post(path, headers=headers)

    assert got.status_code == posted.status_code == 200
    assert got.json() == posted.json()


async def test_what_was_confirmed_once_stays_so_until_a_result_behind_it_is_corrected(
    client: AssessmentClient,
) -> None:
    operated = {"tumor_removed": True, "tumor_removed_on": "2026-02-10"}
    operated |= {"tumor_histology": "phosphaturic mesenchymal tumour"}
    after = [
        an_observation("s_phos", 1.1, 5) | {"id": "back", "fasting": True},
        an_observation("s_fgf23_i", 30, 5) | {"id": "hormone", "assay": "KAINOS_ELISA"},
    ]
    confirmed = await stored(client, a_request(observations=after, findings=operated))
    if confirmed.tio_class != "TIO_CONFIRMED":
        pytest.fail(f"this patient is to be confirmed: {confirmed}")
    bare = [an_observation("s_phos", 1.0, -2) | {"id": "later"}]
    later = await stored(client, a_request(3, observations=bare))
    stranger = a_request(3, observations=bare, patient={"id": "p-18"})
    assert later.tio_class == "TIO_CONFIRMED"
    assert (await stored(client, stranger)).tio_class != "TIO_CONFIRMED"

    message = a_message({"id": "back", "status": "entered-in-error"})
    answer = await client.record_observations(NORTH, uuid4(), message)

    assert [one.assessment for one in answer.affected] == [confirmed.id, later.id]
    for one in answer.affected:
        now = await client.read_assessment(NORTH, one.redrawn)
        assert now.tio_class != "TIO_CONFIRMED"


def test_results_by_themselves_name_their_patient() -> None:
    body = {"observations": [an_observation("s_phos", 1.0, 1)], "patient": {"sex": "female"}}
    with pytest.raises(ValueError, match="id"):
        SentResults.model_validate(body)
    assert AS_OF
