"""Orders followed to closure: on its way, reported, failed and owed again. Pure."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from knowledge.terms.obligation import Obligation
from services.localization.contract import FollowedOrder, NextStep, Plan
from services.localization.localize import conclude, localize
from tests.services.localization.test_localize import FEMUR, a_request, a_study

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
OPENED = date(2026, 1, 1)
SPECT = a_study("spect", modality="NM", tracer="99mTc-HYNIC-TOC", performed_at="2026-01-20")


def an_order(id: str = "o1", **said: Any) -> dict[str, Any]:
    """A somatostatin-receptor PET/CT, ordered after the examination and not made yet."""
    return {
        "id": id,
        "status": "active",
        "act": "sstr_pet_ct",
        "ordered_on": "2026-01-10",
        "occurs_on": "2026-03-20",
    } | said


def answered(at: datetime = NOW, **said: Any) -> Plan:
    """What localization answers."""
    return localize(a_request(**said), at)


def owed(at: datetime = NOW, act: str = "sstr_pet_ct", **said: Any) -> list[Obligation]:
    """What is owed of this act."""
    concluded = conclude(uuid4(), a_request(**said), at, OPENED)
    return [one for one in concluded.obligations if one.act == act]


def the_step(plan: Plan, act: str = "sstr_pet_ct") -> NextStep:
    """The step of this act."""
    return next(step for step in plan.next_steps if step.act == act)


def the_order(plan: Plan, id: str = "o1") -> FollowedOrder:
    """What has become of the order."""
    return next(order for order in plan.orders if order.id == id)


def test_a_step_that_is_ordered_says_so_and_is_due_on_that_day() -> None:
    plan = answered(orders=[an_order(performer="City Hospital")])

    ordered = the_step(plan).ordered
    assert ordered is not None
    assert (ordered.order, ordered.says) == ("o1", "ordered for 2026-03-20 at City Hospital")
    (one,) = owed(orders=[an_order()])
    assert (one.status, one.due) == ("open", date(2026, 3, 20))
    assert one.because.endswith("ordered for 2026-03-20")


@pytest.mark.parametrize(
    ("said", "standing", "why"),
    [
        (
            {"status": "revoked", "ended_on": "2026-02-20"},
            "revoked",
            "the order was revoked",
        ),
        (
            {"status": "revoked", "ended_by": "refused", "ended_on": "2026-02-20"},
            "revoked",
            "the order was refused by the site",
        ),
        (
            {"occurs_on": "2026-02-14"},
            "expired",
            "nothing was reported of the order for 2026-02-14",
        ),
    ],
)
def test_an_order_that_fails_is_owed_again_with_the_reason(
    said: dict[str, Any], standing: str, why: str
) -> None:
    orders = [an_order(**said)]
    plan = answered(orders=orders)
    former, now = owed(orders=orders)

    assert (the_order(plan).standing, the_step(plan).ordered) == (standing, None)
    assert the_step(plan).asked_again == why
    assert (former.occurrence, former.status, former.because) == ("1", "cancelled", why)
    assert (now.occurrence, now.status) == ("1:again-1", "open")
    assert now.because.endswith(f"asked for again: {why}")
    assert now.opens > former.opens
    assert now.due - now.opens == former.due - former.opens


@pytest.mark.parametrize(("day", "standing"), [(14, "placed"), (15, "expired")])
def test_a_report_is_waited_for_until_the_table_says_otherwise(day: int, standing: str) -> None:
    at = datetime(2026, 3, day, 9, tzinfo=UTC)

    assert the_order(answered(at, orders=[an_order(occurs_on="2026-02-28")])).standing == standing


def test_an_order_without_a_day_never_expires() -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)

    assert the_order(answered(at, orders=[an_order(occurs_on=None)])).standing == "placed"


def test_a_report_closes_the_order_that_it_names() -> None:
    orders = [an_order("o1"), an_order("o2", occurs_on="2026-02-01")]
    plan = answered(orders=orders, studies=[a_study(order="o1")])

    first, second = the_order(plan, "o1"), the_order(plan, "o2")
    assert (first.standing, first.report, first.matched_by) == ("fulfilled", "pet", "order")
    assert second.standing == "expired"


def test_a_report_without_an_order_closes_the_one_of_its_act_that_is_nearest() -> None:
    orders = [an_order("o1", occurs_on="2026-04-20"), an_order("o2", occurs_on="2026-01-21")]
    plan = answered(orders=orders, studies=[a_study()])

    assert the_order(plan, "o1").standing == "placed"
    assert (the_order(plan, "o2").standing, the_order(plan, "o2").matched_by) == (
        "fulfilled",
        "act",
    )


def test_a_scan_from_before_the_order_does_not_close_it() -> None:
    plan = answered(orders=[an_order(ordered_on="2026-01-21")], studies=[a_study()])

    assert the_order(plan).standing == "placed"


@pytest.mark.parametrize(
    ("occurs_on", "standing"),
    [("2026-02-03", "fulfilled"), ("2026-02-04", "placed"), (None, "placed")],
)
def test_where_nobody_says_when_it_was_ordered_only_a_scan_near_its_day_closes_it(
    occurs_on: str | None, standing: str
) -> None:
    at = datetime(2026, 2, 5, tzinfo=UTC)
    order = an_order(ordered_on=None, occurs_on=occurs_on)

    assert the_order(answered(at, orders=[order], studies=[a_study()])).standing == standing


def test_a_booking_that_was_cancelled_does_not_end_a_later_order() -> None:
    booked = a_study(status="cancelled", performed_at=None)
    plan = answered(orders=[an_order()], studies=[booked])

    assert the_order(plan).standing == "placed"


def test_a_scan_that_nobody_ordered_meets_the_need() -> None:
    (one,) = owed(studies=[a_study()])

    assert (one.occurrence, one.status) == ("1", "done")


def test_an_order_of_another_modality_is_not_closed_by_this_one() -> None:
    there = {"site": "femoral head", "laterality": "left"}
    mri = a_study("mr", modality="MR", tracer=None, coverage=["left femur"], lesions=[])
    ordered = {"act": None, "status": "active", "ordered_on": "2026-01-10"} | there
    orders = [{"id": "ct", "modality": "CT"} | ordered, {"id": "mr", "modality": "MR"} | ordered]
    plan = answered(orders=orders, studies=[a_study(lesions=[FEMUR]), mri])

    assert [the_order(plan, id).standing for id in ("ct", "mr")] == ["placed", "fulfilled"]


def test_a_report_without_images_frees_what_was_ordered() -> None:
    orders, studies = [an_order()], [a_study(status="cancelled", order="o1")]
    plan = answered(orders=orders, studies=studies)
    former, now = owed(orders=orders, studies=studies)

    assert (the_order(plan).standing, the_step(plan).ordered) == ("without_images", None)
    assert (former.status, now.status, now.occurrence) == ("cancelled", "open", "1:again-1")


def test_a_withdrawn_report_is_owed_again_under_another_occurrence() -> None:
    former, now = owed(studies=[a_study(status="entered-in-error")])

    assert (former.status, former.because) == ("cancelled", "the report was withdrawn")
    assert (now.status, now.occurrence) == ("open", "1:again-1")


def test_what_is_made_after_a_failure_is_done_under_the_occurrence_that_asked_for_it() -> None:
    orders = [an_order(status="revoked", ended_on="2026-01-15")]
    former, now = owed(orders=orders, studies=[a_study()])

    assert (former.occurrence, former.status) == ("1", "cancelled")
    assert (now.occurrence, now.status) == ("1:again-1", "done")


def test_what_fails_after_it_was_made_changes_nothing() -> None:
    orders = [an_order(status="revoked", ended_on="2026-02-15")]
    (one,) = owed(orders=orders, studies=[a_study()])

    assert (one.occurrence, one.status) == ("1", "done")


def test_a_second_order_after_a_failure_is_the_one_that_counts() -> None:
    orders = [
        an_order("o1", status="revoked", ended_on="2026-02-01"),
        an_order("o2", occurs_on="2026-03-10"),
    ]
    former, now = owed(orders=orders)

    assert former.status == "cancelled"
    assert (now.status, now.due) == ("open", date(2026, 3, 10))
    ordered = the_step(answered(orders=orders)).ordered
    assert ordered is not None
    assert ordered.order == "o2"


def test_one_step_ordered_twice_is_said() -> None:
    plan = answered(orders=[an_order("o1"), an_order("o2")])

    assert "ordered_twice" in {caveat.code for caveat in plan.caveats}


@pytest.mark.parametrize(
    ("status", "standing"),
    [("draft", "draft"), ("on-hold", "on_hold"), ("entered-in-error", "withdrawn")],
)
def test_what_is_not_in_force_holds_nothing_up(status: str, standing: str) -> None:
    plan = answered(orders=[an_order(status=status)])
    (one,) = owed(orders=[an_order(status=status)])

    assert (the_order(plan).standing, the_step(plan).ordered) == (standing, None)
    assert (one.occurrence, one.status) == ("1", "open")


def test_an_order_that_nobody_can_read_is_kept_and_said() -> None:
    plan = answered(orders=[an_order(act="a nice picture")])

    assert the_order(plan).standing == "unknown"
    assert "unknown_order" in {caveat.code for caveat in plan.caveats}


def test_a_missing_field_is_ordered_with_the_scan_it_belongs_to() -> None:
    short = a_study(coverage=["head", "chest", "abdomen", "pelvis", "thigh:both"])
    orders = [an_order(ordered_on="2026-02-01")]
    plan = answered(orders=orders, studies=[short])
    (one,) = owed(act="missing_field", orders=orders, studies=[short])

    assert the_step(plan, "missing_field").ordered is not None
    assert one.due == date(2026, 3, 20)


def test_imaging_of_one_lesion_is_ordered_for_that_lesion_only() -> None:
    rib = {"site": "rib", "laterality": "left", "uptake": "above_liver"}
    order = an_order(act="anatomical_imaging", site="rib", laterality="left")
    said: dict[str, Any] = {"orders": [order], "studies": [a_study(lesions=[FEMUR, rib])]}
    steps = {s.site: s.ordered for s in answered(**said).next_steps if s.act == order["act"]}

    assert [bool(steps[site]) for site in ("113197003",)] == [True]
    assert sum(bool(ordered) for ordered in steps.values()) == 1
    booked = [one for one in owed(act="anatomical_imaging", **said) if "ordered" in one.because]
    assert [one.occurrence for one in booked] == ["1:113197003-left"]


def test_why_a_person_ended_an_order_enters_no_conclusion() -> None:
    orders = [an_order(status="revoked", reason="PLANTED: moved to her sister", ended_on=None)]
    concluded = conclude(uuid4(), a_request(orders=orders), NOW, OPENED)

    assert "PLANTED" not in concluded.model_dump_json()
