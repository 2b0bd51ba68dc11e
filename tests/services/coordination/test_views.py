"""In which order, and with which words, does a page show what is due?"""

from datetime import date, timedelta
from typing import Any

from knowledge.terms.obligation import Ladder
from services.coordination import views
from services.coordination.contract import OwedObligation
from services.coordination.rendering import told
from tests.services.coordination.builders import an_obligation

TODAY = date(2026, 6, 1)


def owed(act: str, days: int, **changes: Any) -> OwedObligation:
    due = TODAY + timedelta(days=days)
    said = an_obligation(act=act, due=str(due), opens=str(due), status="open") | changes
    return OwedObligation(service="followup", overdue=days < 0, acknowledged=False, **said)


def test_what_cannot_wait_is_due_first_however_long_the_rest_has_waited() -> None:
    late, critical = owed("dxa", -19), owed("call_about_phosphate", -2, ladder=Ladder.CRITICAL)

    is_open, _ = views.dues([late, critical], [], TODAY)

    assert [due.owed.act for due in is_open] == ["call_about_phosphate", "dxa"]


def test_what_was_put_off_is_not_overdue_until_that_day() -> None:
    put_off = owed("dxa", -19, postponed_until=TODAY + timedelta(days=30))
    late = owed("s_phos", -1)

    is_open, _ = views.dues([put_off, late], [], TODAY)

    assert [(due.owed.act, due.when) for due in is_open] == [
        ("s_phos", "1 day overdue"),
        ("dxa", "Due in 30 days"),
    ]


def test_what_nobody_has_said_is_said_in_words() -> None:
    assert told("nobody has said: resectable, fit_for_surgery") == (
        "Nobody has said: resectable, fit for surgery"
    )
