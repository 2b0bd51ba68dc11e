"""The next look when nothing was found (LOC-024, LOC-025). Its days stand in re_look.toml."""

from datetime import date

import pytest

from knowledge.rules.re_look import Search, next_look

LAST = date(2026, 1, 31)


@pytest.mark.parametrize(
    ("without", "triggers", "rules"),
    [
        (0, [], ["LOC-024"]),
        (2, [], ["LOC-024"]),
        (3, [], ["LOC-024", "LOC-039"]),
        (0, ["rising_fgf23"], ["LOC-024", "LOC-025"]),
        (3, ["new_symptom", "short_field"], ["LOC-024", "LOC-039", "LOC-025"]),
        (0, ["first_pet"], ["LOC-024", "LOC-005"]),
    ],
)
def test_a_look_names_the_rules_that_set_its_day(
    without: int, triggers: list[str], rules: list[str]
) -> None:
    look = next_look(Search(LAST, None, without, triggers), LAST)

    assert list(look.rules) == rules
    assert [trigger.key for trigger in look.brought_forward_by] == triggers
    assert {trigger.rule for trigger in look.brought_forward_by} <= set(rules)


@pytest.mark.parametrize(
    ("without", "act"),
    [(0, "sstr_pet_ct"), (1, "fdg_pet_ct"), (2, "sstr_pet_ct"), (3, "fdg_pet_ct")],
)
def test_the_two_scans_are_made_in_turn(without: int, act: str) -> None:
    assert next_look(Search(LAST, None, without), LAST).acts == (act,)


@pytest.mark.parametrize("without", [0, 1])
def test_the_first_pet_that_can_be_had_is_made_at_once(without: int) -> None:
    look = next_look(Search(LAST, None, without, ["first_pet"]), LAST)

    assert (look.acts, look.due) == (("sstr_pet_ct",), LAST)
