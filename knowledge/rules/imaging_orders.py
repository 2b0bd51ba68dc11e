"""What has become of an order, when nobody says so?"""

from datetime import date, timedelta

from knowledge.tables import Table

TABLE = Table.beside(__file__)


def expires_on(planned_for: date | None, on: date) -> date | None:
    """From which day is a report no longer to be expected? None: no day was ever named."""
    if planned_for is None:
        return None
    return planned_for + timedelta(days=TABLE.whole("no_report_after", on) + 1)
