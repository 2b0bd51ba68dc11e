"""A message sent because of a value that was corrected is followed by one that says so."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from services.chassis import context
from tests.query_plans import asked, go_through_all
from tests.services.coordination.builders import (
    a_conclusion,
    a_progress,
    an_obligation,
    day,
    path,
    reported,
    rungs,
    woken,
)
from tests.services.coordination.conftest import until
from tests.services.coordination.receivers import Hook, a_web_receiver
from tests.services.coordination.test_digest import moment, relayed
from tests.services.coordination.test_notify import DUE, _all_delivered, a_due_thing, listening

CORRECTED = ("s_phos:corrected",)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """A webhook receiver that checks every signature."""
    async with a_web_receiver() as receiver:
        yield receiver


@pytest.mark.parametrize(
    ("because", "heard"), [(CORRECTED, ["T0", "corrected"]), ((), ["T0"])], ids=["corrected", "not"]
)
async def test_who_was_told_on_an_old_value_is_told_that_it_is_off(
    api: httpx2.AsyncClient, hook: Hook, because: tuple[str, ...], heard: list[str]
) -> None:
    await listening(api, hook)
    journey = await a_due_thing(api)
    await woken(api, journey, DUE)
    await until(lambda: _all_delivered(api, journey))

    none = a_conclusion(because_of=because)
    with asked(context.organisation) as plans:
        for _ in range(2):
            await reported(api, journey, a_progress(2, at="2026-06-02T10:00:00Z", conclusion=none))
    await until(lambda: len(hook.heard) == len(heard))
    assert go_through_all(plans) == {}, "not all that ever arrived is looked through"

    said = [message["data"]["rung"].partition("@")[0] for _, message in hook.heard]
    assert said == heard
    reminders = (await api.get(f"{path(journey)}/reminders")).json()["reminders"]
    assert len(reminders) == len({one["id"] for one in reminders})


@pytest.mark.parametrize(("becomes", "status"), [("missed", "waiting"), ("open", "withdrawn")])
async def test_the_word_that_it_is_off_is_only_taken_back_when_the_thing_is_on_again(
    api: httpx2.AsyncClient, hook: Hook, becomes: str, status: str
) -> None:
    await listening(api, hook)
    journey = await a_due_thing(api)
    await woken(api, journey, DUE)
    await until(lambda: _all_delivered(api, journey))

    hook.answers = [503] * 1000
    off = a_conclusion(because_of=CORRECTED)
    await reported(api, journey, a_progress(2, at="2026-06-02T10:00:00Z", conclusion=off))
    later = a_conclusion(an_obligation(status=becomes))
    await reported(api, journey, a_progress(3, at="2026-06-02T11:00:00Z", conclusion=later))

    reminders = (await api.get(f"{path(journey)}/reminders")).json()["reminders"]
    [word] = [one for one in reminders if one["rung"].startswith("corrected")]
    assert [one["status"] for one in word["deliveries"]] == [status]


async def test_each_is_told_that_it_is_off_as_they_were_told_of_it_and_a_patient_not_at_night(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    async with a_web_receiver() as ward:
        await listening(api, hook, roles=["patient"])
        await listening(api, ward, roles=["staff"])
        journey = await a_due_thing(api, due="2124-06-06", opens="2124-05-23")
        for number, at in enumerate(("2124-06-03T07:00:00Z", "2124-06-06T07:00:00Z"), 1):
            await woken(api, journey, at)
            await until(lambda: _all_delivered(api, journey))
            assert len(hook.heard + ward.heard) == number
        off = a_conclusion(because_of=CORRECTED)
        await reported(api, journey, a_progress(2, at="2124-06-07T01:00:00Z", conclusion=off))
        await until(lambda: len(ward.heard) == 2)

        await relayed(api, moment("2124-06-07T05:59:00Z"))
        assert len(hook.heard) == 1
        await relayed(api, moment("2124-06-07T06:00:00Z"))

    for receiver, who in ((hook, "patient"), (ward, "staff")):
        told, off_again = (body["data"] for _, body in receiver.heard)
        assert (told["recipient"], told["means"]) == (off_again["recipient"], off_again["means"])
        assert (off_again["rung"], off_again["recipient"]) == ("corrected", who)


async def test_what_reached_nobody_needs_no_word_that_it_is_off(api: httpx2.AsyncClient) -> None:
    journey = await a_due_thing(api)
    await woken(api, journey, DUE)
    before = await rungs(api, journey)

    none = a_conclusion(because_of=CORRECTED)
    await reported(api, journey, a_progress(2, at="2026-06-02T10:00:00Z", conclusion=none))

    assert await rungs(api, journey) == before


async def test_a_visit_that_a_service_moves_by_months_is_told_anew(
    api: httpx2.AsyncClient,
) -> None:
    """An operation's day was corrected, say: of the visit on its new day nobody has heard."""
    journey = await a_due_thing(api)
    await woken(api, journey, DUE)
    told = [rung for rung, _ in await rungs(api, journey)]
    moved = a_conclusion(an_obligation(due="2026-09-01", opens="2026-08-25"))

    at = "2026-06-02T10:00:00Z"
    wake = await reported(api, journey, a_progress(2, at=at, conclusion=moved))
    assert wake is not None
    assert wake.date() == day("2026-08-18")
    await woken(api, journey, wake)

    assert [rung for rung, _ in await rungs(api, journey)] == [*told, "T-14@2026-09-01"]


@pytest.mark.parametrize(
    ("moved_to", "said"),
    [("2026-06-08", ("T0", "2026-06-01")), ("2026-06-09", ("T-14", "2026-06-09"))],
    ids=["a week", "more than a week"],
)
async def test_what_still_waits_is_not_said_of_a_day_that_was_moved_far(
    api: httpx2.AsyncClient, hook: Hook, moved_to: str, said: tuple[str, str]
) -> None:
    await listening(api, hook)
    hook.answers = [503] * 1000
    journey = await a_due_thing(api)
    await woken(api, journey, DUE)

    moved = a_conclusion(an_obligation(due=moved_to))
    at = "2026-06-02T10:00:00Z"
    await reported(api, journey, a_progress(2, at=at, conclusion=moved))
    hook.answers = []

    await until(lambda: hook.heard)
    await until(lambda: _all_delivered(api, journey))
    heard = [(body["data"]["rung"], body["data"]["due"]) for _, body in hook.heard]
    assert heard == [said]
