"""In which order does a coordinator meet what is due? By lateness, riskier things earlier."""

from knowledge.tables import Table

TABLE = Table.beside(__file__)


def lead_days(ladder: str) -> int:
    """How many days earlier does a thing on this ladder stand than one that can wait?"""
    entry = TABLE.entry("leads", ladder)
    return 0 if entry is None else int(entry.fields["days"])
