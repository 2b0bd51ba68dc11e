"""What a person says of an item ends it; what is true of the patient ends all of them."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from services.followup.contract import Disposition, FollowUp, PlanRequest
from services.followup.follow_up import conclude, follow_up

SURGERY = {"performed_at": "2024-04-10", "site": "thigh", "margin": "wide", "tissue": "soft"}
ITEM = {"rule": "FUP-10", "occurrence": "2024-07-09", "noted_on": "2024-07-20"}


def told(*events: dict[str, Any], on: str = "2026-01-10") -> FollowUp:
    """The answer on this day, after an operation and these events."""
    request = PlanRequest.model_validate({"history": [SURGERY, *events]})
    return follow_up(request, datetime.fromisoformat(f"{on}T12:00:00").replace(tzinfo=UTC))


@pytest.mark.parametrize("word", ["DECEASED", "TRANSFERRED"])
@pytest.mark.parametrize("on", ["2024-07-20", "2024-07-21", "2026-01-10"])
def test_whoever_died_or_is_cared_for_elsewhere_owes_nothing_any_more(word: str, on: str) -> None:
    before = {(i.rule, i.occurrence) for i in told(on="2024-07-20").schedule if i.status == "open"}
    answer = told(ITEM | {"disposition": word, "reason": "told by the family"}, on=on)
    ended = {(i.rule, i.occurrence): i for i in answer.schedule if i.disposition == word}

    assert len(before) > 3
    assert ended.keys() == before
    assert {(str(i.ended_on), i.reason) for i in ended.values()} == {
        ("2024-07-20", "told by the family")
    }
    assert [item for item in answer.schedule if item.status == "open"] == []
    assert answer.visits == []


def test_of_whoever_died_nobody_is_asked_anything_any_more() -> None:
    low = {"id": "p", "analyte": "s_phos", "value": 0.25, "unit": "mmol/L"}
    urgent = {"observations": [low | {"taken_at": "2024-07-19T08:00:00Z"}]}
    died = ITEM | {"disposition": "DECEASED"}
    asked = datetime(2024, 7, 21, 12, tzinfo=UTC)

    owed = [
        [one for one in conclude(uuid4(), plan, asked).obligations if one.status == "open"]
        for plan in (
            PlanRequest.model_validate({"history": [SURGERY, urgent, *more]})
            for more in ([], [died])
        )
    ]

    assert "MON-02" in {one.rule for one in owed[0]}
    assert owed[1] == []


def test_what_had_ended_by_then_keeps_its_end() -> None:
    done = {"act": "dxa", "performed_at": "2024-07-01"}
    answer = told(done, ITEM | {"disposition": "TRANSFERRED"}, on="2024-08-01")

    bone_density = [i.disposition for i in answer.schedule if i.rule == "FUP-10"]
    assert bone_density == ["DONE", None]


@pytest.mark.parametrize("word", ["DECLINED", "NOT_INDICATED"])
@pytest.mark.parametrize("reason", [None, "", "  "])
def test_what_is_not_going_to_be_done_says_why(word: str, reason: str | None) -> None:
    said = {"disposition": word, "noted_on": "2024-07-20"}
    said |= {} if reason is None else {"reason": reason}

    with pytest.raises(ValidationError, match="reason"):
        Disposition.model_validate(said)
    with pytest.raises(ValidationError, match="reason"):
        PlanRequest.model_validate({"history": [SURGERY, ITEM | said]})


def test_one_item_that_is_declined_ends_alone() -> None:
    answer = told(ITEM | {"disposition": "DECLINED", "reason": "too far"}, on="2024-07-21")

    assert [i.rule for i in answer.schedule if i.disposition == "DECLINED"] == ["FUP-10"]
    assert any(item.status == "open" for item in answer.schedule)
