"""What happened is found by its day; of one day in the order of the history, whatever the seed."""

import subprocess
import sys
from datetime import date, timedelta

from knowledge.rules.surveillance_calendar import Done
from knowledge.rules.surveillance_dues import Register

DAY = date(2025, 3, 10)
CODES = frozenset({"s_phos", "s_alp", "dxa", "local_mri", "examination"})


def of_that_day() -> list[Done]:
    """Five things done on one day, each closing another code of the same row."""
    return [Done(DAY, frozenset([code]), ids={code: code}) for code in sorted(CODES)]


def test_the_first_of_a_day_is_the_first_of_the_history() -> None:
    done = of_that_day()

    assert Register(done).first(CODES, DAY, None) is done[0]
    assert Register(done[::-1]).first(CODES, DAY, None) is done[-1]


def test_the_seed_of_a_process_changes_nothing() -> None:
    ask = (
        "from tests.knowledge.rules.test_what_closes import *;"
        "print(sorted(Register(of_that_day()).first(CODES, DAY, None).closes))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", ask],
            env={"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (1, 2, 3)
    }

    assert said == {"['dxa']\n"}


def test_what_lies_outside_of_a_window_closes_nothing() -> None:
    register, a_day = Register(of_that_day()), timedelta(days=1)

    assert register.first(CODES, DAY + a_day, None) is None
    assert register.first(CODES, DAY - a_day, DAY) is None
    assert register.last(CODES, DAY - a_day, DAY) == DAY
    assert register.last(CODES, DAY, DAY) is None
