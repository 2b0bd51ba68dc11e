"""What a site may wish to lay over the tables, as it sends it. Whether it may: rules/site_settings.

The closed list: profile, preferred units, reference intervals, the cuts of an FGF23 assay and the
limits of an adult's TmP/GFR. What is urgent or impossible is nobody's setting.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from knowledge.terms.finding import ReadStatus
from knowledge.terms.person import Profile
from knowledge.terms.sent import Name, Native, Number

Limit = Annotated[Number, Field(ge=0)]
Age = Annotated[Number, Field(ge=0)]
UnitText = Annotated[str, Field(min_length=1, max_length=40)]
MOST_ROWS = 500


class OwnRow(Native):
    """What every number of a site says of itself, as a row of a table does."""

    effective: date
    source: Annotated[str, Field(min_length=1, max_length=500)]
    read_status: ReadStatus
    note: Annotated[str, Field(max_length=500)] = ""


class IntervalOfSite(OwnRow):
    """A reference interval of the site's own; ages from (inclusive) and below (exclusive)."""

    analyte: Name
    assay: Name | None = None
    sex: Literal["any", "male", "female"]
    age_from: Age
    age_below: Age
    age_unit: Literal["a", "d"] = "a"
    low: Limit | None = None
    high: Limit | None = None
    unit: UnitText


class Fgf23CutOff(OwnRow):
    """The cuts of one intact FGF23 assay; what lies between them is grey."""

    cut_off: Literal["fgf23"]
    assay: Name
    suppressed_below: Limit
    mediated_from: Limit
    unit: UnitText


class TmpGfrCutOff(OwnRow):
    """An adult's TmP/GFR: wasting is definite below the one, equivocal below the other."""

    cut_off: Literal["tmp_gfr_adult"]
    definite_below: Limit
    equivocal_below: Limit
    unit: UnitText


CutOffOfSite = Annotated[Fgf23CutOff | TmpGfrCutOff, Field(discriminator="cut_off")]


class SiteSettings(Native):
    """What a site lays over the tables. What it does not name, the tables say."""

    profile: Profile | None = None
    preferred_units: dict[Name, UnitText] = Field(default_factory=dict, max_length=MOST_ROWS)
    intervals: Annotated[tuple[IntervalOfSite, ...], Field(max_length=MOST_ROWS)] = ()
    cut_offs: Annotated[tuple[CutOffOfSite, ...], Field(max_length=MOST_ROWS)] = ()
