"""For how long breast-feeding is interrupted (localization.md 8, LOC-030)."""

import pytest

from knowledge.rules.breast_feeding import interruption


@pytest.mark.parametrize(
    ("test", "hours", "avoid", "told", "source"),
    [
        ("ga68_dota", 12, False, "discard for 12 h", "dotatate-label-us"),
        ("fdg", 12, False, "12 h", "lactmed"),
        ("tc99m_hynic_spectct", 24, False, "24 h", "lactmed"),
        ("in111_pentetreotide", None, True, "avoid", "lactmed"),
        ("lu177_dotatate", None, True, "stops", "dotatate-label-us"),
    ],
)
def test_each_tracer_asks_for_its_own_hours_and_says_where_they_come_from(
    test: str, hours: int | None, avoid: bool, told: str, source: str
) -> None:
    found = interruption(test)

    assert (found.test, found.hours, found.avoid) == (test, hours, avoid)
    assert told in found.says
    assert source in found.sources


def test_local_policy_sets_other_hours_beside_what_is_published() -> None:
    found = interruption("fdg", 4)

    assert (found.test, found.hours, found.avoid) == ("fdg", 4, False)
    assert "4 h, by local policy" in found.says
    assert interruption("fdg").says in found.says
    assert found.sources == interruption("fdg").sources


@pytest.mark.parametrize("hours", [None, 6])
def test_a_tracer_without_a_figure_is_asked_about_and_never_called_safe(hours: int | None) -> None:
    found = interruption("f18_unheard_of", hours)

    assert (found.test, found.hours, found.avoid) == ("f18_unheard_of", hours, False)
    assert "ask nuclear medicine" in found.says
    assert found.sources == ()
