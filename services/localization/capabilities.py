"""What can be had where, and how soon: per test, per scan, per modality."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from knowledge.rules import imaging
from services.localization.sent import Available


@dataclass(slots=True)
class Capabilities:
    """What was said about each test and each scan. Nothing said is not known."""

    by_test: dict[str, Available] = field(default_factory=dict)
    by_act: dict[str, Available] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    """Names that no test and no modality of the tables goes by."""

    to_be_had: dict[str, bool] = field(default_factory=dict)
    """Is it, or one of its tests, to be had? By scan or modality, where anything was said of it."""

    def of_test(self, test: imaging.Method) -> Available | None:
        """What was said about this test, or else about the scan that it is?"""
        return self.by_test.get(test.key) or self.by_act.get(test.act)

    def status(self, act: str) -> str:
        """Can this scan be had? yes, no or unknown."""
        said = self.to_be_had.get(act)
        return "unknown" if said is None else "yes" if said else "no"

    def in_order(self, modalities: Sequence[str]) -> list[str]:
        """The modalities that can be had first, otherwise as they are preferred."""
        return sorted(modalities, key=lambda name: self.status(name) == "no")

    def shortest_wait(self, act: str) -> int | None:
        """How long does the soonest of its tests take? None: not known."""
        waits = [
            wait
            for test in imaging.methods_for(act)
            if (said := self.of_test(test)) is not None and said.available
            if (wait := wait_of(said)) is not None
        ]
        return min(waits, default=None)


def wait_of(said: Available | None) -> int | None:
    """How long until it can be made: the longer of the waiting list and the tracer's lead time."""
    if said is None:
        return None
    wait, lead = said.wait_days, said.lead_days
    if wait is None or lead is None:
        return lead if wait is None else wait
    return max(wait, lead)


def capabilities_of(availability: Mapping[str, Available]) -> Capabilities:
    """What was said, under the tests and scans it was said of."""
    found = Capabilities()
    for name, said in availability.items():
        modality = imaging.modality_named(name)
        if modality is not None or imaging.methods_for(name):
            found.by_act[modality.key if modality is not None else name] = said
        elif (test := imaging.method_named(name)) is not None:
            found.by_test[test.key] = said
        else:
            found.unknown.append(name)
    for key, said in found.by_test.items():
        act = imaging.method_of(key).act
        found.to_be_had[act] = said.available or found.to_be_had.get(act, False)
    for act, said in found.by_act.items():
        found.to_be_had[act] = said.available
    return found
