"""May these settings of a site be laid over the tables?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.rows import Citation
from knowledge.rules.site_rows import (
    TMP_GFR,
    Refusal,
    adult_interval,
    analyte_of,
    assay_of,
    fgf23_cut,
    interval_of,
    same_people,
    tmp_gfr_cut,
    unit_of,
)
from knowledge.site import TMP_GFR_CUT, OwnCutOff, OwnInterval, Site
from knowledge.terms.site_settings import (
    Fgf23CutOff,
    IntervalOfSite,
    OwnRow,
    SiteSettings,
    TmpGfrCutOff,
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What of the settings may not stand: where (JSON Pointer), a code, and why."""

    pointer: str
    code: str
    reason: str


class NotAccepted(Exception):
    """These settings may not be used; `wrong` says everything that is the matter."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__("; ".join(f"{one.pointer}: {one.reason}" for one in wrong))
        self.wrong = list(wrong)


def site_of(version: int, settings: SiteSettings) -> Site:
    """The settings as rules can ask them. NotAccepted with every reason when they may not be."""
    reading = _Reading(Site(version))
    for key, unit in settings.preferred_units.items():
        reading.preferred_unit(key, unit)
    for place, row in enumerate(settings.intervals):
        reading.interval(("intervals", str(place)), row)
    for place, cut in enumerate(settings.cut_offs):
        reading.cut_off(("cut_offs", str(place)), cut)
    if reading.wrong:
        raise NotAccepted(reading.wrong)
    return Site(
        version,
        settings.profile,
        reading.units,
        {key: tuple(sorted(rows, key=_since)) for key, rows in reading.intervals.items()},
        {name: tuple(sorted(rows, key=_from)) for name, rows in reading.cuts.items()},
    )


class _Reading:
    """One pass over the settings of a site: what may stand, and what not and why."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.wrong: list[Wrong] = []
        self.units: dict[str, str] = {}
        self.intervals: dict[str, list[OwnInterval]] = {}
        self.cuts: dict[str, list[OwnCutOff]] = {}

    def preferred_unit(self, key: str, unit: str) -> None:
        """In this unit results of this analyte are to be shown."""
        try:
            self.units[key] = unit_of(analyte_of(key, ""), unit, "")
        except Refusal as refusal:
            self._refuse(("preferred_units", key), refusal)

    def interval(self, steps: tuple[str, str], row: IntervalOfSite) -> None:
        """This interval goes before those of the tables."""
        try:
            analyte = analyte_of(row.analyte, "analyte")
            assay = assay_of(analyte, row.assay)
            own = interval_of(analyte, row, self._citation(steps, row))
            others = self.intervals.setdefault(analyte.key, [])
            if any(same_people(own, other.interval) for other in others if other.assay == assay):
                raise Refusal("", "overlap", "overlaps an interval for the same people and day")
            others.append(OwnInterval(self.site.id_of(*steps), own, assay))
        except Refusal as refusal:
            self._refuse(steps, refusal)

    def cut_off(self, steps: tuple[str, str], row: Fgf23CutOff | TmpGfrCutOff) -> None:
        """These cuts stand in the place of the table's."""
        citation = self._citation(steps, row)
        try:
            if isinstance(row, Fgf23CutOff):
                name, bands = fgf23_cut(row, citation)
            else:
                name, bands = TMP_GFR_CUT, tmp_gfr_cut(row, citation)
            others = self.cuts.setdefault(name, [])
            if any(other.bands.citation.effective == row.effective for other in others):
                raise Refusal("effective", "overlap", "two cut-offs count from the same day")
            id = self.site.id_of(*steps)
            if name == TMP_GFR_CUT:
                # An adult's lower limit is shown as it decides: the same number, said once.
                adult = OwnInterval(id, adult_interval(bands, citation))
                self.intervals.setdefault(TMP_GFR, []).append(adult)
            others.append(OwnCutOff(id, bands))
        except Refusal as refusal:
            self._refuse(steps, refusal)

    def _citation(self, steps: tuple[str, str], row: OwnRow) -> Citation:
        return Citation(row.effective, (self.site.id_of(*steps),), row.read_status, row.source)

    def _refuse(self, steps: tuple[str, str], refusal: Refusal) -> None:
        escaped = [step.replace("~", "~0").replace("/", "~1") for step in (*steps, refusal.step)]
        pointer = "".join(f"/{step}" for step in escaped if step)
        self.wrong.append(Wrong(pointer, refusal.code, refusal.reason))


def _since(own: OwnInterval) -> date:
    return own.interval.citation.effective


def _from(own: OwnCutOff) -> date:
    return own.bands.citation.effective
