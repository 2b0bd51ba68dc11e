"""A tumor that was taken out: did all come back into range, and is it low again (C-08)?"""

from datetime import date

from knowledge.rules import fgf23, hypophosphatemia
from knowledge.rules.classification import histology_fits
from knowledge.rules.hypophosphatemia import Sample
from knowledge.rules.reference_intervals import Level
from knowledge.terms.observation import Observation as Measured
from knowledge.terms.truth import Truth
from services.assessment.asking import Asking

Event = tuple[float, date, Truth, Truth]
"""When, on which day, and what one result says: phosphate in range, FGF23 in range."""


class RemovalStages(Asking):
    """Confirmed once is confirmed for good: what counts afterwards is what came later."""

    def _removal(self) -> None:
        findings, picture = self.case.findings, self.picture
        picture.tumor_removed = bool(findings.tumor_removed or findings.tumor_removed_on)
        if picture.tumor_removed:
            picture.histology_fits = histology_fits(findings.tumor_histology)
            recovered_on = self._recovery(findings.tumor_removed_on)
            if picture.histology_fits:
                picture.confirmed_on = recovered_on
                if recovered_on is not None and not picture.treatment_stated:
                    self.notes.caveat("treatment_not_stated")
        told = findings.tio_confirmed_on
        if told is not None and told <= self.on:
            known = picture.confirmed_on
            picture.confirmed_on = told if known is None else min(told, known)

    def _later(self) -> list[Sample]:
        """Which phosphates say how it is since then? All of them where nothing was confirmed."""
        since = self.picture.confirmed_on
        if since is None:
            return self.samples
        return [s for s in self.samples if s.observation.day(self.on) > since]

    def _counts(self, result: Measured) -> bool:
        """Does this result say how it is now: after a cure, and outside of an acute illness?"""
        day, since = result.day(self.on), self.picture.confirmed_on
        return (since is None or day > since) and not self.case.acute_on(day)

    def _newest_counting(self, key: str) -> Measured | None:
        for result in reversed(self.case.by_analyte.get(key, ())):
            if self._counts(result):
                return result
        return None

    def _recovery(self, since: date | None) -> date | None:
        """Note how far it recovered. On which day were phosphate and FGF23 both back?"""
        picture = self.picture
        phosphate: Truth = None
        hormone: Truth = None
        back: date | None = None
        for _, day, phosphate_back, hormone_back in sorted(self._events(since), key=_when):
            phosphate = phosphate if phosphate_back is None else phosphate_back
            hormone = hormone if hormone_back is None else hormone_back
            if phosphate and hormone and back is None:
                back = day
        unfit = bool(self.case.findings.tumor_histology) and not picture.histology_fits
        if back is not None:
            picture.recovery = "complete"
        elif phosphate or (phosphate is False and (hormone or not unfit)):
            picture.recovery = "incomplete"
        return back

    def _events(self, since: date | None) -> list[Event]:
        samples = self.samples
        if since is None:
            samples = hypophosphatemia.current(samples)
        events: list[Event] = []
        for sample in samples:
            day = sample.observation.day(self.on)
            if sample.disturbed or (since is not None and day <= since):
                continue
            if sample.low:
                events.append((_moment(sample), day, False, None))
            elif sample.reading.level is Level.NORMAL and not (sample.treated or sample.doubtful):
                events.append((_moment(sample), day, True, None))
        for result in self._hormones_after(since):
            within = fgf23.back_in_interval(result, self.subject)
            if within and result.id in self.case.questioned:
                continue
            moment = result.taken_at.timestamp() if result.taken_at else float("inf")
            events.append((moment, result.day(self.on), None, within))
        return events

    def _hormones_after(self, since: date | None) -> list[Measured]:
        """Which FGF23 says how it is after the operation? C-terminal where no intact one does."""
        for key in (fgf23.INTACT_KEY, fgf23.C_TERMINAL_KEY):
            found = self.case.by_analyte.get(key, [])
            if since is None:
                found = found[-1:]
            else:
                found = [one for one in found if one.day(self.on) > since]
            if any(fgf23.back_in_interval(one, self.subject) is not None for one in found):
                return found
        return []


def _when(event: Event) -> float:
    return event[0]


def _moment(sample: Sample) -> float:
    taken = sample.observation.taken_at
    return float("inf") if taken is None else taken.timestamp()
