"""A site's own numbers, laid over the tables: which holds for this person, and which were used?

`knowledge/rules/site_settings.py` checks what a site wishes and makes a `Site` of it. Rules ask a
`SiteInUse`, which lives as long as one assessment and remembers what it handed out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from knowledge.rows import Bands, Interval
from knowledge.terms.person import Profile, Sex

SITE = "site"
"""Whose interval it was, as an answer says it (`range_from`)."""

FGF23_CUT = "fgf23.{assay}"
TMP_GFR_CUT = "renal_phosphate.tmp_gfr_adult"


@dataclass(frozen=True, slots=True)
class OwnInterval:
    """A reference interval of the site. `id` says where it stands in which version."""

    id: str
    interval: Interval
    assay: str | None = None


@dataclass(frozen=True, slots=True)
class OwnCutOff:
    """A cut-off of the site: the same bands as the table's, at the site's own numbers."""

    id: str
    bands: Bands


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """One version of a site's settings, checked. Nobody changes it."""

    version: int
    profile: Profile | None = None
    preferred_units: Mapping[str, str] = field(default_factory=dict)
    intervals: Mapping[str, tuple[OwnInterval, ...]] = field(default_factory=dict)
    cut_offs: Mapping[str, tuple[OwnCutOff, ...]] = field(default_factory=dict)

    def id_of(self, *steps: str) -> str:
        """How something in this version is cited."""
        return "/".join((SITE, str(self.version), *steps))


class SiteInUse:
    """A site's settings during one assessment: they note what was used, and what decided."""

    __slots__ = ("decided", "site", "used")

    def __init__(self, site: Site) -> None:
        self.site = site
        self.used: dict[str, None] = {}
        self.decided: dict[str, None] = {}

    def profile(self) -> Profile | None:
        """Whose fallback intervals does this site read by?"""
        if self.site.profile is not None:
            self.used[self.site.id_of("profile")] = None
        return self.site.profile

    def preferred_unit(self, analyte: str) -> str | None:
        """In which unit does this site wish to see this analyte?"""
        unit = self.site.preferred_units.get(analyte)
        if unit is not None:
            self.used[self.site.id_of("preferred_units", analyte)] = None
        return unit

    def interval(
        self, analyte: str, sex: Sex, age: Decimal | None, on: date, assay: str | None = None
    ) -> Interval | None:
        """Has the site an interval for such a person? A row counts from its day, not before."""
        own = self._interval(analyte, sex, age, on, assay)
        if own is None:
            return None
        self.used[own.id] = None
        return own.interval

    def deciding_interval(
        self, analyte: str, sex: Sex, age: Decimal | None, on: date
    ) -> Interval | None:
        """The same, where a rule takes one end of it for its cut-off."""
        own = self._interval(analyte, sex, age, on, None)
        if own is None:
            return None
        self.used[own.id] = self.decided[own.id] = None
        return own.interval

    def _interval(
        self, analyte: str, sex: Sex, age: Decimal | None, on: date, assay: str | None
    ) -> OwnInterval | None:
        chosen: OwnInterval | None = None
        if age is None:
            return None
        for own in self.site.intervals.get(analyte, ()):
            row = own.interval
            holds = row.holds_for(SITE, sex, age) and own.assay == assay
            if holds and row.citation.effective <= on:
                chosen = own  # oldest first: the last that counts is the newest
        return chosen

    def intervals(self, analyte: str, on: date) -> list[Interval]:
        """Every interval the site has for this analyte on that day, for whomever."""
        own = self.site.intervals.get(analyte, ())
        return [one.interval for one in own if one.interval.citation.effective <= on]

    def bands(self, name: str, on: date) -> Bands | None:
        """Has the site a cut-off of its own here? It decides then."""
        chosen: OwnCutOff | None = None
        for own in self.site.cut_offs.get(name, ()):
            if own.bands.citation.effective <= on:
                chosen = own
        if chosen is None:
            return None
        self.used[chosen.id] = self.decided[chosen.id] = None
        return chosen.bands
