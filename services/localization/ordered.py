"""An order, what it asks for in our words, what may close it, and what is owed again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.rules import field_of_view, imaging
from knowledge.rules.imaging import Kind
from knowledge.terms.acts import ACTS
from services.localization.answer import FollowedOrder
from services.localization.sent import Order, Side, Study

ANATOMICAL, SAMPLING = "anatomical_imaging", "venous_sampling"

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
        return site is None or field_of_view.shows(self.study.coverage, site, one_side(side))


@dataclass(slots=True)
class Orders:
    """Every order and what failed, as of one day."""

    followed: list[Followed]
    setbacks: list[Setback]
    reports: list[Report]


def one_side(side: Side | None) -> str | None:
    """Left or right, where it is one of them."""
    return side if side in field_of_view.SIDES else None


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
        if how is not None and how.anatomical:
            return ANATOMICAL, how.modality
        if how is not None and how.kind is Kind.SAMPLING:
            return SAMPLING, None
        test = imaging.method_named(named)
        act = how.act if how is not None and how.act else (test.act if test else None)
        if act is not None:
            return act, None
    return None, None
