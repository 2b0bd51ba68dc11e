"""After removal, is it gone? treatment-followup.md 3.3, with a case on every threshold."""

import random
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from knowledge.rules import remission
from knowledge.rules.reference_intervals import Level
from knowledge.rules.remission import Course, Exposure, Sample, months_after

CASES = tomllib.loads(Path(__file__).with_name("remission.toml").read_text("utf-8"))["course"]
OPERATED = date(2024, 1, 1)
TODAY = date(2026, 11, 22)


SAID = ("doubts", "may_be_suppressed")


def a_sample(day: int, **told: Any) -> Sample:
    """A morning sample so many days after the operation: levels, and what else is known of them."""
    at = datetime(2024, 1, 1, 8, tzinfo=UTC) + timedelta(days=day)
    named = {"p": "phosphate", "tmp": "tmp_gfr"}
    read: dict[str, Any] = {
        named.get(key, key): Level(level) for key, level in told.items() if key not in SAID
    }
    said: dict[str, Any] = {
        key: tuple(one) if key == "doubts" else one for key, one in told.items() if key in SAID
    }
    return Sample(at, **read, **said)


def a_drug(agent: str, first: int | None = None, last: int | None = None) -> Exposure:
    """A drug between these days."""
    kind = remission.masker(agent)
    assert kind is not None
    started, ended = (
        None if day is None else OPERATED + timedelta(days=day) for day in (first, last)
    )
    return Exposure(agent, kind, started, ended)


def the_course(case: dict[str, Any]) -> Course:
    """What became of the disease in this case, whatever the order in which it was told."""
    samples = [a_sample(**sample) for sample in case["samples"]]
    random.Random(case["name"]).shuffle(samples)
    drugs = [a_drug(*drug) for drug in case.get("drugs", [])]
    stated = case.get("stated", True)
    return remission.course(OPERATED, samples, drugs, TODAY, stated=stated)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in CASES])
def test_a_state_follows_from_the_samples(case: dict[str, Any]) -> None:
    way = the_course(case)

    assert way.state == case["state"]
    assert len(way.masked) == case.get("masked", 0)
    assert len(way.unclear) == case.get("unclear", 0)
    if "rule" in case:
        assert way.steps[-1].rule == case["rule"]
        assert case["rule"] in remission.TABLE.rules
    if "proposal" in case:
        assert remission.proposal(way.state) == case["proposal"]


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        ("Oral phosphate", "supplement"),
        ("A11CC03", "supplement"),
        ("burosumab", "burosumab"),
        ("infigratinib", "unclear"),
        ("a new drug", "unknown"),
        ("adefovir", None),
    ],
)
def test_drugs_that_mask_are_known_by_name_and_by_code(agent: str, kind: str | None) -> None:
    assert remission.masker(agent) == kind


def test_of_several_drugs_the_one_that_masks_longest_is_named() -> None:
    doses = [Exposure("burosumab", "burosumab", day, day) for day in (date(2024, 1, 2), OPERATED)]
    drawn = datetime(2024, 2, 1, 8, tzinfo=UTC)
    drug = remission.mask(drawn, [*doses, a_drug("calcitriol", 0)], TODAY)

    assert drug == doses[0]
    assert drug is not None
    assert remission.masks_until(drug, TODAY) == date(2024, 4, 9)
    assert remission.masks_until(a_drug("calcitriol", 0, 1), TODAY) == date(2024, 1, 5)
    assert remission.masks_until(a_drug("calcitriol", 0), TODAY) is None


def test_months_end_where_the_month_ends() -> None:
    assert months_after(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert months_after(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert months_after(date(2024, 11, 15), 2) == date(2025, 1, 15)
