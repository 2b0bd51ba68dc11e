"""A pause says nothing but what is critical; afterwards what came due is one list."""

from uuid import UUID

import httpx2

from tests.services.coordination.builders import (
    a_conclusion,
    a_progress,
    an_obligation,
    path,
    reported,
    started,
    with_hours,
    woken,
)

PAUSED = "2026-05-02T10:00:00Z"


async def test_a_pause_holds_everything_but_a_critical_result(api: httpx2.AsyncClient) -> None:
    await with_hours(api, spread_minutes=0)
    journey = await started(api)
    usual, critical = an_obligation(), {"rule": "MON-05", "occurrence": "c1", "act": "s_ca_adj"}
    critical = an_obligation(**critical, ladder="critical", due="2026-05-20", opens="2026-05-20")
    conclusion = a_conclusion(usual, critical)
    paused = a_progress(1, at=PAUSED, conclusion=conclusion, paused_since=PAUSED)
    await reported(api, journey, paused)
    await woken(api, journey, "2026-06-10T07:00:00Z")
    assert {rule for rule, _, _ in await said(api, journey)} == {"MON-05"}

    resumed = a_progress(2, at="2026-06-10T12:00:00Z", conclusion=conclusion)
    for _ in range(2):
        await reported(api, journey, resumed)
    await woken(api, journey, "2026-06-11T12:00:00Z")
    told = [one for one in await said(api, journey) if one[0] != "MON-05"]
    assert told == [("journey:resumed", "2", "T0")]
    await woken(api, journey, "2026-06-15T12:00:00Z")
    assert ("FUP-01", "day-1", "T+14") in await said(api, journey)


async def test_what_was_missed_during_a_pause_is_listed_when_it_ends(
    api: httpx2.AsyncClient,
) -> None:
    """Three months: the windows of the first weeks have closed, and nobody was reminded."""
    journey = await started(api)
    visit = an_obligation(rule="FUP-03", occurrence="d75", act="core_visit", due="2026-07-15")
    before = an_obligation(rule="FUP-02", occurrence="d1", act="fgf23", due="2026-04-20")
    lapsed = an_obligation(due="2026-05-05")
    known = a_conclusion(before | {"status": "missed"}, lapsed, visit)
    await reported(api, journey, a_progress(1, at=PAUSED, conclusion=known, paused_since=PAUSED))
    over = a_conclusion(before | {"status": "missed"}, lapsed | {"status": "missed"}, visit)
    later = "2026-06-20T10:00:00Z"
    await reported(api, journey, a_progress(2, at=later, conclusion=over, paused_since=PAUSED))
    await reported(api, journey, a_progress(3, at="2026-08-02T10:00:00Z", conclusion=over))

    seen = (await api.get(path(journey))).json()["obligations"]
    [listed] = [one for one in seen if one["act"] == "resumed"]
    assert listed["because"] == (
        "2 came due meanwhile: s_phos 2026-05-05 (missed); core_visit 2026-07-15"
    )
    assert {one["rule"]: one["due"] for one in seen if one["status"] == "open"} == {
        "FUP-03": "2026-07-15",
        "journey:resumed": "2026-08-02",
    }


async def said(api: httpx2.AsyncClient, journey: UUID) -> list[tuple[str, str, str]]:
    """What was sent, by which step."""
    reminders = (await api.get(f"{path(journey)}/reminders")).json()["reminders"]
    sent = [one for one in reminders if one["status"] in ("sent", "sent-late")]
    return [(one["rule"], one["occurrence"], one["rung"]) for one in sent]
