"""Does something outside the kidney explain it: shift, intake, vitamin D, removal?"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from knowledge.rules.reference_intervals import Level
from knowledge.tables import Table
from knowledge.terms.finding import Finding
from knowledge.terms.quantity import Quantity

TABLE = Table.beside(__file__)

LOW_INTAKE = ("gastric_bypass_or_malabsorption", "malnutrition", "chronic_diarrhea")
DEFICIENT = "DEFICIENT"
OVERRIDDEN = "OVERRIDDEN"
INSUFFICIENT = "INSUFFICIENT"
UNKNOWN = "UNKNOWN"


def shifts(contexts: Sequence[str]) -> bool:
    """Does one of these acute illnesses move phosphate into cells or bone (N-01)?"""
    return any(context in TABLE.entries["shifts"] for context in contexts)


def eats_little(findings: Any) -> bool:
    """Is too little phosphate eaten or absorbed (N-02)? Drugs and alcohol are asked elsewhere."""
    return any(getattr(findings, name) is True for name in LOW_INTAKE)


def drinks_for_food(findings: Any, on: date) -> bool:
    """Is it so much alcohol that little else is eaten (N-02)?"""
    alcohol: Decimal | None = findings.alcohol_g_day
    return alcohol is not None and alcohol >= TABLE.number("alcohol_lowers_intake_from", on)


def vitamin_d_status(measured: Quantity | None, on: date) -> str:
    """Is 25-OH vitamin D deficient, insufficient or adequate? Unknown when not measured."""
    if measured is None:
        return "unknown"
    possible = TABLE.bands["vitamin_d"].on(on).possible(measured)
    return possible[0] if len(possible) == 1 else "unknown"


def below_adequate(status: str) -> str:
    """The same in the words that the calcium and PTH table asks for."""
    if status == "unknown":
        return status
    return "adequate" if status == "adequate" else "below_50"


def vitamin_d_deficiency(
    status: str, pth: Level, calcium: Level, *, fgf23_mediated: bool, severe: bool
) -> Finding:
    """Does vitamin D deficiency explain it, or must the search go on without waiting?"""
    words = {Level.HIGH: "high", Level.UNDETERMINED: "undetermined"}
    decision = TABLE.decide(
        "vitamin_d_deficiency",
        status,
        words.get(pth, "not_high"),
        str(calcium),
        "yes" if fgf23_mediated or severe else "no",
    )
    return Finding(decision.then, decision.rule)
