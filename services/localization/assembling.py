"""Everything that was told of a search, laid together as one question. Pure.

The order in which it arrived does not matter: reports are taken by their own times, then by id.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from services.localization.agreeing import Word
from services.localization.localize import merge_examinations
from services.localization.not_yet import is_later
from services.localization.register import day_of
from services.localization.sent import (
    Biopsy,
    Examination,
    Lesion,
    Link,
    Order,
    Override,
    PlanRequest,
    Resection,
    Study,
    VenousSample,
)
from services.localization.versions import Version, by_key, newest

NO_RESULT = frozenset({"registered", "cancelled", "entered-in-error"})
FIRST = datetime.min.replace(tzinfo=UTC)

UNREADABLE_LINK = "a report was corrected since, and describes another lesion under this name"


def standing(known: Iterable[Version]) -> list[Version]:
    """What stands of each thing that was told."""
    return [newest(versions) for versions in by_key(known).values()]


def question(
    body: Mapping[str, Any], used: Iterable[Version], known: list[Version], on: date
) -> PlanRequest:
    """What is asked on that day: the plan as a whole, and these versions of everything else.

    `known` are all versions: a person's word about two lesions is about what was there to be seen.
    """
    plan = PlanRequest.model_validate(body)
    told: dict[str, list[Version]] = {}
    for one in sorted(used, key=_turn):
        told.setdefault(one.kind, []).append(one)
    at_hand = {str(one.id): one for one in told.get("study", ())}
    at_hand |= {str(one.id): one for one in told.get("examination", ())}
    links = [one for one in told.get("lesion_link", ()) if not why_not(one, at_hand, known)]
    mine: dict[str, list[Any]] = {
        "studies": [_study(one) for one in told.get("study", ())],
        "venous_samples": [*_samples(told.get("venous_sampling", ()))],
        "biopsies": [*_reported(told, "biopsy", Biopsy.model_validate)],
        "resections": [*_reported(told, "resection", Resection.model_validate)],
        "orders": [_order(one, known) for one in told.get("order", ())],
        "links": [_link(one) for one in links if one.status == "active"],
        "overrides": [_override(o) for o in told.get("override", ()) if o.status == "active"],
    }
    changes: dict[str, Any] = {
        name: [*_others(getattr(plan, name), new), *new] for name, new in mine.items() if new
    }
    examined = [*_reported(told, "examination", Examination.model_validate)]
    if examined:
        if plan.examination is not None:
            examined = sorted([plan.examination, *examined], key=lambda e: _moment(e.examined_at))
        made = [one for one in examined if not is_later(one.examined_at, on)]
        changes["examination"] = merge_examinations(made)
        seen = [day for one in examined if (day := day_of(one.examined_at)) is not None]
        changes["examined_on"] = sorted({*plan.examined_on, *seen})
    return plan.model_copy(update=changes) if changes else plan


def words_of(body: Mapping[str, Any], known: Iterable[Version]) -> list[Word]:
    """Every word about two lesions that was not taken back, of the plan and by itself."""
    plan = [
        Word(f"{number} of the plan", one["a"], one["b"], one["same"])
        for number, one in enumerate(body.get("links", ()), 1)
    ]
    by_itself = [
        Word(str(one.id), one.body["a"], one.body["b"], one.body["same"])
        for one in known
        if one.kind == "lesion_link" and one.status == "active"
    ]
    return plan + by_itself


def why_not(link: Version, at_hand: Mapping[str, Version], known: Iterable[Version]) -> str | None:
    """Why does a person's word about two lesions not count any more? None: it does."""
    for ref in (link.body["a"], link.body["b"]):
        report, _, lesion = ref.rpartition(":")
        now = at_hand.get(report)
        if now is None:
            continue
        seen = [one for one in known if one.key == now.key and one.received_at <= link.received_at]
        if seen and _described(newest(seen), lesion) != _described(now, lesion):
            return UNREADABLE_LINK
    return None


def _described(report: Version, name: str) -> tuple[str, str | None] | None:
    """Where does the lesion of this name lie, in this version of its report?"""
    for number, one in enumerate(report.body.get("lesions", ()), 1):
        if str(one.get("id") or number) == name:
            lesion = Lesion.model_validate(one)
            return lesion.site, lesion.laterality
    return None


def _others(before: Iterable[Any], new: Iterable[Any]) -> list[Any]:
    """What the plan itself lists, without what was told under the same id by itself.

    An operation is known by its day as well: the same one is not counted twice.
    """
    ids = {getattr(one, "id", None) for one in new} - {None}
    days = {day_of(one.performed_at) for one in new if isinstance(one, Resection)}
    return [
        one
        for one in before
        if getattr(one, "id", None) not in ids
        if not (isinstance(one, Resection) and day_of(one.performed_at) in days)
    ]


def _reported(
    told: Mapping[str, list[Version]], kind: str, read: Callable[[Any], Any]
) -> Iterable[Any]:
    """These reports, without those that were withdrawn or have no result yet."""
    for one in told.get(kind, ()):
        if one.status not in NO_RESULT:
            body = {name: said for name, said in one.body.items() if name != "status"}
            yield read(body | {"id": str(one.id)})


def _study(one: Version) -> Study:
    return Study.model_validate({**one.body, "id": str(one.id)})


def _order(one: Version, known: Iterable[Version]) -> Order:
    """As it stands; it was ordered on the first day that anybody named."""
    versions = [v for v in known if v.key == one.key and v.number <= one.number]
    days = [v.body["ordered_on"] for v in versions if v.body.get("ordered_on")]
    first = {"ordered_on": min(days)} if days else {}
    body = {name: said for name, said in one.body.items() if name != "version"}
    return Order.model_validate({**body, **first, "id": str(one.id)})


def _samples(sessions: Iterable[Version]) -> Iterable[VenousSample]:
    for one in sessions:
        if one.status in NO_RESULT:
            continue
        order = one.body.get("order")
        for number, body in enumerate(one.body["samples"], 1):
            named = {"id": body.get("id") or f"{one.id}:{number}", "session": str(one.id)}
            ordered = {"order": order} if order else {}
            yield VenousSample.model_validate(ordered | body | named)


def _link(one: Version) -> Link:
    said = {name: one.body[name] for name in ("a", "b", "same", "reason")}
    return Link.model_validate(said | {"by": one.by, "on": one.received_at.date()})


def _override(one: Version) -> Override:
    said = {name: one.body[name] for name in ("gate", "act", "reason") if name in one.body}
    return Override.model_validate(said | {"by": one.by, "on": one.received_at.date()})


def _turn(one: Version) -> tuple[datetime, str]:
    """By its own time, then by id: not by when it came."""
    said: Any = one.body.get("performed_at") or one.body.get("examined_at")
    if one.kind == "venous_sampling":
        said = min((s["taken_at"] for s in one.body["samples"] if s.get("taken_at")), default=None)
    return _moment(said), str(one.id)


def _moment(said: str | datetime | date | None) -> datetime:
    """What has no time comes first: nothing is overruled by it."""
    if isinstance(said, str):
        said = datetime.fromisoformat(said)
    if said is None:
        return FIRST
    if not isinstance(said, datetime):
        said = datetime.combine(said, time.min)
    return said if said.tzinfo is not None else said.replace(tzinfo=UTC)


def inputs(used: Iterable[Version]) -> dict[str, int]:
    """By which versions is a conclusion known? What was only registered told nothing yet."""
    return {one.key: one.number for one in used if one.status != "registered"}
