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


async def said(api: httpx2.AsyncClient, journey: UUID) -> list[tuple[str, str, str]]:
    """What was sent, by which step."""
    reminders = (await api.get(f"{path(journey)}/reminders")).json()["reminders"]
    sent = [one for one in reminders if one["status"] in ("sent", "sent-late")]
    return [(one["rule"], one["occurrence"], one["rung"]) for one in sent]
