"""Which scans were made, and what does each of them count as? By what of the body it covered."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.rules import field_of_view, scan_coverage
from knowledge.rules.surveillance import Operation
from knowledge.rules.surveillance_calendar import Done, Item, acts_of_study
from knowledge.terms.truth import Truth
from services.followup.answer import Caveat


@dataclass(frozen=True, slots=True)
class Scan:
    """FHIR ImagingStudy: one scan as one act, and the body sites it covered, if they were said."""

    day: date
    act: str
    coverage: tuple[str, ...]
    id: str | None = None
    counts: Truth = None
    """Does it cover what its act asks for? None: not said, or not known where it should be."""


def acts_of(
    day: date, modality: str, tracer: str | None, coverage: Iterable[str], id: str | None
) -> list[Scan]:
    """What does this study count as?"""
    return [Scan(day, act, tuple(coverage), id) for act in sorted(acts_of_study(modality, tracer))]


def judged(scans: Iterable[Scan], operations: Sequence[Operation], on: date) -> list[Scan]:
    """Each scan with the answer whether it covered what is asked for.

    Scans of parts with one tracer, within the days of localization, make up the whole body.
    """
    found: list[Scan] = []
    for scan in sorted(scans, key=lambda scan: (scan.day, scan.act, scan.coverage)):
        before = [one for one in operations if one.day <= scan.day]
        removed = before[-1] if before else None
        counts = scan_coverage.covers(scan.act, _together(scan, found, on), removed)
        found.append(Scan(scan.day, scan.act, scan.coverage, scan.id, counts))
    return found


def _together(scan: Scan, before: Iterable[Scan], on: date) -> tuple[str, ...]:
    if not scan.coverage or not scan_coverage.asks_for_whole_body(scan.act):
        return scan.coverage
    parts = [
        one.coverage
        for one in before
        if one.act == scan.act and field_of_view.complements(one.day, scan.day, on)
    ]
    return tuple(site for part in (*parts, scan.coverage) for site in part)


def done(scans: Iterable[Scan]) -> Iterator[Done]:
    """What may close an item: a scan of another region is none."""
    for scan in scans:
        if scan.counts is not False:
            named = {} if scan.id is None else {scan.act: scan.id}
            yield Done(scan.day, frozenset([scan.act]), ids=named)


def caveats(scans: Iterable[Scan], items: Iterable[Item]) -> Iterator[Caveat]:
    """Which scan closed something though nobody said what it covered, and which closed nothing?"""
    closed = {item.done_on for item in items if item.done_on is not None}
    for scan in scans:
        if scan.counts is None and scan.day in closed:
            text = (
                f"{scan.act} of {scan.day} counts as done: nobody said what of the body it covered"
            )
            if scan.coverage:
                text = f"{scan.act} of {scan.day} counts as done: where the tumor was is not known"
            yield Caveat(code="coverage_not_stated", text=text)
        elif scan.counts is False:
            text = (
                f"a scan of {scan.day} does not cover what {scan.act} asks for: it closes nothing"
            )
            yield Caveat(code="coverage_elsewhere", text=text)
