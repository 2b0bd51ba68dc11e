"""Which results may show that the disease is gone, and what is said of those that may not."""

import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from services.followup.contract import FollowUp, PlanRequest
from services.followup.follow_up import follow_up

TABLE = tomllib.loads(Path(__file__).with_name("masks.toml").read_text("utf-8"))
ASKED = "2025-06-20"
NORMAL = {"s_phos": 1.0, "s_alp": 90}
LABORATORY = {
    "s_phos": ("mmol/L", {"low": 0.80, "high": 1.45}),
    "s_alp": ("U/L", {"low": 35, "high": 120}),
    "s_fgf23_i": ("pg/mL", {"high": 54}),
}
SURGERY = {"performed_at": "2025-03-01", "site": "thigh", "tissue": "soft_tissue", "margin": "wide"}


def drawn(day: str, values: dict[str, Any]) -> dict[str, Any]:
    """A fasting morning sample, but for what is told of a result."""
    found = []
    for analyte, told in values.items():
        more = told if isinstance(told, dict) else {"value": told}
        unit, interval = LABORATORY[analyte]
        one = {"id": f"{day} {analyte}", "analyte": analyte, "unit": unit, "fasting": True}
        one |= {"value": NORMAL.get(analyte), "taken_at": f"{day}T08:00:00Z"}
        found.append(one | {"reference_range": interval} | more)
        if found[-1]["fasting"] == "":
            del found[-1]["fasting"]
    return {"kind": "observations", "observations": found}


def cases() -> Iterator[Any]:
    """Each case, and each agent of those that are said of several."""
    yield from (pytest.param(case, id=case["name"]) for case in TABLE["case"])
    for case in TABLE["each"]:
        for agent in case["agents"]:
            told = [{"agent": agent} | one for one in case["told"]]
            said = case | {"told": told, "agent": agent}
            yield pytest.param(said, id=f"{case['name']}: {agent}")


def asked(*history: dict[str, Any], day: str = ASKED) -> FollowUp:
    """What follows from this history on this day?"""
    as_of = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    return follow_up(PlanRequest.model_validate({"history": list(history)}), as_of)


@pytest.mark.parametrize("case", cases())
def test_remission_is_read_only_from_what_may_be_believed(case: dict[str, Any]) -> None:
    before = [drawn(day, values) for day, values in case.get("steps", {}).items()]
    today = drawn(ASKED, NORMAL | case.get("sample", {}))

    answer = asked(SURGERY, *case.get("told", ()), *before, today)

    said = {caveat.code: caveat.text for caveat in answer.caveats}
    assert answer.rejected == []
    assert answer.state == case["state"], said
    assert answer.flags == case.get("flags", answer.flags)
    assert set(case.get("says", ())) <= said.keys()
    assert said.keys().isdisjoint(case.get("silent", ()))
    if "names" in case:
        assert all(case["agent"] in said[code] for code in case["says"])


def test_the_mask_ends_fourteen_weeks_after_the_last_dose_not_after_the_first() -> None:
    doses = [
        {"agent": "burosumab", "given_on": day}
        for day in ("2025-01-13", "2025-02-10", "2025-03-10", "2025-04-22")
    ]
    answer = asked(*doses, drawn("2025-05-06", NORMAL), day="2025-05-06")
    [masked] = [caveat for caveat in answer.caveats if caveat.code == "masked_phosphate"]

    assert masked.until == date(2025, 7, 29)
    assert "2025-07-29" in masked.text


def test_an_unknown_word_of_a_state_leaves_the_one_before() -> None:
    known = {"state": "NOT_LOCALIZED", "noted_on": "2025-01-01"}
    answer = asked(known, {"state": "PREGNANT", "noted_on": "2025-02-01"})

    assert answer.state == "NOT_LOCALIZED"
    [said] = [caveat for caveat in answer.caveats if caveat.code == "state_not_known"]
    assert "PREGNANT" in said.text
