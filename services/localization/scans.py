"""The functional scans, test by test: what they leave uncovered, and whether they show a focus."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.rules import field_of_view
from knowledge.rules.imaging import Technique
from services.localization.answer import Caveat
from services.localization.register import Place, day_of
from services.localization.sent import Study


@dataclass(frozen=True, slots=True)
class Scan:
    """The scans with one test: what they leave uncovered, and whether they show a focus."""

    technique: Technique
    study: str
    on: date | None
    missing: tuple[str, ...]
    positive: bool

    @property
    def status(self) -> str:
        """inadequate, negative or positive, as the table of next scans asks."""
        if self.missing:
            return "inadequate"
        return "positive" if self.positive else "negative"

    def told_more_than(self, other: "Scan") -> bool:
        """Was its field full where the other's was not, or did it show something?"""
        return (bool(self.missing), not self.positive) < (bool(other.missing), not other.positive)


def scans_of(
    studies: Iterable[tuple[str, Study, Technique]],
    places: Sequence[Place],
    on: date,
    caveats: list[Caveat],
) -> list[Scan]:
    """The scans test by test; partial ones with the same test complement each other."""
    by_test: dict[str, list[tuple[str, Study, Technique]]] = {}
    for item in studies:
        if item[2].test is not None:
            by_test.setdefault(item[2].test, []).append(item)
    scans = []
    for group in by_test.values():
        key, latest, how = group[0] if len(group) == 1 else max(group, key=_performed)
        entries = [
            entry
            for _, study, _ in group
            if study is latest or _complement(study, latest, on)
            for entry in study.coverage
        ]
        covered, unknown = field_of_view.parts_covered(entries)
        for entry in unknown:
            text = f"{entry!r} in a list of covered sites is not in the table and covers nothing"
            caveats.append(Caveat("unknown_site", text))
        keys = {key for key, _, _ in group}
        positive = any(r.is_focus and r.study in keys for p in places for r in p.readings)
        missing = field_of_view.missing_field(covered)
        scans.append(Scan(how, key, day_of(latest.performed_at), missing, positive))
    return scans


def _performed(item: tuple[str, Study, Technique]) -> date:
    return day_of(item[1].performed_at) or date.min


def _complement(study: Study, latest: Study, on: date) -> bool:
    one, other = day_of(study.performed_at), day_of(latest.performed_at)
    if one is None or other is None:
        return True
    return field_of_view.complements(one, other, on)
