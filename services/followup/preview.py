"""The calendar of the coming years, before it is accepted."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from knowledge.rules.surveillance_calendar import Item
from knowledge.rules.surveillance_dues import years_after
from knowledge.rules.surveillance_scheduler import calendar
from knowledge.rules.surveillance_stretches import Facts
from services.followup.calendar import shown_id
from services.followup.contract import Coming, Preview, Visit
from services.followup.visits import visits


def visits_of(items: Iterable[Item], on: date, plan: UUID) -> list[Visit]:
    """In which visits can everything that is open be done?"""
    return [
        Visit(
            on=visit.on,
            earliest=visit.earliest,
            latest=visit.latest,
            items=[shown_id(plan, item.rule, item.occurrence) for item in visit.items],
            rules=sorted({item.rule for item in visit.items}),
            acts=sorted({item.act for item in visit.items}),
        )
        for visit in visits(items, on)
    ]


def coming(facts: Facts, years: int) -> list[Item]:
    """What falls due in these years, if each item is done on its day and nothing else happens?"""
    until = years_after(facts.on, years)
    found = calendar(facts, preview=until)
    return [item for item in found if item.is_open and item.due <= until]


def preview_of(facts: Facts, years: int | None, plan: UUID) -> Preview | None:
    """The calendar of the next years, if somebody asks for it."""
    if years is None:
        return None
    items = coming(facts, years)
    return Preview(
        until=years_after(facts.on, years),
        items=[
            Coming(
                rule=item.rule,
                occurrence=item.occurrence,
                act=item.act,
                due=item.due,
                opens=item.opens,
                closes=item.closes,
            )
            for item in sorted(items, key=lambda item: (item.due, item.rule))
        ],
        visits=visits_of(items, facts.on, plan),
    )
