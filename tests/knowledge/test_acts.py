"""Whatever may fall due has a name people understand, and no name gives a diagnosis away."""

import re

from knowledge.rules import imaging, next_test, surveillance_calendar
from knowledge.terms.acts import ACTS
from knowledge.terms.analyte import ANALYTES

GIVEN_AWAY = re.compile(r"tumou?r|cancer|osteomalacia|fanconi|malignan|recurren|syndrome", re.I)


def acts_in_tables() -> set[str]:
    """Every act that a table can ask for."""
    steps = [step.fields["act"] for step in next_test.STEPS.values()]
    scans = [test.fields["act"] for test in imaging.TABLE.entries["tests"].values()]
    calendar = [
        row.fields["act"]
        for kind in ("series", "recurring")
        for row in surveillance_calendar.TABLE.entries[kind].values()
    ]
    return {act for act in (*steps, *scans, *calendar) if act}


def test_every_act_that_can_fall_due_has_a_name() -> None:
    assert acts_in_tables() - ACTS.keys() - ANALYTES.keys() == set()


def test_no_name_gives_a_diagnosis_away() -> None:
    assert [name for name in ACTS.values() if GIVEN_AWAY.search(name)] == []
