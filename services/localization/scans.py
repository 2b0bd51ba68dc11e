"""The functional scans, test by test: what they leave uncovered, and whether they show a focus."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from knowledge.rules import field_of_view
from knowledge.rules.imaging import Technique
from services.localization.answer import Caveat
from services.localization.register import Place
from services.localization.sent import Study


@dataclass(slots=True)
class Made:
    """A study that counts: under which name, how it was made, and on which day."""

    key: str
    study: Study
    how: Technique
    on: date | None


@dataclass(slots=True)
class Scan:
    """The scans with one test: what they leave uncovered, and whether they show a focus."""

    technique: Technique
    study: str
    on: date | None
    missing: tuple[str, ...]
    positive: bool
    status: str = field(init=False)
    """inadequate, negative or positive, as the table of next scans asks."""

    def __post_init__(self) -> None:
        found = "positive" if self.positive else "negative"
        self.status = "inadequate" if self.missing else found

    def told_more_than(self, other: "Scan") -> bool:
        """Was its field full where the other's was not, or did it show something?"""
        return (bool(self.missing), not self.positive) < (bool(other.missing), not other.positive)


def scans_of(
    studies: Iterable[Made],
    places: Sequence[Place],
    on: date,
    caveats: list[Caveat],
) -> list[Scan]:
    """The scans test by test; partial ones with the same test complement each other."""
    by_test: dict[str, list[Made]] = {}
    for made in studies:
        if made.how.test is not None:
            by_test.setdefault(made.how.test, []).append(made)
    showing = {r.study for place in places for r in place.readings if r.is_focus}
    scans = []
    for group in by_test.values():
        latest = max(group, key=_performed) if len(group) > 1 else group[0]
        entries = [
            entry
            for one in group
            if one is latest or _complement(one, latest, on)
            for entry in one.study.coverage
        ]
        covered, unknown = field_of_view.parts_covered(entries)
        for entry in unknown:
            text = f"{entry!r} in a list of covered sites is not in the table and covers nothing"
            caveats.append(Caveat("unknown_site", text))
        positive = not showing.isdisjoint([one.key for one in group])
        missing = field_of_view.missing_field(covered)
        scans.append(Scan(latest.how, latest.key, latest.on, missing, positive))
    return scans


def _performed(made: Made) -> date:
    return made.on or date.min


def _complement(one: Made, latest: Made, on: date) -> bool:
    if one.on is None or latest.on is None:
        return True
    return field_of_view.complements(one.on, latest.on, on)
