"""The imaging of the published cases, entered as reported: where it ends, or why elsewhere."""

import tomllib
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest

from knowledge.reference_cases.published import published_cases
from services.localization.contract import Plan, PlanRequest
from services.localization.localize import localize
from tests.services.localization.cases import built

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
SEQUENCES: list[dict[str, Any]] = tomllib.loads(
    files("knowledge.reference_cases").joinpath("published_imaging.toml").read_text("utf-8")
)["case"]


def the_plan(case: dict[str, Any], **more: Any) -> Plan:
    """What is answered to what was reported?"""
    said = {
        "biochemistry_confirmed": case["reported"] != "not searched",
        "studies": case.get("studies", []),
    }
    return localize(PlanRequest.model_validate(said | more), NOW)


@pytest.mark.parametrize("case", SEQUENCES, ids=lambda case: case["id"])
def test_a_published_search_ends_where_the_report_did_or_the_file_says_why_not(
    case: dict[str, Any],
) -> None:
    plan = the_plan(case)

    assert plan.state == case["state"]
    assert case["state"] == case["reported"] or len(case["difference"]) > 40
    assert [c.site_name for c in plan.candidates][:1] == (
        [case["first"]] if "first" in case else []
    )
    if "if_examined" in case:
        examined = the_plan(case, examination=built("examinations", "complete"))
        assert examined.state == case["if_examined"]


def test_every_published_case_with_imaging_was_entered() -> None:
    imaged = {case["id"] for case in published_cases() if case["imaging"]}

    assert {case["id"] for case in SEQUENCES} == imaged
