"""A row counts as signed off once two different people have signed it as it stands now."""

from collections.abc import Iterable
from datetime import date

from knowledge.edition import Edition
from knowledge.ledger import current_rows, rows_of
from knowledge.sign_off import Signature, SignOff
from tests.knowledge.editions import SMALL, changed, with_another_cut

CUT = "cut.KAINOS"
ROWS = rows_of(SMALL)
PEOPLE = ("endocrinology AB", "nephrology CD")


def signed(by: Iterable[str], rows: Iterable[str] = (CUT,)) -> list[Signature]:
    """These people's names under these rows."""
    return [
        Signature(ROWS[id].place, who, date(2026, 11, 23), ROWS[id].digest)
        for who in by
        for id in rows
    ]


def holds(signatures: list[Signature], edition: Edition = SMALL, id: str = CUT) -> bool:
    rows = rows_of(edition)
    return SignOff(rows, signatures).holds(rows[id])


def test_two_different_people_sign_a_row_off() -> None:
    assert holds(signed(PEOPLE))


def test_one_person_is_one_however_the_name_is_written() -> None:
    assert not holds(signed(["endocrinology AB", "Endocrinology, A.B."]))


def test_a_row_that_is_changed_is_unsigned_again() -> None:
    rows = rows_of(with_another_cut())

    assert not holds(signed(PEOPLE), with_another_cut())
    assert len(SignOff(rows, signed(PEOPLE)).outdated(rows[CUT])) == 2


def test_a_row_keeps_its_signatures_when_another_of_its_rule_is_put_before_it() -> None:
    second = "cut.answer.F-00#2"
    new = '  { rule = "F-00", then = "NEVER", when = { level = "never" } },\n'
    edition = changed("rules/cut.toml", '  { rule = "F-00"', new + '  { rule = "F-00"')

    assert holds(signed(PEOPLE, [second]), edition, "cut.answer.F-00#3")
    assert not holds(signed(PEOPLE, [second]), edition, second)


def test_a_signature_under_one_row_is_none_under_another_of_the_same_content() -> None:
    assert not holds(signed(PEOPLE), id="cut.OTHER")


def test_a_rule_is_not_signed_off_while_a_limit_of_its_table_is_not() -> None:
    all_but_the_cut = [row.id for row in SignOff(ROWS, ()).to_sign() if row.id != CUT]

    assert SignOff(ROWS, signed(PEOPLE, all_but_the_cut)).rules() == {"R-01"}
    assert SignOff(ROWS, signed(PEOPLE, [*all_but_the_cut, CUT])).rules() == {
        "F-00",
        "F-01",
        "R-01",
    }


def test_everything_that_decides_or_is_said_waits_for_signatures() -> None:
    kinds = {row.kind for row in SignOff(current_rows(), ()).unsigned()}

    assert {"value", "bands", "interval", "limit", "decision", "ordered", "evidence"} <= kinds
    assert {"entry", "rule", "text", "analyte", "unit"} <= kinds
    assert not kinds & {"reference", "question"}
