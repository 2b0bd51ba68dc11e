"""What a reported TRP or TmP/GFR says with the phosphate of its sample (assessment.md 2.3)."""

from decimal import Decimal
from typing import Any

import pytest

from knowledge.rules.renal_phosphate import BRODEHL, PAYNE, Handling
from knowledge.rules.reported_handling import completed, reabsorptions
from knowledge.terms.quantity import Quantity
from tests.knowledge.questions.things import DAY, NOTHING, figures, person, quantity, result

ADULT, CHILD = 46, 10


def a_report(**said: tuple[Any, str]) -> Handling:
    """What a letter says: `reabsorbed`, `excreted`, `threshold`, each a number and its unit."""
    kept, lost, threshold = (
        quantity(*said[name]) if name in said else None
        for name in ("reabsorbed", "excreted", "threshold")
    )
    return Handling(None, kept, lost, threshold, "as reported", ("letter",), reported=True)


def three(*numbers: Decimal) -> list[Decimal]:
    """To three significant figures, as the specification prints them."""
    return [figures(number) for number in numbers]


@pytest.mark.parametrize(
    ("share", "age", "possible"),
    [
        # one formula for one age
        ("0.50", ADULT, ["0.500"]),
        ("0.50", CHILD, ["0.500"]),
        ("0.50", NOTHING, ["0.500"]),
        ("0.90", CHILD, ["0.900"]),
        ("0.90", "18.99", ["0.900"]),
        ("0.90", 19, ["0.882"]),
        ("0.90", ADULT, ["0.882"]),
        ("0.90", NOTHING, ["0.882", "0.900"]),
        # the jump of the adult formula at 0.86: below it two can be meant, and in a child one
        ("0.84", ADULT, ["0.840", "0.864"]),
        ("0.84", CHILD, ["0.840"]),
        ("0.86", ADULT, ["0.860", "0.870"]),
        ("0.860000001", ADULT, ["0.860", "0.870"]),
        ("0.860000002", ADULT, ["0.870"]),
        ("0.8267", ADULT, ["0.827"]),
        # T10: all of it is taken back; more than that nobody can
        ("1", CHILD, ["1"]),
        ("1.01", CHILD, []),
        ("1.5", ADULT, ["1"]),
        ("1.51", ADULT, []),
        # none of it
        ("0", ADULT, ["0"]),
    ],
)
def test_a_threshold_could_come_from_these_reabsorptions(
    share: str, age: Any, possible: list[str]
) -> None:
    found = reabsorptions(Decimal(share), person(age).age, DAY)

    assert three(*found) == [Decimal(one) for one in possible]


@pytest.mark.parametrize(
    ("kept", "lost", "phosphate", "age", "threshold", "formula"),
    [
        ("0.66", 34, "0.45", ADULT, "0.297", PAYNE),
        ("0.95", 5, "0.50", ADULT, "0.594", PAYNE),
        ("0.95", 5, "0.50", CHILD, "0.475", BRODEHL),
        ("0.66", 34, "0.45", NOTHING, "0.297", PAYNE),
        (None, 34, "0.45", ADULT, "0.297", PAYNE),
        ("0.66", 35, "0.45", ADULT, "0.297", PAYNE),  # both reported, each rounded: TRP as it is
    ],
)
def test_trp_and_its_phosphate_make_the_threshold_of_this_age(
    kept: str | None, lost: int, phosphate: str, age: Any, threshold: str, formula: str
) -> None:
    said = {"excreted": (lost, "%")} | ({} if kept is None else {"reabsorbed": (kept, "1")})
    serum = result("s_phos", phosphate)

    found = completed(a_report(**said), serum, person(age))

    assert found is not None
    assert found.threshold is not None
    assert three(found.threshold.value) == [Decimal(threshold)]
    assert (found.threshold.unit, found.formula) == ("mmol/L", formula)
    assert found.serum_phosphate is serum
    assert found.reabsorbed == Quantity(Decimal(kept or "0.66"), "1")
    assert found.inputs == ("letter", serum.id)


@pytest.mark.parametrize(
    ("threshold", "phosphate", "age", "kept", "lost", "formula"),
    [
        ("0.30", "0.45", ADULT, "0.667", "33.3", PAYNE),
        ("0.735", "0.50", ADULT, "0.996", "0.407", PAYNE),
        ("0.45", "0.50", CHILD, "0.900", "10.0", BRODEHL),
        ("0.45", "0.50", ADULT, "0.882", "11.8", PAYNE),
        ("0.4275", "0.50", ADULT, "0.869", "13.1", PAYNE),  # two TRP in one band
        ("0.30", "0.45", NOTHING, "0.667", "33.3", PAYNE),
        ("0.45", "0.50", NOTHING, "0.900", "10.0", "as reported"),  # which formula, age would say
    ],
)
def test_a_threshold_and_its_phosphate_make_trp_and_fepo4(
    threshold: str, phosphate: str, age: Any, kept: str, lost: str, formula: str
) -> None:
    serum = result("s_phos", phosphate)

    found = completed(a_report(threshold=(threshold, "mmol/L")), serum, person(age))

    assert found is not None
    assert found.reabsorbed is not None
    assert found.excreted is not None
    assert three(found.reabsorbed.value, found.excreted.value) == [Decimal(kept), Decimal(lost)]
    assert (found.reabsorbed.unit, found.excreted.unit) == ("1", "%")
    assert found.formula == formula
    assert found.serum_phosphate is serum
    assert found.inputs == ("letter", serum.id)


@pytest.mark.parametrize(
    ("said", "phosphate", "age"),
    [
        ({"threshold": ("0.30", "mmol/L")}, "<0.45", ADULT),
        ({"excreted": ("34", "%")}, "<0.45", ADULT),
        ({"threshold": ("0.30", "mmol/L")}, "0", ADULT),
        ({"threshold": ("<0.30", "mmol/L")}, "0.45", ADULT),
        ({"excreted": (">34", "%")}, "0.45", ADULT),
        ({}, "0.45", ADULT),
        ({"excreted": ("5", "%")}, "0.50", NOTHING),  # age would decide by which formula
        ({"threshold": ("0.42", "mmol/L")}, "0.50", ADULT),  # two TRP in two bands
        ({"threshold": ("1.0", "mmol/L")}, "0.45", ADULT),  # more than any kidney keeps
        # both were reported: nothing is put in their place
        ({"threshold": ("0.30", "mmol/L"), "reabsorbed": ("0.60", "1")}, "0.45", ADULT),
        ({"threshold": ("0.30", "mmol/L"), "excreted": ("40", "%")}, "0.45", ADULT),
    ],
    ids=str,
)
def test_a_bound_or_two_answers_add_nothing(
    said: dict[str, tuple[Any, str]], phosphate: str, age: Any
) -> None:
    assert completed(a_report(**said), result("s_phos", phosphate), person(age)) is None
