"""Orders: which is in force, which report closed it, and what failed and is asked for again. Pure.

A report closes an order that it names; else the order for the same act (and place, where the order
names one) from before it whose day is nearest. One report closes one order. One without images
closes it in vain.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from knowledge.rules import field_of_view, imaging, imaging_orders
from knowledge.rules.imaging import Kind
from services.localization.ordered import (
    ANATOMICAL,
    ENDED_BY,
    SAMPLING,
    Followed,
    Orders,
    Report,
    Setback,
    one_side,
    what_is_ordered,
)
from services.localization.register import day_of
from services.localization.sent import PlanRequest, Study

WAITING = ("active", "completed")
IN_VAIN = frozenset({"cancelled", "entered-in-error"})
"""What a study says of itself that was not made, or should not have been reported."""


def followed(request: PlanRequest, on: date) -> Orders:
    """What has become of each order by this day, and what has to be asked for again?"""
    if not request.orders and IN_VAIN.isdisjoint([study.status for study in request.studies]):
        return Orders([], [], [])
    reports = [*_reports(request)]
    orders = [
        Followed(said.id or f"order {number}", said, *what_is_ordered(said))
        for number, said in enumerate(request.orders, 1)
    ]
    orders.sort(key=lambda one: (one.said.occurs_on or one.said.ordered_on or date.max, one.key))
    _match(orders, reports, on)
    for one in orders:
        _judge(one, on)
    matched = {one.report.key for one in orders if one.report is not None}
    setbacks = [
        Setback(one.key, one.failed_on, one.why, one.act or "", order=one)
        for one in orders
        if one.standing in ("revoked", "expired", "without_images")
    ]
    setbacks += [*_withdrawn(request, matched)]
    setbacks.sort(key=lambda one: (one.on or date.min, one.key))
    return Orders(orders, setbacks, reports)


def _reports(request: PlanRequest) -> Iterable[Report]:
    for key, study in studies_of(request).items():
        how = imaging.technique(study.modality, study.tracer)
        if study.status == "registered" or how is None:
            continue
        act = {Kind.ANATOMICAL: ANATOMICAL, Kind.SAMPLING: SAMPLING}.get(how.kind, how.act)
        if act is not None:
            day, vain = day_of(study.performed_at), study.status in IN_VAIN
            yield Report(key, act, day, vain, study.order, how.modality, study.coverage)
    for session in sorted({sample.session for sample in request.venous_samples}):
        samples = [s for s in request.venous_samples if s.session == session]
        days = [day for s in samples if (day := day_of(s.taken_at))]
        order = next((s.order for s in samples if s.order), None)
        yield Report(f"sampling {session}", SAMPLING, min(days, default=None), False, order)
    for number, biopsy in enumerate(request.biopsies, 1):
        key = biopsy.id or f"biopsy {number}"
        yield Report(key, "biopsy", day_of(biopsy.performed_at), False, biopsy.order)


def studies_of(request: PlanRequest) -> dict[str, Study]:
    """Each study under its name, the last that was said of it."""
    return {study.id or f"study {number}": study for number, study in enumerate(request.studies, 1)}


def _match(orders: Sequence[Followed], reports: Sequence[Report], on: date) -> None:
    """Give each report to the order that it closes, if there is one."""
    named = {one.key: one for one in orders if one.said.status != "entered-in-error"}
    left = []
    for report in sorted(reports, key=lambda one: (one.in_vain, one.on or date.max, one.key)):
        order = named.get(report.order or "")
        if order is None:
            left.append(report)
        elif order.report is None:
            order.report, order.by = report, "order"
    for report in left:
        fitting = [
            one for one in named.values() if one.report is None and _answers(report, one, on)
        ]
        if fitting:
            order = min(fitting, key=lambda one: (_apart(report, one), one.key))
            order.report, order.by = report, "act"


def _answers(report: Report, order: Followed, on: date) -> bool:
    """Is this the report that the order waits for, though it does not name it?"""
    said = order.said
    if said.status not in WAITING or report.act != order.act:
        return False
    if order.modality and report.modality != order.modality:
        return False
    if report.on is None:
        return not report.in_vain
    if not imaging_orders.belongs_to(report.on, said.ordered_on, said.occurs_on, on):
        return False
    if said.site is None or not report.coverage:
        return said.site is None or report.act in ("biopsy", SAMPLING)
    return field_of_view.shows(report.coverage, said.site, one_side(said.laterality))


def _apart(report: Report, order: Followed) -> int:
    """How many days from the day that was planned? Unknown comes last."""
    if report.on is None or order.said.occurs_on is None:
        return date.max.toordinal()
    return abs((report.on - order.said.occurs_on).days)


def _judge(one: Followed, on: date) -> None:
    """What has become of it by this day?"""
    said, report = one.said, one.report
    expires = imaging_orders.expires_on(said.occurs_on, on)
    if said.status == "entered-in-error":
        one.standing = "withdrawn"
    elif one.act is None:
        one.standing = "unknown"
    elif report is not None and not report.in_vain:
        one.standing, one.why = "fulfilled", "reported"
    elif report is not None:
        one.standing, one.failed_on = "without_images", report.on or said.occurs_on
        one.why = "the order was reported without images"
    elif said.status == "revoked":
        one.standing, one.failed_on = "revoked", said.ended_on or said.occurs_on
        one.why = f"the order {ENDED_BY[said.ended_by]}"
    elif said.status in ("draft", "on-hold", "unknown"):
        one.standing = said.status.replace("-", "_")
    elif expires is not None and expires <= on:
        one.standing, one.failed_on = "expired", expires
        one.why = f"nothing was reported of the order for {said.occurs_on}"
    else:
        one.standing = "placed"


def _withdrawn(request: PlanRequest, matched: set[str]) -> Iterable[Setback]:
    """Studies that were withdrawn by themselves: what they answered is open again."""
    for key, study in studies_of(request).items():
        how = imaging.technique(study.modality, study.tracer)
        if study.status not in IN_VAIN or key in matched or how is None:
            continue
        act = ANATOMICAL if how.anatomical else how.act
        if act is not None:
            says = "the report was withdrawn"
            yield Setback(key, day_of(study.performed_at), says, act, study=study)
