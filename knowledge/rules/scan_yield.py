"""What may a scan still find, and what does it cost in radiation? Numbers from imaging.toml."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from knowledge.rows import Entry
from knowledge.rules.imaging import TABLE, named


@dataclass(frozen=True, slots=True)
class Yield:
    """How likely a test is to find the tumor now, with its bounds; never a bare point value."""

    expected: Decimal
    low: Decimal
    high: Decimal

    @property
    def about(self) -> str:
        """The same in words, as a chance of one in so many, or of ten where it is the likelier."""
        if not self.expected:
            return "none"
        one_in = round(1 / self.expected)
        return f"about 1 in {one_in}" if one_in > 2 else f"about {round(self.expected * 10)} in 10"


def expected_yield(act: str, negative: Sequence[str], on: date) -> Yield | None:
    """How likely is this test to find the tumor after these adequate negative tests? (3.2)"""
    tests = TABLE.entries["tests"]
    test = next((t for t in tests.values() if t.fields["act"] == act), None)
    if test is None:
        return None
    present = TABLE.number("prior_localizable", on)
    overlap = Decimal(0)
    for key in negative:
        done = tests[key]
        missed = present * (1 - done.fields["sensitivity"])
        present = missed / (missed + (1 - present) * done.fields["specificity"])
        overlap = max(overlap, _overlap(done, test, on))
    found = present * (1 - overlap)
    return Yield(*(found * test.fields[name] for name in ("sensitivity", "low", "high")))


def _overlap(done: Entry, test: Entry, on: date) -> Decimal:
    """How far does this test miss what that one missed?"""
    if done.fields["target"] == "examination":
        return Decimal(0)
    if done.fields["target"] != test.fields["target"]:
        return TABLE.number("overlap_other_target", on)
    spect_then_pet = done.fields["geometry"] == "spect" and test.fields["geometry"] == "pet"
    return TABLE.number("overlap_spect_then_pet" if spect_then_pet else "overlap_same_target", on)


@dataclass(frozen=True, slots=True)
class Dose:
    """The effective dose of a tracer; estimated where the activity was not stated."""

    msv: Decimal
    activity_mbq: Decimal
    estimated: bool


def tracer_dose(tracer: str | None, activity_mbq: Decimal | None) -> Dose | None:
    """What dose did this tracer give? None when the table does not know it."""
    injected = named(TABLE.entries["tracers"], tracer) if tracer else None
    if injected is None or "msv_per_mbq" not in injected.fields:
        return None
    activity = activity_mbq if activity_mbq is not None else injected.fields["reference_mbq"]
    factor: Decimal = injected.fields["msv_per_mbq"]
    return Dose(factor * activity, Decimal(activity), activity_mbq is None)


def usual_dose(act: str) -> Decimal | None:
    """What dose does the tracer of this test usually give?"""
    for tracer in TABLE.entries["tracers"].values():
        if TABLE.entries["tests"][tracer.fields["test"]].fields["act"] == act:
            dose = tracer_dose(tracer.key, None)
            return dose.msv if dose else None
    return None
