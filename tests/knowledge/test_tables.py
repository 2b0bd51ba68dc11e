"""A table that cannot be vouched for is refused, with file, row and reason."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from knowledge import shelf
from knowledge.references import REFERENCES
from knowledge.tables import Table
from knowledge.terms.quantity import Quantity
from knowledge.vouching import STRENGTH, KnowledgeError

CITED = 'effective = 2026-11-22, source = "payne-1998", read_status = "secondary"'
BROKEN = tomllib.loads(Path(__file__).with_name("broken_tables.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case["says"])
def test_a_table_is_refused_with_file_row_and_reason(case: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text(case["table"], "utf-8")

    with pytest.raises(KnowledgeError) as refused:
        Table(file)

    assert str(refused.value).startswith(f"broken.toml: {case['row']}")
    assert case["reason"] in str(refused.value)


def test_every_table_loads_and_every_rule_that_is_named_is_described() -> None:
    assert shelf.problems() == []


def test_every_rule_says_that_the_chinese_consensus_was_not_read() -> None:
    assert {rule.cn_consensus for rule in shelf.rules().values()} == {"not_read"}


def test_a_row_of_ours_never_goes_by_the_number_of_a_rule_of_the_specification() -> None:
    ours = {id for id, rule in shelf.rules().items() if rule.internal}
    numbered = re.compile(r"(M-00|[A-Z]{1,3}-(?!00$)\d{2,3}b?)")

    assert {id for id in shelf.rules() if not numbered.fullmatch(id)} == ours


def test_what_the_specification_does_not_give_is_a_default_of_this_project_and_no_more() -> None:
    for item in shelf.items():
        if "operational-default" in item.sources:
            assert item.read_status in ("proposal", "unverified"), item.id


def test_nothing_is_better_read_than_its_best_source() -> None:
    for item in shelf.items():
        best = min(STRENGTH.index(REFERENCES[source].read_status) for source in item.sources)
        assert [str(status) for status in STRENGTH].index(item.read_status) >= best, item.id


def test_a_row_counts_from_its_day_and_an_earlier_day_has_the_oldest(tmp_path: Path) -> None:
    file = tmp_path / "dated.toml"
    later = CITED.replace("2026-11-22", "2027-06-01")
    rows = [
        f'{{ value = {number}, unit = "%", {cited} }}' for number, cited in ((2, later), (1, CITED))
    ]
    file.write_text(f"[values.v]\nrows = [{', '.join(rows)}]")
    table = Table(file)

    def on(day: date) -> Quantity:
        return table.value("v", day)

    assert [str(on(day).value) for day in (date(1999, 1, 1), date(2027, 5, 31))] == ["1", "1"]
    assert str(on(date(2027, 6, 1)).value) == "2"
