"""What did each test find in the series that were published?"""

from functools import cache

from knowledge.rows import Entry
from knowledge.tables import Table

TABLE = Table.beside(__file__)


@cache
def series_of(test: str) -> tuple[Entry, ...]:
    """Which series stand behind this test?"""
    return tuple(row for row in TABLE.entries["series"].values() if row.fields["test"] == test)


@cache
def sources_of(test: str) -> tuple[str, ...]:
    """Which sources are those?"""
    return tuple(dict.fromkeys(source for row in series_of(test) for source in row.citation.source))
