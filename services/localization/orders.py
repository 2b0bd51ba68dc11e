"""Orders: which is in force, which report closed it, and what failed and is asked for again. Pure.

A report closes an order that it names; else the order for the same act (and place, where the order
names one) from before it whose day is nearest. One report closes one order. One without images
closes it in vain.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.rules import field_of_view, imaging, imaging_orders
from knowledge.rules.imaging import Kind
from knowledge.terms.acts import ACTS
from services.localization.answer import FollowedOrder
from services.localization.register import day_of
from services.localization.sent import Order, PlanRequest, Side, Study

ANATOMICAL, SAMPLING = "anatomical_imaging", "venous_sampling"
WAITING = ("active", "completed")
IN_VAIN = frozenset({"cancelled", "entered-in-error"})
"""What a study says of itself that was not made, or should not have been reported."""

ENDED_BY = {
    "cancelled": "was cancelled",
    "declined": "was declined by the patient",
    "refused": "was refused by the site",
    "not_possible": "could not be carried out",
    None: "was revoked",
}


@dataclass(frozen=True, slots=True)
class Report:
    """A study, sampling or biopsy, as far as an order asks for it."""

    key: str
    act: str
    on: date | None
    in_vain: bool
    order: str | None = None
    modality: str | None = None
    coverage: Sequence[str] = ()


@dataclass(slots=True)
class Followed:
    """One order, what it asks for in our words, and what has become of it."""

    key: str
    said: Order
    act: str | None
    modality: str | None
    standing: str = ""
    report: Report | None = None
    by: str | None = None
    failed_on: date | None = None
    why: str = ""

    @property
    def in_force(self) -> bool:
        """Is something on its way, so that nothing has to be ordered again?"""
        return self.standing == "placed"

    @property
    def says(self) -> str:
        """What people read beside the step."""
        if self.standing != "placed":
            return self.why or self.standing.replace("_", " ")
        day = f" for {self.said.occurs_on.isoformat()}" if self.said.occurs_on else ""
        return f"ordered{day}" + (f" at {self.said.performer}" if self.said.performer else "")

    def shown(self) -> FollowedOrder:
        """The order in the answer."""
        return FollowedOrder(
            id=self.key,
            status=self.said.status,
            standing=self.standing,
            says=self.says,
            act=self.act,
            modality=self.modality,
            site=self.said.site,
            laterality=self.said.laterality,
            occurs_on=self.said.occurs_on,
            performer=self.said.performer,
            report=self.report.key if self.report else None,
            matched_by=self.by,
        )

    def asks_for(
        self, act: str, site: str | None, side: Side | None, modalities: Sequence[str] = ()
    ) -> bool:
        """Does this order mean that step? An order that names no place means any."""
        if self.act != act:
            return False
        if self.modality and modalities and self.modality not in modalities:
            return False
        if site is None or self.said.site is None:
            return True
        known = field_of_view.site_named(self.said.site)
        here = (known.code if known else self.said.site) == site
        return here and self.said.laterality in (None, "both", side)


@dataclass(frozen=True, slots=True)
class Setback:
    """What failed, so that the step has to be asked for again."""

    key: str
    on: date | None
    says: str
    act: str
    order: Followed | None = None
    study: Study | None = None

    def hits(self, act: str, site: str | None, side: Side | None) -> bool:
        """Was it this step that failed?"""
        if self.order is not None:
            return self.order.asks_for(act, site, side)
        if act != self.act or self.study is None:
            return False
        return site is None or field_of_view.shows(self.study.coverage, site, _one_side(side))


@dataclass(slots=True)
class Orders:
    """Every order and what failed, as of one day."""

    followed: list[Followed]
    setbacks: list[Setback]
    reports: list[Report]


def what_is_ordered(order: Order) -> tuple[str | None, str | None]:
    """Act and modality in our words; no act where nobody taught us what is meant."""
    for named in (order.act, order.modality):
        if named is None:
            continue
        code = imaging.plain(named).replace(" ", "_")
        made = imaging.modality_named(order.modality or named)
        modality = made.key if made is not None else None
        if code in ACTS:
            return code, modality if order.modality else None
        how = imaging.technique(named, order.tracer)
        if how is not None and how.kind is Kind.ANATOMICAL:
            return ANATOMICAL, how.modality
        if how is not None and how.kind is Kind.SAMPLING:
            return SAMPLING, None
        test = imaging.method_named(named)
        act = how.act if how is not None and how.act else (test.act if test else None)
        if act is not None:
            return act, None
    return None, None


def followed(request: PlanRequest, on: date) -> Orders:
    """What has become of each order by this day, and what has to be asked for again?"""
    if not request.orders and not any(study.status in IN_VAIN for study in request.studies):
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
    return field_of_view.shows(report.coverage, said.site, _one_side(said.laterality))


def _one_side(side: Side | None) -> str | None:
    return side if side in field_of_view.SIDES else None


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
        act = ANATOMICAL if how.kind is Kind.ANATOMICAL else how.act
        if act is not None:
            says = "the report was withdrawn"
            yield Setback(key, day_of(study.performed_at), says, act, study=study)
