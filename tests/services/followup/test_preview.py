"""The next years before anybody accepts them, and what a change would move; nothing is stored."""

from typing import Any
from uuid import uuid4

import httpx2

SURGERY = {"performed_at": "2024-04-10", "site": "thigh", "margin": "wide", "tissue": "soft_tissue"}
NOON = "2024-04-10T12:00:00Z"


async def test_the_next_five_years_are_shown_before_they_are_accepted(
    http: httpx2.AsyncClient,
) -> None:
    asked = {"history": [SURGERY], "as_of": NOON, "preview_years": 5}
    answer = (await http.post("/followup/v1/evaluate", json=asked)).json()

    preview = answer["preview"]
    core = [item["due"] for item in preview["items"] if item["rule"] == "FUP-04"]
    assert preview["until"] == "2029-04-10"
    assert core[:3] == ["2024-12-21", "2025-06-19", "2025-12-16"]
    assert [i["due"] for i in preview["items"] if i["rule"] == "FUP-10"] == [
        "2024-07-09",
        "2025-07-09",
        "2026-07-09",
    ]
    planned = [id for visit in preview["visits"] for id in visit["items"]]
    assert len(planned) == len(set(planned)) == len(preview["items"])
    assert len(preview["visits"]) < len(preview["items"])


async def test_without_being_asked_nobody_gets_a_preview(http: httpx2.AsyncClient) -> None:
    answer = (await http.post("/followup/v1/evaluate", json={"history": [SURGERY]})).json()

    assert answer["preview"] is None


async def test_what_is_open_is_gathered_into_visits(http: httpx2.AsyncClient) -> None:
    asked = {"history": [SURGERY], "as_of": NOON}
    answer = (await http.post("/followup/v1/evaluate", json=asked)).json()

    still_open = {item["id"] for item in answer["schedule"] if item["status"] == "open"}
    assert {id for visit in answer["visits"] for id in visit["items"]} == still_open
    [summer] = [visit for visit in answer["visits"] if "FUP-03" in visit["rules"]]
    assert {"FUP-03", "FUP-06", "FUP-10", "FUP-11"} <= set(summer["rules"])


async def test_a_proposed_change_says_what_it_would_move_and_is_not_stored(
    http: httpx2.AsyncClient,
) -> None:
    plan = f"/followup/v1/plans/{uuid4()}"
    stored = await http.put(plan, json={"history": [SURGERY], "as_of": NOON})
    visit: dict[str, Any] = {
        "observations": [
            {
                "id": "o1",
                "analyte": "s_phos",
                "value": 1.0,
                "unit": "mmol/L",
                "taken_at": "2024-06-14T08:00:00Z",
            }
        ]
    }
    told = {"events": [visit, {"agent": "burosumab", "given_on": "2024-06-14"}], "years": 2}

    answer = await http.post(f"{plan}/preview", json=told)

    assert answer.status_code == 200, answer.text
    moves = {(m["rule"], m["change"], m["was"], m["becomes"]) for m in answer.json()["moves"]}
    assert ("FUP-03", "removed", "2024-06-24", None) in moves
    assert ("FUP-04", "moved", "2024-12-21", "2024-12-11") in moves
    assert ("FUP-37", "added", None, "2024-07-12") in moves
    assert (await http.get(plan)).json()["schedule"] == stored.json()["schedule"]


async def test_of_a_plan_that_is_not_there_nothing_is_previewed(http: httpx2.AsyncClient) -> None:
    assert (await http.post(f"/followup/v1/plans/{uuid4()}/preview", json={})).status_code == 404
