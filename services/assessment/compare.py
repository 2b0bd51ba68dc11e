"""What does one answer say otherwise than another? Pure; empty when nothing a reader acts on."""

from services.assessment.contract import (
    Assessment,
    Change,
    ChangeOf,
    Derived,
    Interpretation,
    Interpreted,
)
from services.chassis.conclusions.changes import Differences, numbered

PAIRS: tuple[tuple[ChangeOf, ChangeOf], ...] = (
    ("rule_fired", "rule_not_fired"),
    ("next_test_added", "next_test_removed"),
    ("caveat_added", "caveat_removed"),
    ("rejected", "not_rejected"),
)
"""What is said of something that came, and of something that went."""


SAY: Differences[ChangeOf, Change] = Differences(Change)


def compare(before: Assessment, after: Assessment) -> list[Change]:
    """What is concluded otherwise, in the order in which a clinician would ask?"""
    return [
        *SAY.one("class", before.tio_class, after.tio_class),
        *SAY.one("mechanism", before.mechanism, after.mechanism),
        *SAY.one("urgent", _yes(before.urgent), _yes(after.urgent)),
        *SAY.one("leading_diagnosis", _leading(before), _leading(after)),
        *SAY.values("derived", _derived(before), _derived(after)),
        *SAY.values("interpretation", _interpreted(before), _interpreted(after)),
        *SAY.came_and_went(PAIRS, _named(before), _named(after)),
    ]


def _named(answer: Assessment) -> tuple[dict[str, str], ...]:
    """What comes and goes by name, in the order of `PAIRS`, with what is said of it."""
    return (
        {rule.id: rule.conclusion for rule in answer.fired_rules},
        {step.step: ", ".join(step.order) for step in answer.next_tests},
        {caveat.code: caveat.text for caveat in answer.caveats},
        {value.observation: value.reason for value in answer.rejected},
    )


def _leading(answer: Assessment) -> str | None:
    return answer.differential[0].diagnosis if answer.differential else None


def _yes(urgent: bool) -> str:
    return "yes" if urgent else "no"


def _derived(answer: Assessment) -> dict[str, str]:
    return numbered((one.quantity, _value(one)) for one in answer.derived)


def _interpreted(answer: Assessment) -> dict[str, str]:
    return {one.observation: _value(one) for one in answer.interpretations}


def _value(one: Derived | Interpreted) -> str:
    reading: Interpretation = one.interpretation
    return f"{one.comparator or ''}{one.value:g} {one.unit}, {reading}"
