"""For how long is breast-feeding interrupted after this tracer?"""

from dataclasses import dataclass

from knowledge.tables import Table

TABLE = Table.beside(__file__)


@dataclass(frozen=True, slots=True)
class Interruption:
    """What a nursing mother is told before this test. None for hours: avoid it, or not read."""

    test: str
    hours: int | None
    avoid: bool
    says: str
    sources: tuple[str, ...]


def interruption(test: str, local_hours: int | None = None) -> Interruption:
    """What does this test ask of a nursing mother? Local policy may set other hours."""
    row = TABLE.entries["tracers"].get(test)
    if row is None:
        says = "no figure for this tracer was read: ask nuclear medicine before the scan"
        return Interruption(test, local_hours, False, says, ())
    if local_hours is not None:
        says = f"interrupt for {local_hours} h, by local policy; published: {row.fields['says']}"
        return Interruption(test, local_hours, False, says, row.citation.source)
    hours = row.fields.get("hours")
    return Interruption(
        test, hours, bool(row.fields["avoid"]), row.fields["says"], row.citation.source
    )
