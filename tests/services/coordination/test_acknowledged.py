"""What a person has seen: an alert ends with it, everything else goes on."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.services.coordination.builders import (
    a_conclusion,
    a_progress,
    an_event,
    an_obligation,
    path,
    reported,
    rungs,
    started,
    told,
    with_hours,
    woken,
)


async def acknowledged(api: httpx2.AsyncClient, journey: UUID, ladder: str) -> Any:
    """An obligation of this ladder, once a person has acknowledged it and it is concluded anew."""
    owed = an_obligation(rule="MON-02", occurrence="o1@1 urgent", ladder=ladder)
    report = a_progress(1, "2026-06-01T08:00:00Z", conclusion=a_conclusion(owed))
    await reported(api, journey, report)
    await said(api, journey)
    await reported(api, journey, a_progress(2, conclusion=a_conclusion(owed)))
    return await as_it_stands(api, journey)


async def said(api: httpx2.AsyncClient, journey: UUID, **more: Any) -> Any:
    """What became of it, once somebody said that it was seen, or took that back."""
    key = {"rule": "MON-02", "occurrence": "o1@1 urgent"}
    event = an_event("acknowledgement", payload={"obligation": key, **more})
    assert (await told(api, journey, event)).status_code == 202
    settled = {"outcome": "applied", "reason": ""}
    answer = await api.put(f"{path(journey)}/events/{event['id']}/outcome", json=settled)
    return answer.json()["outcome"]


async def as_it_stands(api: httpx2.AsyncClient, journey: UUID) -> Any:
    """The one thing that is owed."""
    [seen] = (await api.get(path(journey))).json()["obligations"]
    return seen


async def expect_to_be_taken_back(api: httpx2.AsyncClient, journey: UUID) -> None:
    """Once; then it is owed as before, and may be seen again."""
    assert await said(api, journey, undone=True) == "applied"
    assert await said(api, journey, undone=True) == "refused"
    owed = await as_it_stands(api, journey)
    assert (owed["status"], owed["acknowledged"], owed["disposition"]) == ("open", False, None)
    assert await said(api, journey) == "applied"


@pytest.mark.parametrize("ladder", ["critical", "alert"])
async def test_an_alert_that_somebody_acknowledged_is_done_and_stays_so(
    api: httpx2.AsyncClient, ladder: str
) -> None:
    journey = await started(api)

    seen = await acknowledged(api, journey, ladder)

    assert (seen["status"], seen["disposition"], seen["acknowledged"]) == ("done", "DONE", True)
    assert await woken(api, journey, "2026-08-30T08:00:00Z") is None
    await expect_to_be_taken_back(api, journey)


@pytest.mark.parametrize("ladder", ["lab", "imaging", "decision"])
async def test_to_have_seen_what_is_due_is_not_to_have_done_it(
    api: httpx2.AsyncClient, ladder: str
) -> None:
    journey = await started(api)

    seen = await acknowledged(api, journey, ladder)

    assert (seen["status"], seen["acknowledged"]) == ("open", True)
    await expect_to_be_taken_back(api, journey)


@pytest.mark.parametrize(
    ("seen_at", "said"),
    [
        (None, ["T+30", "T+37"]),
        ("2026-06-30T08:00:00Z", ["T+30", "T+37"]),
        ("2026-07-01T08:00:00Z", ["T+30"]),
    ],
    ids=["by nobody", "before there was a task", "once there was one"],
)
async def test_a_clinicians_task_that_nobody_acknowledges_goes_to_a_supervisor_after_a_week(
    api: httpx2.AsyncClient, seen_at: str | None, said: list[str]
) -> None:
    await with_hours(api, spread_minutes=0)
    journey, owed = await started(api), an_obligation()
    await reported(api, journey, a_progress(1, conclusion=a_conclusion(owed)))
    await woken(api, journey, "2026-07-01T07:00:00Z")
    if seen_at is not None:
        key = {"rule": owed["rule"], "occurrence": owed["occurrence"]}
        event = an_event("acknowledgement", occurred_at=seen_at, payload={"obligation": key})
        assert (await told(api, journey, event)).status_code == 202
        settled = {"outcome": "applied", "reason": ""}
        await api.put(f"{path(journey)}/events/{event['id']}/outcome", json=settled)

    await woken(api, journey, "2026-07-08T07:00:00Z")

    assert [rung for rung, status in await rungs(api, journey) if status == "sent"] == said
