"""What does one answer say otherwise than another? Pure; empty when nothing a reader acts on."""

from collections.abc import Iterable, Iterator

from services.assessment.contract import (
    Assessment,
    Change,
    ChangeOf,
    Derived,
    Interpretation,
    Interpreted,
)

PAIRS: tuple[tuple[ChangeOf, ChangeOf], ...] = (
    ("rule_fired", "rule_not_fired"),
    ("next_test_added", "next_test_removed"),
    ("caveat_added", "caveat_removed"),
    ("rejected", "not_rejected"),
)
"""What is said of something that came, and of something that went."""


def compare(before: Assessment, after: Assessment) -> list[Change]:
    """What is concluded otherwise, in the order in which a clinician would ask?"""
    return [
        *_one("class", before.tio_class, after.tio_class),
        *_one("mechanism", before.mechanism, after.mechanism),
        *_one("urgent", _yes(before.urgent), _yes(after.urgent)),
        *_one("leading_diagnosis", _leading(before), _leading(after)),
        *_values("derived", _derived(before), _derived(after)),
        *_values("interpretation", _interpreted(before), _interpreted(after)),
        *_came_and_went(before, after),
    ]


def _one(what: ChangeOf, before: str | None, after: str | None) -> Iterator[Change]:
    if before != after:
        yield Change(what, None, before, after)


def _values(what: ChangeOf, before: dict[str, str], after: dict[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield Change(what, name, before.get(name), after.get(name))


def _came_and_went(before: Assessment, after: Assessment) -> Iterator[Change]:
    for (came, went), old, new in zip(PAIRS, _named(before), _named(after), strict=True):
        yield from (Change(came, name, None, new[name]) for name in new if name not in old)
        yield from (Change(went, name, old[name], None) for name in old if name not in new)


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
    return _numbered((one.quantity, _value(one)) for one in answer.derived)


def _interpreted(answer: Assessment) -> dict[str, str]:
    return {one.observation: _value(one) for one in answer.interpretations}


def _numbered(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A quantity that was derived twice, from two samples, is told apart by its place."""
    found: dict[str, str] = {}
    for name, said in pairs:
        count = sum(known.partition("#")[0] == name for known in found)
        found[f"{name}#{count + 1}" if count else name] = said
    return found


def _value(one: Derived | Interpreted) -> str:
    reading: Interpretation = one.interpretation
    return f"{one.comparator or ''}{one.value:g} {one.unit}, {reading}"
