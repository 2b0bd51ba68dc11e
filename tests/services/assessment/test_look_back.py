"""Whoever looks back sees each decision with what went into it then, and what came after."""

from pathlib import Path
from uuid import uuid4

import pytest

from services.assessment.client import AssessmentClient
from services.assessment.look_back import Decision, NotMigrated, decisions
from services.assessment.settings import AssessmentSettings
from tests.services.assessment.test_corrections import NORTH, a_request, corrected, the_phosphate
from tests.services.conftest import AUDIENCE, ISSUER

SOUTH = "south"


async def stored(settings: AssessmentSettings) -> list[Decision]:
    return [one async for one in decisions(settings.database_url)]


def phosphate_in(decision: Decision) -> float:
    id = the_phosphate()["id"]
    used = next(one for one in decision.request["observations"] if one["id"] == id)
    return float(used["value"])


async def test_a_decision_is_read_with_the_results_it_was_drawn_from(
    client: AssessmentClient, settings: AssessmentSettings
) -> None:
    first = await client.record_assessment(NORTH, uuid4(), a_request())
    (affected,) = (await corrected(client, the_phosphate(1.2))).affected

    then, now = await stored(settings)

    assert (then.drawn.id, now.drawn.id) == (first.id, affected.redrawn)
    assert (phosphate_in(then), phosphate_in(now)) == (0.45, 1.2)
    assert then.drawn.tio_class == "TIO_PROBABLE" != now.drawn.tio_class


async def test_what_was_concluded_later_of_the_same_person_stands_with_it_and_of_no_other(
    client: AssessmentClient, settings: AssessmentSettings
) -> None:
    await client.record_assessment(NORTH, uuid4(), a_request())
    await client.record_assessment(SOUTH, uuid4(), a_request())
    (affected,) = (await corrected(client, the_phosphate(1.2))).affected

    first, elsewhere, last = await stored(settings)

    assert [one.id for one in first.later] == [affected.redrawn]
    assert first.later[0].supersedes == first.drawn.id
    assert (elsewhere.later, last.later) == ((), ())


async def test_a_database_of_another_shape_is_not_read(database_url: str, jwks: Path) -> None:
    empty = AssessmentSettings(
        database_url=database_url, jwks=str(jwks), issuer=ISSUER, audience=AUDIENCE
    )
    with pytest.raises(NotMigrated):
        await stored(empty)
