"""What was found of a person beside results: the weight on a day, and pregnancy."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation

from services.followup.contract import PlanRequest, Results

PREGNANCY = "pregnancy"


def weight_of(request: PlanRequest, on: date) -> Decimal | None:
    """The newest weight that was told with results by that day, else that of the plan."""
    dated = [told for told in _told(request) if told[0] <= on]
    newest = max(dated, key=lambda told: told[0], default=None)
    return request.patient.weight_kg if newest is None else newest[1]


def pregnant_on(request: PlanRequest, on: date) -> bool | None:
    """Pregnant, by the newest word among the findings, as assessment writes it? None: not said."""
    said: list[tuple[date, bool]] = []
    for event in request.history:
        if event.kind == "observations" and (event.findings or event.acute_context):
            told = (event.findings or {}).get(PREGNANCY)
            if not isinstance(told, bool) and PREGNANCY in (event.acute_context or ()):
                told = True
            if isinstance(told, bool):
                said.append((_day(event) or date.min, told))
    known = [one for one in said if one[0] <= on]
    return max(known, default=(on, None))[1]


def _told(request: PlanRequest) -> Iterator[tuple[date, Decimal]]:
    for event in request.history:
        if event.kind == "observations" and (event.patient is not None or event.findings):
            weight = _weight(event)
            day = None if weight is None else _day(event)
            if day is not None and weight is not None:
                yield day, weight


def _weight(event: Results) -> Decimal | None:
    """As said of the patient, or among the findings, as the assessment contract writes it."""
    if event.patient is not None and event.patient.weight_kg is not None:
        return event.patient.weight_kg
    if not event.findings or "weight_kg" not in event.findings:
        return None
    try:
        found = Decimal(str(event.findings["weight_kg"]))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found > 0 else None


def _day(event: Results) -> date | None:
    days = [o.taken_at.date() for o in event.observations or () if o.taken_at is not None]
    return max(days, default=event.as_of.date() if event.as_of is not None else None)
