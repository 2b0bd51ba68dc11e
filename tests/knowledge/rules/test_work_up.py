"""Which steps a picture calls for, and what it still needs: the sentences of work_up.toml."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge.rules import work_up
from knowledge.rules.classification import Classification
from knowledge.rules.fgf23_independent import MARKERS
from knowledge.rules.picture import Picture
from knowledge.rules.reference_intervals import Level

FILE = tomllib.loads(Path(__file__).with_name("work_up.toml").read_text("utf-8"))
DAY = date(2026, 11, 22)
READ_AS = {
    "facts": set,
    "called": set,
    "measured": frozenset,
    "markers": tuple,
    "alp": Level,
}
"""What a case writes as a list or a word."""


def picture_of(case: dict[str, Any]) -> Picture:
    """What was found about this patient; nothing else is known."""
    said = FILE["base"].get(case.get("base"), {}) | case.get("picture", {})
    return Picture(DAY, **{name: READ_AS.get(name, type(it))(it) for name, it in said.items()})


@pytest.mark.parametrize("case", FILE["steps"], ids=lambda case: case["says"])
def test_a_picture_calls_for_its_steps_and_for_no_others(case: dict[str, Any]) -> None:
    tio_class, rule = case["class"]
    classed = Classification(tio_class, rule, "UNKNOWN", None, (), ())

    wanted = set(work_up.wanted(picture_of(case), classed))

    assert set(case.get("calls", ())) <= wanted
    assert not set(case.get("leaves", ())) & wanted
    assert wanted == set(case.get("only", wanted))


@pytest.mark.parametrize("case", FILE["results"], ids=lambda case: case["says"])
def test_a_rule_that_is_open_asks_for_its_results(case: dict[str, Any]) -> None:
    needed = set(work_up.needed(picture_of(case)))

    assert set(case.get("needs", ())) <= needed
    assert not set(case.get("spares", ())) & needed


@pytest.mark.parametrize("case", FILE["known"], ids=lambda case: case["says"])
def test_what_is_known_is_not_measured_again(case: dict[str, Any]) -> None:
    known = work_up.known(picture_of(case))

    assert set(case.get("has", ())) <= known
    assert not set(case.get("lacks", ())) & known


def test_a_fanconi_screen_is_complete_with_all_six_markers() -> None:
    assert len(MARKERS) == 6
