"""What of the report of an operation did nobody here understand? It counts as the worse of both."""

from collections.abc import Iterable, Iterator
from datetime import date

from knowledge.rules import surveillance
from knowledge.rules.surveillance import Operation
from services.followup.contract import Caveat


def caveats(operations: Iterable[Operation], read_as_one: Iterable[date]) -> Iterator[Caveat]:
    """Each word that is not known, by name: why this patient is watched closely."""
    for day in read_as_one:
        text = f"several reports tell of an operation on {day}: they are read as one, the worse"
        text += " word of each counts"
        yield Caveat(code="operation_told_again", text=text)
    for operation in operations:
        for name, said in surveillance.not_understood(operation):
            text = f"{name} {said!r} of {operation.day} is not known: watched as high risk"
            yield Caveat(code="report_not_understood", text=text)
