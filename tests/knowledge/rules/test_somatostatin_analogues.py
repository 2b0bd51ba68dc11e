"""When an SSTR scan is made after an analogue (LOC-031, LOC-032). Days stand in the .toml."""

from datetime import UTC, date, datetime, timedelta

import pytest

from knowledge.rules.somatostatin_analogues import AnalogueDose, Hold, form_of, holds

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = NOW.date()


def long_acting(days_ago: int | None, next_on: date | None = None) -> AnalogueDose:
    """A monthly dose, given so many days ago."""
    given = None if days_ago is None else TODAY - timedelta(days=days_ago)
    return AnalogueDose(None, "long_acting", given, next_on)


def short_acting(hours_ago: int) -> AnalogueDose:
    """A dose under the skin, so many hours ago."""
    return AnalogueDose(None, "short_acting", NOW - timedelta(hours=hours_ago))


def hold_after(*doses: AnalogueDose) -> Hold:
    """The one hold that these doses mean."""
    [found] = holds(doses, NOW)
    return found


@pytest.mark.parametrize(
    ("agent", "form", "is_form"),
    [
        ("lanreotide", None, "long_acting"),
        ("Somatuline", None, "long_acting"),
        ("octreotide", None, "short_acting"),
        ("Sandostatin LAR", None, "long_acting"),
        ("octreotide", "long_acting", "long_acting"),
        ("a new analogue", None, None),
        (None, None, None),
    ],
)
def test_the_form_is_what_was_said_or_else_that_of_the_agent(
    agent: str | None, form: str | None, is_form: str | None
) -> None:
    assert form_of(AnalogueDose(agent, form, NOW)) == is_form


@pytest.mark.parametrize("agent", ["lanreotide", "a new analogue", None])
def test_an_analogue_of_unknown_form_counts_as_the_one_that_stays_longest(
    agent: str | None,
) -> None:
    assert hold_after(AnalogueDose(agent, None, TODAY - timedelta(days=10))).rule == "LOC-031"


@pytest.mark.parametrize("next_on", [None, date(2026, 12, 1)])
def test_a_monthly_dose_of_an_unknown_day_waits_for_an_answer(next_on: date | None) -> None:
    found = hold_after(long_acting(None, next_on))

    assert (found.rule, found.until, found.waits) == ("LOC-031", next_on, True)
    assert "last dose not known: ask" in found.because


@pytest.mark.parametrize(
    ("days_ago", "next_in", "waits"),
    [
        (27, None, True),
        (28, None, False),
        (20, 14, True),  # the next dose is planned late
        (28, 14, False),  # a month has passed: nothing to wait for
        (20, 1, True),
        (20, 0, False),  # the next dose is due today: the scan comes first
    ],
)
def test_a_scan_waits_for_the_next_monthly_dose_or_for_a_month(
    days_ago: int, next_in: int | None, waits: bool
) -> None:
    planned = None if next_in is None else TODAY + timedelta(days=next_in)
    found = hold_after(long_acting(days_ago, planned))

    until = planned or TODAY + timedelta(days=28 - days_ago)
    assert (found.rule, found.until, found.waits) == ("LOC-031", until, waits)
    assert f"just before the next dose, {until}" in found.because


def test_a_short_acting_dose_is_held_for_a_day_and_no_longer() -> None:
    found = hold_after(short_acting(23))

    assert (found.rule, found.until, found.waits) == ("LOC-032", date(2026, 11, 22), True)
    assert "24 h" in found.because
    assert holds([short_acting(24)], NOW) == []


def test_a_short_acting_dose_of_a_day_counts_from_its_end_in_the_zone_of_the_scan() -> None:
    yesterday = AnalogueDose(None, "short_acting", TODAY - timedelta(days=1))
    unknown = AnalogueDose(None, "short_acting", None)

    assert hold_after(yesterday).until == TODAY
    assert hold_after(unknown).until == TODAY + timedelta(days=1)


def test_of_each_form_the_last_dose_counts_and_both_forms_are_said() -> None:
    doses = [long_acting(40), short_acting(2), long_acting(5), short_acting(30)]

    found = {hold.rule: hold.until for hold in holds(doses, NOW)}

    assert found == {"LOC-031": TODAY + timedelta(days=23), "LOC-032": date(2026, 11, 23)}
