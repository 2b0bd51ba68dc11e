"""Which version of a report is this, and may it be one? Pure."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from services.localization.versions import (
    HasEnded,
    OlderWord,
    OtherContent,
    OtherReport,
    Version,
    newest,
    place,
)

ID = UUID(int=1)
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
PET: dict[str, Any] = {"modality": "PT", "tracer": "FDG", "performed_at": "2026-01-20"}
Sent = tuple[dict[str, Any], int | None]


def told(*sent: Sent, kind: str = "study") -> list[Version]:
    """What is kept of these, in this order; what is refused is not."""
    known: list[Version] = []
    for body, number in sent:
        try:
            same, given = place(known, kind, body, number)
        except (HasEnded, OlderWord, OtherContent, OtherReport):
            continue
        if same is None:
            status = body.get("status", "final")
            known.append(Version(kind, ID, given, status, body, "s", "s", NOW))
    return known


@pytest.mark.parametrize(
    ("first", "second", "refusal"),
    [
        ((PET, 1), (PET | {"reader": "B"}, 1), OtherContent),
        ((PET | {"status": "corrected"}, None), (PET, None), OlderWord),
        ((PET, None), (PET | {"status": "preliminary"}, None), OlderWord),
        ((PET, None), (PET | {"tracer": "68Ga-DOTATATE"}, None), OtherReport),
        ((PET, None), (PET | {"performed_at": "2026-01-21"}, None), OtherReport),
    ],
)
def test_what_could_lose_one_of_two_is_refused(
    first: Sent, second: Sent, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        place(told(first), "study", *second)


@pytest.mark.parametrize(
    "second",
    [
        PET | {"tracer": "fdg", "reader": "B"},
        PET | {"performed_at": "2026-01-20T09:00:00+08:00"},
        PET | {"tracer": "68Ga-DOTATATE", "status": "corrected"},
        PET | {"status": "entered-in-error"},
    ],
)
def test_another_content_of_the_same_report_is_its_next_version(second: dict[str, Any]) -> None:
    assert place(told((PET, None)), "study", second, None) == (None, 2)


def test_a_booking_becomes_a_report_of_another_day() -> None:
    booked = PET | {"status": "registered"}

    assert place(told((booked, None)), "study", PET | {"performed_at": "2026-02-02"}, None)[1] == 2


def test_what_stands_does_not_depend_on_the_order_of_arrival() -> None:
    sent: list[Sent] = [
        (PET | {"status": "preliminary"}, None),
        (PET, None),
        (PET | {"status": "corrected", "reader": "B"}, None),
    ]
    numbered: list[Sent] = [(PET | {"reader": name}, n) for n, name in enumerate("ABCD", 1)]

    for one in permutations(sent):
        assert newest(told(*one)).body["status"] == "corrected"
    for many in permutations(numbered):
        assert newest(told(*many)).body["reader"] == "D"


def test_a_person_may_go_back_to_what_was_said_before() -> None:
    active, held = {"status": "active"}, {"status": "on-hold"}
    versions = told((active, None), (held, None), (active, None), (active, None), kind="order")

    assert [one.status for one in versions] == ["active", "on-hold", "active"]
