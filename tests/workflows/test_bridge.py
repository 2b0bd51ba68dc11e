"""Somebody is treated by drugs while the tumor is looked for, or until it is removed: a bridge."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from tests.services.followup.timelines import AREAS
from tests.workflows.real_ward import Ward, a_real_ward

TODAY = datetime.now(UTC).date()
START = {"patient": {"id": "p-47", "sex": "male", "age_years": 47}, "label_profile": "US"}


@pytest.fixture
async def ward(temporal: Client, tmp_path: Path) -> AsyncIterator[Ward]:
    """A ward that looks for tumors and treats whom it finds none in."""
    async with a_real_ward(temporal, tmp_path, "localization", "followup", rehearsal=True) as ward:
        yield ward


def ago(days: int) -> str:
    """A day in the past, as a date."""
    return str(TODAY - timedelta(days=days))


def a_dose(days: int) -> dict[str, Any]:
    """Burosumab, so many days ago."""
    dose = {"agent": "burosumab", "dose": 30, "dose_unit": "mg", "every_days": 28}
    return dose | {"started_on": ago(days)}


def a_scan(days: int, *lesions: dict[str, Any], tracer: str = "ga68_dotatate") -> dict[str, Any]:
    """A scan of the whole body."""
    said = {"modality": "pet_ct", "tracer": tracer, "performed_at": ago(days)}
    return said | {"coverage": ["entire body"], "lesions": list(lesions)}


def a_phosphate(value: float) -> dict[str, Any]:
    """This morning's, with the laboratory's interval."""
    said = {"id": f"p {value}", "analyte": "s_phos", "value": value, "unit": "mmol/L"}
    said |= {"taken_at": f"{TODAY}T00:00:01+00:00", "fasting": True}
    return {"observations": [said | {"reference_range": {"low": 0.8, "high": 1.45}}]}


async def nothing_is_found(ward: Ward) -> None:
    """An examination and two scans of the whole body without a finding."""
    await ward.put(ward.journey, START)
    await ward.tell("decision", {"answer": "localize", "reason": "a low phosphate, wasted"})
    areas = dict.fromkeys(AREAS, "normal")
    await ward.tell("examination", {"examined_at": ago(30), "areas": areas})
    await ward.tell("study", a_scan(30))
    await ward.tell("study", a_scan(30, tracer="f18_fdg"))
    await ward.until("localization", "plan-treatment")


def open_rules(seen: Any, service: str) -> set[str]:
    """By which rules of this service is something due?"""
    owed = (one for one in seen["obligations"] if one["service"] == service)
    return {one["rule"] for one in owed if one["status"] == "open"}


LESION = {"site": "femur", "laterality": "left", "uptake": "above_liver", "mimic": "none"}
MASS = {"site": "femur", "laterality": "left", "size_mm": 16, "anatomical_correlate": True}


async def test_a_drug_given_while_the_tumor_is_looked_for_is_watched_beside_the_search(
    ward: Ward,
) -> None:
    await nothing_is_found(ward)
    searching = open_rules(await ward.read(), "localization")
    await ward.tell("therapy", a_dose(14))

    seen = await ward.once(lambda seen: open_rules(seen, "followup"))
    assert (seen["phase"], seen["state"]) == ("localization", "NOT_LOCALIZED")
    assert "FUP-37" in open_rules(seen, "followup")
    assert open_rules(seen, "localization") == searching

    await ward.tell("observations", a_phosphate(1.62))
    seen = await ward.once(lambda seen: "MON-03" in open_rules(seen, "followup"))
    assert seen["phase"] == "localization"
    assert (await ward.followup.get(ward.plan)).json()["state"] == "NOT_LOCALIZED"


async def test_the_bridge_goes_on_when_the_journey_moves_and_what_was_found_is_told(
    ward: Ward,
) -> None:
    await nothing_is_found(ward)
    await ward.tell("therapy", a_dose(14))
    await ward.tell("decision", {"answer": "treat-medically", "reason": "nothing is found"})
    medically = await ward.once(lambda seen: seen["phase"] == "surveillance" and seen["state"])
    assert medically["state"] == "NOT_LOCALIZED"
    assert {"FUP-37", "FUP-40"} <= open_rules(medically, "followup")

    await ward.tell("study", a_scan(0, LESION))
    mri = {"modality": "mri", "performed_at": ago(0), "coverage": ["femur"]}
    await ward.tell("study", mri | {"lesions": [MASS | {"mimic": "none"}]})
    await ward.until("surveillance", "look-again")
    await ward.tell("decision", {"answer": "localize", "reason": "a focus in the femur"})
    found = await ward.until("localization", "plan-treatment")
    assert found["state"].startswith("LOCALIZED")
    assert "FUP-37" in open_rules(found, "followup")
    plan = (await ward.followup.get(ward.plan)).json()
    assert plan["state"].startswith("LOCALIZED")
    assert "FUP-40" not in open_rules(found, "followup")

    await ward.tell("decision", {"answer": "operate", "reason": "it can be removed"})
    planned = await ward.until("treatment", "record-the-operation")
    assert "FUP-37" in open_rules(planned, "followup")
    booked = {"procedure": "surgery", "planned_for": str(TODAY + timedelta(days=40))}
    await ward.tell("planned", booked | {"noted_on": ago(0)})
    await ward.once(lambda seen: "FUP-37" not in open_rules(seen, "followup"))


async def test_a_pregnancy_changes_what_is_scanned_and_what_is_given(ward: Ward) -> None:
    await ward.put(ward.journey, START | {"patient": {"id": "p-48", "sex": "female"}})
    await ward.tell("decision", {"answer": "localize", "reason": "a low phosphate, wasted"})
    areas = dict.fromkeys(AREAS, "normal")
    await ward.tell("examination", {"examined_at": ago(30), "areas": areas})
    await ward.tell("therapy", a_dose(14))
    before = await ward.once(lambda seen: open_rules(seen, "followup"))
    assert "LOC-003" in open_rules(before, "localization")

    await ward.tell("constraints", {"constraints": {"pregnancy": True}})
    after = await ward.once(lambda seen: "LOC-003" not in open_rules(seen, "localization"))
    assert after["phase"] == "localization"
    await ward.once(lambda seen: seen["revision"] > before["revision"])
    plan = (await ward.followup.get(ward.plan)).json()
    assert "pregnancy" in {caveat["code"] for caveat in plan["caveats"]}


async def test_a_withdrawn_operation_leads_back_to_where_the_journey_came_from(ward: Ward) -> None:
    await nothing_is_found(ward)
    operation = {"id": "operation 7", "performed_at": ago(3), "site": "thigh", "margin": "wide"}
    await ward.tell("surgery", operation)
    await ward.once(lambda seen: seen["phase"] == "surveillance" and seen["state"])

    await ward.tell("surgery", operation | {"version": 2, "status": "entered-in-error"})
    back = await ward.until("localization", "plan-treatment")
    assert back["state"] == "NOT_LOCALIZED"
    assert not open_rules(back, "followup")
