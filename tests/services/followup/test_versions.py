"""Which version of an event or a result is this, and what stands? Pure."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from services.followup.sent import PlanRequest
from services.followup.versions import (
    OtherContent,
    Version,
    as_known,
    inputs,
    newest,
    place,
    results_of,
    said_of,
    standing,
    thing_of,
)

PLAN, FIRST, SECOND = UUID(int=1), UUID(int=2), UUID(int=3)
TAKEN = "2024-12-21T08:00:00+08:00"


def an_event(
    *sent: dict[str, Any], id: UUID = FIRST, number: int = 1, hour: int = 0, **said: Any
) -> Version:
    """Results that were told in one event."""
    body = {"kind": "observations", "observations": list(sent)} | said
    at = datetime(2026, 3, 1, hour, tzinfo=UTC)
    return Version("observations", id, number, "final", body, "s", "s", at, said.get("id"))


def a_result(value: float, **said: Any) -> dict[str, Any]:
    """A phosphate of that morning."""
    return {"id": "p", "analyte": "s_phos", "value": value, "taken_at": TAKEN} | said


@pytest.mark.parametrize(
    "sent",
    [
        [a_result(0.5), a_result(1.1, version=2)],
        [a_result(0.5, version=1), a_result(1.1, version=2)],
        [a_result(0.5, status="preliminary"), a_result(1.1)],
        [a_result(0.7, version=1), a_result(0.5, version=2), a_result(1.1, version=5)],
    ],
)
def test_what_stands_does_not_depend_on_what_arrived_first(sent: list[dict[str, Any]]) -> None:
    for told in permutations(sent):
        results = results_of(PLAN, [an_event(one, id=UUID(int=n)) for n, one in enumerate(told)])
        assert newest(results["p"]).body["value"] == 1.1, told


@pytest.mark.parametrize("status", ["corrected", "amended", "entered-in-error"])
def test_a_word_of_correction_is_the_next_version_also_for_another_time(status: str) -> None:
    later = a_result(1.1, status=status, taken_at="2024-12-22T08:00:00+08:00")
    results = results_of(PLAN, [an_event(a_result(0.5)), an_event(later, id=SECOND)])

    assert [one.number for one in results["p"]] == [1, 2]
    assert (newest(results["p"]).status, newest(results["p"]).what) == (status, "s_phos")


def test_a_number_says_one_thing() -> None:
    with pytest.raises(OtherContent):
        results_of(PLAN, [an_event(a_result(0.5, version=1), a_result(0.6, version=1))])


def test_an_id_that_is_used_again_is_told_apart_by_its_time() -> None:
    other = a_result(0.5, taken_at="2025-06-19T08:00:00+08:00")
    known = [an_event(a_result(1.1)), an_event(other, id=SECOND)]
    results = results_of(PLAN, known)

    assert list(results) == ["p", "p 2025-06-19T08:00:00+08:00"]
    assert len({one.id for told in results.values() for one in told}) == 2
    assert len(inputs(known, results)) == 4


@pytest.mark.parametrize("how", [{"status": "corrected"}, {"version": 2}])
def test_a_correction_of_an_id_that_was_used_again_is_of_the_sample_of_its_time(
    how: dict[str, Any],
) -> None:
    again = {"taken_at": "2025-06-19T08:00:00+08:00"}
    sent = [a_result(1.1), a_result(0.5, **again), a_result(0.9, **again, **how)]
    results = results_of(PLAN, [an_event(one, id=UUID(int=n)) for n, one in enumerate(sent)])

    assert [newest(told).body["value"] for told in results.values()] == [1.1, 0.9]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"id": "a"}, SECOND),
        ({"id": "a", "version": 2}, FIRST),
        ({"id": "a", "status": "entered-in-error"}, FIRST),
        ({"id": "b", "version": 2}, SECOND),
        ({"version": 2}, SECOND),
    ],
)
def test_a_correction_finds_what_its_sender_called_so(said: dict[str, Any], expected: UUID) -> None:
    assert thing_of([an_event(id=FIRST) for _ in "x"], "observations", SECOND, said) == SECOND
    named = Version("surgery", FIRST, 1, "final", {}, "s", "s", datetime.now(UTC), "a")
    assert thing_of([named], "surgery", SECOND, said) == expected


def test_a_first_version_that_comes_late_finds_its_correction() -> None:
    second = Version("surgery", FIRST, 2, "final", {}, "s", "s", datetime.now(UTC), "a")

    assert thing_of([second], "surgery", SECOND, {"id": "a"}) == FIRST
    assert place([second], {"id": "a"}) == (None, 1)


def test_an_event_without_a_number_is_told_once_unless_it_is_corrected() -> None:
    known = [Version("surgery", FIRST, 1, "final", {"site": "arm"}, "s", "s", datetime.now(UTC))]

    assert place(known, {"site": "arm"}) == (known[0], 1)
    assert place(known, {"site": "leg", "status": "corrected"}) == (None, 2)
    assert place(known, {"site": "leg", "version": 7}) == (None, 7)
    with pytest.raises(OtherContent):
        place(known, {"site": "leg"})


def test_a_question_holds_every_version_of_a_result_once() -> None:
    known = [an_event(a_result(0.5)), an_event(a_result(1.1, version=2), id=SECOND)]
    results, told = results_of(PLAN, known), set[str]()
    history = [said_of(one, results, told) for one in standing(known)]

    assert [len(one["observations"]) for one in history] == [2, 0]
    assert [one["version"] for one in history[0]["observations"]] == [1, 2]
    assert len(PlanRequest.model_validate({"history": history}).history) == 2


def test_what_was_known_then_is_what_had_been_told_by_then() -> None:
    known = [an_event(hour=8), an_event(id=SECOND, hour=12)]
    at = [datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (7, 8, 11, 12)]

    assert [len(as_known(known, None, moment)) for moment in at] == [2, 1, 1, 2]
    assert [len(as_known(known, moment, at[-1])) for moment in at] == [0, 1, 1, 2]
