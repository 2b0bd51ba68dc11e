"""Venous sampling as a picture: what it marks, what it says in words, and who may see it."""

from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from knowledge.rules import venous_sampling
from services.chassis.tables import AUDIT_ENTRY
from services.chassis.tokens import TokenMint
from services.localization.contract import Sampling
from services.localization.vein_map import LAYOUT, in_words, vein_map
from tests.services.localization.conftest import asking
from tests.services.localization.test_localize import the_plan

NORTH, SOUTH = "north", "south"
SVG = "{http://www.w3.org/2000/svg}"
REFERENCES = [{"vein": "right atrium", "value": value} for value in (200, 220)]


def sample(vein: str, side: str | None, value: float, **more: Any) -> dict[str, Any]:
    """FGF23 of one vein."""
    return {"vein": vein, "laterality": side, "value": value} | more


def read(*samples: dict[str, Any], **said: Any) -> Sampling:
    """One session with its reference samples, as it is answered."""
    unit = {"unit": "pg/mL", "taken_at": "2026-02-01", "session": "s"}
    sent = [one | unit for one in (*REFERENCES, *samples)]
    (answered,) = the_plan(venous_samples=sent, **said).venous_sampling
    return answered


def texts(drawn: str) -> list[str]:
    """Everything that is written in the picture."""
    return ["".join(one.itertext()) for one in ElementTree.fromstring(drawn).iter(f"{SVG}text")]


def rings(drawn: str) -> list[tuple[str | None, str | None]]:
    """Where is a step-up ringed?"""
    radius = str(LAYOUT["line"]["ring"])
    circles = ElementTree.fromstring(drawn).iter(f"{SVG}circle")
    return [(one.get("cx"), one.get("cy")) for one in circles if one.get("r") == radius]


def test_a_step_up_is_ringed_at_its_vein_and_told_apart_without_colour() -> None:
    drawn = vein_map(read(sample("popliteal", "left", 357), sample("popliteal", "right", 325)))

    across, down = LAYOUT["veins"]["popliteal"]["at"]
    assert rings(drawn) == [(str(across), str(down))]
    assert "popliteal: ▲ 1.70" in texts(drawn)
    assert "popliteal: 1.54" in texts(drawn)
    assert across > LAYOUT["middle"]


def test_the_patients_right_stands_at_the_left_of_the_picture() -> None:
    drawn = vein_map(read(sample("axillary", "right", 400)))

    across, down = LAYOUT["veins"]["axillary"]["at"]
    assert rings(drawn) == [(str(2 * LAYOUT["middle"] - across), str(down))]


def test_a_ratio_just_below_the_limit_is_not_rounded_up_to_it() -> None:
    drawn = vein_map(read(sample("jugular", "left", 335.5)))

    assert rings(drawn) == []
    assert "jugular: 1.59" in texts(drawn)


def test_all_that_is_drawn_is_said_in_words() -> None:
    said = in_words(read(sample("popliteal", "left", 357), sample("svc", None, 210)))

    assert "Step-up: left popliteal vein 1.70, steps up; drains below the knee" in said
    assert "no candidate is there" in said
    assert "superior vena cava 1.00" in said
    assert "mean 210 pg/mL" in said


def test_what_has_no_place_in_the_picture_is_written_below_it() -> None:
    drawn = vein_map(read(sample("<i>moon</i> vein", "left", 300), sample("femoral", None, 220)))

    below = " ".join(texts(drawn))
    assert "Not drawn: left <i>moon</i> vein 1.42" in below
    assert "Not drawn: femoral vein 1.04" in below


def test_a_sampling_that_cannot_be_read_shows_no_ratio_and_says_why() -> None:
    drawn = vein_map(read(sample("popliteal", "left", 900), burosumab=[{"given_at": "2026-01-10"}]))

    assert rings(drawn) == []
    assert "popliteal: no ratio" in texts(drawn)
    assert any("14 weeks after burosumab" in one for one in texts(drawn))


def test_the_picture_is_named_described_and_loads_nothing() -> None:
    session = read(sample("popliteal", "left", 357))
    root = ElementTree.fromstring(vein_map(session))
    inside = vein_map(session, alone=False)

    named = [root.find(f"{SVG}{tag}") for tag in ("title", "desc")]
    ids = [one.get("id") for one in named if one is not None]
    assert root.get("role") == "img"
    assert [root.get("aria-labelledby"), root.get("aria-describedby")] == ids
    assert "<style" not in inside
    without_namespace = vein_map(session).replace(root.tag[1:].split("}")[0], "")
    assert not [w for w in ("href", "url(", "http", "<script") if w in without_namespace]
    inks = {one.get(how) for one in root.iter() for how in ("fill", "stroke")}
    assert inks <= {None, "none", "currentColor"}


def test_every_vein_that_is_sampled_for_a_part_of_the_body_has_its_place() -> None:
    veins = venous_sampling.TABLE.entries["veins"].values()

    assert {row.key for row in veins if not row.fields["reference"]} == set(LAYOUT["veins"])


@pytest.fixture
async def told(http: httpx2.AsyncClient) -> tuple[UUID, UUID]:
    """A search with one sampling."""
    plan, sampling = uuid4(), uuid4()
    samples = [*REFERENCES, sample("popliteal", "left", 357)]
    body = {"samples": [one | {"unit": "pg/mL"} for one in samples]}
    path = f"/localization/v1/plans/{plan}/venous-samplings/{sampling}"
    assert (await http.put(path, json=body)).status_code == 200
    return plan, sampling


def drawing(plan: UUID, sampling: UUID) -> str:
    """Where the picture is."""
    return f"/localization/v1/plans/{plan}/venous-samplings/{sampling}/drawing"


async def test_who_asks_for_the_picture_gets_it_and_is_remembered(
    served: FastAPI, http: httpx2.AsyncClient, told: tuple[UUID, UUID]
) -> None:
    answer = await http.get(drawing(*told))

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")
    assert "popliteal: ▲ 1.70" in texts(answer.text)
    assert ("read", "Procedure", str(told[1])) in await _audited(served, told[0])


async def test_nobody_else_sees_the_picture(
    served: FastAPI, http: httpx2.AsyncClient, mint: TokenMint, told: tuple[UUID, UUID]
) -> None:
    elsewhere = mint.mint("somebody", SOUTH, ["system/*.cruds"])
    other = await http.get(drawing(*told), headers={"Authorization": f"Bearer {elsewhere}"})
    unknown = await http.get(drawing(told[0], uuid4()))
    nobody = await http.get(drawing(*told), headers={"Authorization": ""})
    async with asking(served, mint, "system/CarePlan.r") as (_, plain):
        may_not = await plain.get(drawing(*told))

    assert [a.status_code for a in (other, unknown, nobody, may_not)] == [404, 404, 401, 403]


async def _audited(app: FastAPI, plan: UUID) -> list[tuple[str, ...]]:
    async with app.state.database.across.reading() as session:
        connection = await session.connection()
        wanted = select(AUDIT_ENTRY.c.action, AUDIT_ENTRY.c.kind, AUDIT_ENTRY.c.record_id).where(
            AUDIT_ENTRY.c.patient == str(plan)
        )
        return [tuple(row) for row in await connection.execute(wanted)]
