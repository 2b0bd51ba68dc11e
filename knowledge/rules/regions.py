"""Where do these tumors lie? A prior, for what a scan that was cut short may have missed."""

from collections.abc import Iterable
from decimal import Decimal

from knowledge.tables import Table

TABLE = Table.beside(__file__)


def share_of(regions: Iterable[str]) -> Decimal:
    """Which share of these tumors lies in these regions?"""
    priors = TABLE.entries["priors"]
    shares = [priors[region].fields["share"] for region in set(regions) if region in priors]
    return sum(shares, Decimal(0))
