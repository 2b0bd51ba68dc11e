"""Site settings through the client, on both databases: signed, kept in versions, counted."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import select

from services.assessment.client import AssessmentClient
from services.assessment.contract import AsOf, RecordFacts, SignedSiteSettings
from services.assessment.settings import AssessmentSettings
from services.assessment.site_settings import ASKED_AGAIN_AFTER_SECONDS, Lately, written
from services.assessment.tables import SiteSettingsRow
from services.chassis.client import Refused, Unreachable
from services.chassis.database import Database
from services.chassis.tables import AUDIT_ENTRY
from services.chassis.tokens import TokenMint
from tests.services.assessment.a_site import a_panel, a_phosphate, an_interval, some_settings
from tests.services.assessment.conftest import EVERYTHING, client_with
from tests.services.assessment.vectors import AS_OF

NORTH, SOUTH = "north", "south"
MAY_SIGN = (*EVERYTHING, "system/Organization.ru")
PLACE = "/assessment/v1/site-settings"
STRICT = some_settings(intervals=[an_interval(low=0.85, high=1.5)])
LENIENT = some_settings(intervals=[an_interval(low=0.78, high=1.5)])
BORDERLINE = a_panel(a_phosphate(0.82))


@pytest.fixture
def client(http: httpx2.AsyncClient, mint: TokenMint) -> AssessmentClient:
    """A client that may sign as well."""
    return client_with(http, mint, MAY_SIGN)


@pytest.fixture
def headers(mint: TokenMint) -> dict[str, str]:
    """The same, by hand."""
    return {"Authorization": f"Bearer {mint.mint('lab', NORTH, MAY_SIGN)}"}


async def level_of(client: AssessmentClient, organisation: str = NORTH) -> str:
    answer = await client.evaluate(organisation, BORDERLINE)
    return answer.interpretations[0].interpretation


async def test_settings_are_signed_and_read_back(client: AssessmentClient) -> None:
    signed = await client.sign_site_settings(NORTH, STRICT)

    assert (signed.version, signed.signed_by) == (1, "lab")
    assert signed.signed_at.utcoffset() is not None
    assert signed.settings == STRICT
    assert await client.read_site_settings(NORTH) == signed
    assert await client.read_site_settings_version(NORTH, 1) == signed


async def test_a_signature_that_is_repeated_is_the_same_signature(client: AssessmentClient) -> None:
    first = await client.sign_site_settings(NORTH, STRICT)
    second = await client.sign_site_settings(NORTH, LENIENT, 1)

    assert await client.sign_site_settings(NORTH, LENIENT, 1) == second
    assert (await client.read_site_settings(NORTH)).version == 2
    assert await client.read_site_settings_version(NORTH, 1) == first


async def test_what_was_read_and_sent_back_is_no_new_version(client: AssessmentClient) -> None:
    await client.sign_site_settings(NORTH, STRICT)

    read = await client.read_site_settings(NORTH)

    assert (await client.sign_site_settings(NORTH, read.settings, 1)).version == 1


async def refused_by(
    client: AssessmentClient, version: int | None, said: Any = LENIENT
) -> dict[str, Any]:
    with pytest.raises(Refused) as refused:
        await client.sign_site_settings(NORTH, said, version)
    return refused.value.problem


async def test_a_stale_edit_is_refused(client: AssessmentClient) -> None:
    assert (await refused_by(client, 1))["status"] == 412
    await client.sign_site_settings(NORTH, STRICT)
    assert (await refused_by(client, None))["status"] == 428
    assert (await refused_by(client, 2))["status"] == 412
    await client.sign_site_settings(NORTH, LENIENT, 1)
    other = some_settings(profile="CN_adult")
    assert (await refused_by(client, 1, other))["status"] == 412


async def test_of_two_who_sign_at_once_one_is_told(client: AssessmentClient) -> None:
    await client.sign_site_settings(NORTH, STRICT)
    profiles = ("CN_adult", "CN_paed", "INT_paed")

    signed = await asyncio.gather(
        *(client.sign_site_settings(NORTH, some_settings(profile=one), 1) for one in profiles),
        return_exceptions=True,
    )

    kept = [one for one in signed if isinstance(one, SignedSiteSettings)]
    told = [one for one in signed if isinstance(one, Refused)]
    assert [one.version for one in kept] == [2]
    assert [one.status for one in told] == [412, 412]


async def test_the_version_is_told_as_an_etag(
    http: httpx2.AsyncClient, client: AssessmentClient, headers: dict[str, str]
) -> None:
    body = STRICT.model_dump_json(exclude_unset=True).encode()
    json = {**headers, "Content-Type": "application/json"}

    put = await http.put(PLACE, content=body, headers=json)

    got = await http.get(PLACE, headers=headers)
    old = await http.get(f"{PLACE}/versions/1", headers=headers)
    assert put.headers["etag"] == got.headers["etag"] == old.headers["etag"] == '"1"'
    again = await http.put(PLACE, content=body, headers=json | {"If-Match": got.headers["etag"]})
    assert again.status_code == 200


async def test_what_may_not_stand_is_refused_with_every_place(
    http: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    rows = [an_interval(low=0.3, high=1.5), an_interval(unit="furlong", low=1, sex="male")]

    refused = await http.put(PLACE, json={"intervals": rows}, headers=headers)

    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    said = {(one["pointer"], one["code"]) for one in refused.json()["errors"]}
    assert said == {("/intervals/0/low", "safety"), ("/intervals/1/unit", "unit")}
    assert (await http.get(PLACE, headers=headers)).status_code == 404


async def test_a_row_without_its_source_is_refused(
    http: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    row = an_interval(low=0.8, high=1.5)
    del row["source"]

    refused = await http.put(PLACE, json={"intervals": [row], "shoe": 42}, headers=headers)

    said = {one["pointer"] for one in refused.json()["errors"]}
    assert (refused.status_code, said) == (422, {"/intervals/0/source", "/shoe"})


async def test_what_is_not_there_is_not_found(client: AssessmentClient) -> None:
    for version in (1, 2**31 - 1):
        with pytest.raises(Refused) as refused:
            await client.read_site_settings_version(NORTH, version)
        assert refused.value.status == 404
    for version in (0, 2**31):
        with pytest.raises(Refused) as refused:
            await client.read_site_settings_version(NORTH, version)
        assert refused.value.status == 422
    with pytest.raises(Refused) as refused:
        await client.read_site_settings(NORTH)
    assert refused.value.status == 404


async def test_another_organisation_neither_sees_them_nor_is_judged_by_them(
    client: AssessmentClient,
) -> None:
    await client.sign_site_settings(NORTH, STRICT)

    assert await level_of(client, NORTH) == "low"
    assert await level_of(client, SOUTH) == "normal"
    for ask in (
        client.read_site_settings(SOUTH),
        client.read_site_settings_version(SOUTH, 1),
    ):
        with pytest.raises(Refused) as refused:
            await ask
        assert refused.value.status == 404


@pytest.mark.parametrize("scopes", [EVERYTHING, (*EVERYTHING, "system/Organization.r")])
async def test_who_may_not_sign_is_refused(
    http: httpx2.AsyncClient, mint: TokenMint, scopes: tuple[str, ...]
) -> None:
    with pytest.raises(Refused) as refused:
        await client_with(http, mint, scopes).sign_site_settings(NORTH, STRICT)
    assert refused.value.status == 403


async def test_an_evaluation_counts_with_what_was_just_signed(client: AssessmentClient) -> None:
    assert await level_of(client) == "normal"
    await client.sign_site_settings(NORTH, STRICT)
    assert await level_of(client) == "low"
    await client.sign_site_settings(NORTH, LENIENT, 1)
    assert await level_of(client) == "normal"


async def test_what_is_stored_keeps_the_version_it_was_read_with(client: AssessmentClient) -> None:
    before, first, second = uuid4(), uuid4(), uuid4()
    await client.record_assessment(NORTH, before, BORDERLINE)
    await client.sign_site_settings(NORTH, STRICT)
    await client.record_assessment(NORTH, first, BORDERLINE)
    await client.sign_site_settings(NORTH, LENIENT, 1)
    await client.record_assessment(NORTH, second, BORDERLINE)

    kept = [await client.read_assessment(NORTH, id) for id in (before, first, second)]

    assert [one.interpretations[0].interpretation for one in kept] == ["normal", "low", "normal"]
    assert kept[0].site is None
    assert [one.site and one.site.version for one in kept[1:]] == [1, 2]
    assert kept[1].site is not None
    assert kept[1].site.used == ["site/1/intervals/0"]


async def test_a_record_is_concluded_with_the_newest_version(client: AssessmentClient) -> None:
    record, assessment = uuid4(), uuid4()
    told = BORDERLINE.model_dump(exclude_unset=True, exclude={"as_of"})
    await client.record_facts(NORTH, record, uuid4(), RecordFacts.model_validate(told))
    profile = some_settings(profile="CN_adult")
    await client.sign_site_settings(NORTH, profile)

    await client.assess_record(NORTH, record, assessment, AsOf(as_of=AS_OF))

    answer = await client.read_assessment(NORTH, assessment)
    assert answer.interpretations[0].range_from == "CN_adult"
    assert answer.site is not None
    assert answer.site.used == ["site/1/profile"]


async def test_another_process_counts_with_it_as_well(
    client: AssessmentClient, settings: AssessmentSettings
) -> None:
    database = Database(settings.database_url)
    clock = [0.0]
    elsewhere = Lately(database.across, lambda: clock[0])
    try:
        assert await elsewhere.in_force(NORTH) is None
        await client.sign_site_settings(NORTH, STRICT)
        assert await elsewhere.in_force(NORTH) is None
        clock[0] = ASKED_AGAIN_AFTER_SECONDS
        site = await elsewhere.in_force(NORTH)
        assert site is not None
        assert site.version == 1
        assert await elsewhere.in_force(SOUTH) is None
    finally:
        await database.close()


async def test_settings_that_a_newer_edition_no_longer_bears_are_not_passed_over(
    client: AssessmentClient, settings: AssessmentSettings
) -> None:
    once_fine = some_settings(intervals=[an_interval(low=0.3, high=1.5)])
    row = SiteSettingsRow(
        organisation=NORTH, version=1, body=written(once_fine), signed_by="lab", signed_at=AS_OF
    )
    database = Database(settings.database_url)
    async with database.across.transaction() as session:
        session.add(row)
    await database.close()

    for ask in (level_of(client), client.record_assessment(NORTH, uuid4(), BORDERLINE)):
        with pytest.raises(Unreachable, match="503"):
            await ask
    assert (await client.read_site_settings(NORTH)).settings == once_fine
    await client.sign_site_settings(NORTH, STRICT, 1)
    assert await level_of(client) == "low"


async def test_who_signed_and_who_read_is_in_the_audit_log(
    client: AssessmentClient, settings: AssessmentSettings
) -> None:
    await client.sign_site_settings(NORTH, STRICT)
    await client.sign_site_settings(NORTH, LENIENT, 1)
    await client.read_site_settings(NORTH)
    await client.read_site_settings_version(NORTH, 1)

    database = Database(settings.database_url)
    async with database.across.reading() as session:
        connection = await session.connection()
        rows = (await connection.execute(select(AUDIT_ENTRY).order_by("number"))).all()
    await database.close()
    assert [(one.action, one.kind, one.record_id, one.subject) for one in rows] == [
        ("create", "Organization", "site-settings/1", "lab"),
        ("update", "Organization", "site-settings/2", "lab"),
        ("read", "Organization", "site-settings/2", "lab"),
        ("read", "Organization", "site-settings/1", "lab"),
    ]
