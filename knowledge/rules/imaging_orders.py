"""What has become of an order, when nobody says so?"""

from datetime import date, timedelta

from knowledge.tables import Table

TABLE = Table.beside(__file__)


def belongs_to(made_on: date, ordered_on: date | None, planned_for: date | None, on: date) -> bool:
    """May a scan of this day be the one that was ordered, though it does not say so?

    Not one from before the order; where nobody says when it was ordered, only one near its day.
    """
    if ordered_on is not None:
        return made_on >= ordered_on
    if planned_for is None:
        return False
    return abs((made_on - planned_for).days) <= TABLE.whole("no_report_after", on)


def expires_on(planned_for: date | None, on: date) -> date | None:
    """From which day is a report no longer to be expected? None: no day was ever named."""
    if planned_for is None:
        return None
    return planned_for + timedelta(days=TABLE.whole("no_report_after", on) + 1)
