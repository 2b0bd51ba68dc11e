"""What of the report of an operation did nobody here understand? It counts as the worse of both."""

from collections.abc import Iterable, Iterator

from knowledge.rules import surveillance
from knowledge.rules.surveillance import Operation
from services.followup.contract import Caveat


def caveats(operations: Iterable[Operation]) -> Iterator[Caveat]:
    """Each word that is not known, by name: why this patient is watched closely."""
    for operation in operations:
        for name, said in surveillance.not_understood(operation):
            text = f"{name} {said!r} of {operation.day} is not known: watched as high risk"
            yield Caveat(code="report_not_understood", text=text)
