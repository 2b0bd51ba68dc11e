"""Editions: every row has a name of its own, and what differs is said row by row."""

from pathlib import Path

import pytest

from knowledge import archive, shelf
from knowledge.difference import difference
from knowledge.edition import KNOWLEDGE_VERSION, Edition
from knowledge.ledger import current_rows, rows_of
from tests.knowledge.editions import CITED, NOW, SMALL, changed, with_another_cut

CUT = "rules/cut.toml"


def test_what_is_listed_is_called_as_in_the_ledger() -> None:
    assert {item.id for item in shelf.items()} <= current_rows().keys()
    assert {"F-01", "fgf23.KAINOS_ELISA", "fgf23.assays.KAINOS_ELISA"} <= current_rows().keys()


def test_rows_are_called_by_their_table_their_entry_and_their_own_key() -> None:
    assert list(rows_of(SMALL)) == [
        "a",
        "cut.question",
        "cut.after",
        "cut.KAINOS",
        "cut.OTHER",
        "cut.answer",
        "cut.answer.F-01",
        "cut.answer.F-00",
        "cut.answer.F-00#2",
        "F-00",
        "F-01",
        "cut.texts.said",
        "other.question",
        "R-01",
        "acts.look",
    ]


def test_the_version_stored_with_conclusions_is_that_of_the_tables() -> None:
    assert NOW.version == KNOWLEDGE_VERSION


def test_a_table_in_another_place_makes_another_edition() -> None:
    moved = {place.replace("other", "another"): text for place, text in SMALL.tables.items()}

    assert Edition(moved).fingerprint != SMALL.fingerprint


def test_a_changed_number_is_the_one_row_that_differs() -> None:
    [change] = difference(SMALL, with_another_cut()).changes

    assert (change.id, change.what) == ("cut.KAINOS", "changed")
    [bands] = change.fields
    assert bands.name == "bands"
    assert bands.old[1] == {"name": "HIGH", "from": "30"}
    assert bands.new[1] == {"name": "HIGH", "from": "40"}


def test_a_later_row_is_added_and_renames_none() -> None:
    later = f'rows = [{{ value = 21, unit = "d", {CITED.replace("2026-11", "2027-01")} }}, '
    edition = changed(CUT, "rows = [", later)
    [change] = difference(SMALL, edition).changes

    assert (change.id, change.what) == ("cut.after@2027-01-22", "added")


def test_a_row_put_before_others_of_its_rule_is_the_only_one_that_differs() -> None:
    new = '  { rule = "F-00", then = "NEVER", when = { level = "never" } },\n'
    edition = changed(CUT, '  { rule = "F-00", then = "NO"', new + '  { rule = "F-00", then = "NO"')
    [change] = difference(SMALL, edition).changes

    assert change.what == "added"
    assert change.rules == ("F-00",)


def test_an_order_in_which_the_first_match_wins_is_a_row_as_well() -> None:
    one, two = '{ rule = "F-01", then = "A", when = {} }', '{ rule = "F-00", then = "B" }'
    first = changed(CUT, "[rules]", f"[ordered.o]\ninputs = {{}}\nrows = [{one}, {two}]\n[rules]")
    second = changed(CUT, "[rules]", f"[ordered.o]\ninputs = {{}}\nrows = [{two}, {one}]\n[rules]")
    [change] = difference(first, second).changes

    assert change.id == "cut.o"
    assert [field.name for field in change.fields] == ["order"]


def test_a_number_that_is_only_spelt_otherwise_does_not_differ() -> None:
    found = difference(SMALL, changed(CUT, "value = 14,", "value = 14.00,"))

    assert not found.changes
    assert found.only_layout == (CUT,)


def test_a_source_and_a_text_are_rows_as_well() -> None:
    edition = changed("references.toml", "citation", "doi = 1, citation")
    edition = changed(CUT, "It is high.", "It is very high.", edition)

    assert {change.id for change in difference(SMALL, edition).changes} == {"a", "cut.texts.said"}


def test_the_same_edition_does_not_differ_from_itself() -> None:
    assert not difference(NOW, NOW).changes


def test_a_number_concerns_the_rules_of_its_table_and_a_text_decides_nothing() -> None:
    found = difference(SMALL, changed(CUT, "It is", "It was", with_another_cut()))

    assert [change.id for change in found.touching(["F-01"])] == ["cut.KAINOS"]
    assert found.touching(["R-01"]) == []


def test_a_kept_edition_is_read_again_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "one.zip"
    archive.keep(NOW, file)
    first = file.read_bytes()
    archive.keep(NOW, file)

    assert file.read_bytes() == first
    assert archive.find(str(file)).version == NOW.version
    assert rows_of(archive.find(str(file))) == rows_of(NOW)


def test_what_is_no_edition_is_not_taken_for_one(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear colleague")

    slipped = tmp_path / "slipped.zip"
    archive.keep(Edition({**SMALL.tables, "../elsewhere.toml": b""}), slipped)

    for said in (str(file), str(slipped), str(tmp_path), "1999.01"):
        with pytest.raises(archive.NoSuchEdition):
            archive.find(said)
