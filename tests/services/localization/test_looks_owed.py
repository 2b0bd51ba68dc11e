"""What is owed while nothing was found: a look in a year, a visit in half a year, and earlier."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from knowledge.terms.obligation import Conclusion
from services.localization.localize import conclude
from tests.services.localization.test_localize import (
    FEMUR,
    FEMUR_MRI,
    OPENED,
    a_request,
    a_study,
    an_examination,
)

PET, FDG = a_study(), a_study("fdg", tracer="FDG", performed_at="2026-02-01")
Owed = dict[str, tuple[str, str, str]]


def concluded(on: str = "2026-03-01", **said: Any) -> Conclusion:
    """What the journey hears on this day."""
    at = datetime.fromisoformat(on).replace(tzinfo=UTC)
    return conclude(uuid4(), a_request(**{"studies": [PET, FDG]} | said), at, OPENED)


def looks(conclusion: Conclusion, status: str = "open") -> Owed:
    """The looks of this status: when each opens, is due and closes, by occurrence."""
    return {
        one.occurrence: (str(one.opens), str(one.due), str(one.closes))
        for one in conclusion.obligations
        if one.rule in ("LOC-024", "LOC-022") and one.status == status
    }


def test_whoever_has_no_tumor_found_is_owed_a_scan_in_a_year_and_a_visit_in_half_a_year() -> None:
    heard = concluded()

    assert heard.state == "NOT_LOCALIZED"
    assert looks(heard) == {
        "1:sstr_pet_ct:after-2026-02-01": ("2026-08-01", "2027-02-01", "2028-02-01"),
        "1:examination:after-2026-02-01": ("2026-02-01", "2026-08-01", "None"),
    }
    assert looks(heard, "done") == {}


@pytest.mark.parametrize("said", [{"studies": [PET]}, {"studies": [PET | {"lesions": [FEMUR]}]}])
def test_while_the_search_is_under_way_no_look_is_owed(said: dict[str, Any]) -> None:
    assert looks(concluded(**said)) == {}


def test_a_new_lump_brings_the_same_look_forward() -> None:
    pain = {"kind": "local_pain", "site": "knee", "since": "2026-05-01"}
    heard = concluded("2026-05-10", symptoms=[pain])

    assert looks(heard)["1:sstr_pet_ct:after-2026-02-01"][1] == "2026-08-01"


def test_a_visit_ends_its_item_and_the_next_counts_from_it() -> None:
    visits = {"examination": an_examination(examined_at="2026-12-01")}
    heard = concluded("2026-12-02", **visits, examined_on=["2026-06-01", "2026-12-01"])

    assert [*looks(heard, "done")] == [
        "1:examination:after-2026-02-01",
        "1:examination:after-2026-06-01",
    ]
    assert looks(heard)["1:examination:after-2026-12-01"][1] == "2027-02-01"


def test_a_look_that_was_made_ends_its_item_and_the_next_is_owed() -> None:
    again = a_study("again", performed_at="2027-01-20")
    heard = concluded("2027-02-01", studies=[PET, FDG, again])

    assert "1:sstr_pet_ct:after-2026-02-01" in looks(heard, "done")
    assert looks(heard)["1:sstr_pet_ct:after-2027-01-20"][1] == "2028-01-20"


def test_an_order_for_a_look_is_its_day_and_one_that_fails_is_owed_again() -> None:
    early = {"id": "o0", "status": "revoked", "act": "sstr_pet_ct", "ended_on": "2026-01-10"}
    order = {"id": "o1", "act": "sstr_pet_ct", "ordered_on": "2026-11-01"}
    booked = concluded("2026-12-01", orders=[early, order | _placed("2027-01-15")])
    failed = concluded("2026-12-01", orders=[early, order | _revoked("2026-11-20")])

    assert looks(booked)["1:sstr_pet_ct:after-2026-02-01"][1] == "2027-01-15"
    assert "1:sstr_pet_ct:after-2026-02-01" in looks(failed, "cancelled")
    assert "1:sstr_pet_ct:after-2026-02-01:again-1" in looks(failed)


def _placed(on: str) -> dict[str, Any]:
    return {"status": "active", "occurs_on": on}


def _revoked(on: str) -> dict[str, Any]:
    return {"status": "revoked", "ended_on": on}


def test_what_stays_equivocal_is_owed_a_short_look() -> None:
    heard = concluded(studies=[a_study(lesions=[FEMUR | {"suv": 3}]), FDG, FEMUR_MRI])

    assert heard.state == "EQUIVOCAL"
    assert looks(heard) == {"1:re_look:after-2026-02-01": ("2026-05-01", "2026-08-01", "None")}
