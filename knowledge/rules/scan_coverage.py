"""Did a scan cover the part of the body for which it was asked?"""

from collections.abc import Iterable

from knowledge.rules import field_of_view, removed_tumor
from knowledge.rules.surveillance import Operation
from knowledge.tables import Table
from knowledge.terms.truth import Truth

TABLE = Table.beside(__file__)
WHOLE_BODY, TUMOR_BED = "whole_body", "tumor_bed"


def asks_for_whole_body(act: str) -> bool:
    """Is the whole body asked for, so that two scans may make it up together?"""
    row = TABLE.entries["acts"].get(act)
    return row is not None and row.fields["asks"] == WHOLE_BODY


def covers(act: str, coverage: Iterable[str], removed: Operation | None) -> Truth:
    """Does this coverage contain what the act asks for? None: it is not said, or not known where.

    `removed`: the last operation before it, in whose bed a tumor may grow again.
    """
    row = TABLE.entries["acts"].get(act)
    if row is None:
        return True
    sites = tuple(coverage)
    if not sites:
        return None
    match row.fields["asks"]:
        case "whole_body":
            covered, _ = field_of_view.parts_covered(sites)
            return not field_of_view.missing_field(covered)
        case "tumor_bed":
            return _covers_bed(sites, removed)
    return field_of_view.shows(sites, row.fields["asks"], None)


def _covers_bed(sites: Iterable[str], removed: Operation | None) -> Truth:
    place = removed_tumor.place_of(removed.site) if removed and removed.site else None
    if removed is None or place is None:
        return None
    sides = field_of_view.SIDES
    side = removed.laterality if removed.laterality in sides else None
    side = side or next(
        (one for one in sides if removed.site and one in removed.site.lower()), None
    )
    return field_of_view.shows(sites, place.code, side)
