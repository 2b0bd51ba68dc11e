"""Words: what was said of the journey itself, and may be taken back.

A death, a withdrawn consent, a pause: each is a word with a moment, and so is what takes it back.
In force is what the latest moment says, whichever was told first.
"""

from datetime import datetime

from workflows import policies
from workflows.contract import EventArrived, EventKind, JourneyState, Said, Word

ENDS = (EventKind.DEATH, EventKind.WITHDRAWAL)
"""Words that end a journey for as long as they are in force."""

TAKEN_BACK_BY = {EventKind.RESUME: EventKind.PAUSE}
"""A kind of its own that takes another back; elsewhere the event says that it is undone."""


class Words:
    """What was said of one journey."""

    def __init__(self, state: JourneyState) -> None:
        self._state = state

    def take(self, event: EventArrived, said: Said) -> None:
        """Remember it, once."""
        kind = TAKEN_BACK_BY.get(event.kind, event.kind)
        undone = said.undone or event.kind in TAKEN_BACK_BY
        known = self._of(kind)
        if all(word.event != event.event_id for word in known):
            word = Word(event=event.event_id, at=said.occurred_at, undone=undone)
            self._state.words = {**self._state.words, kind: [*known, word][-policies.WORDS :]}

    def since(self, kind: EventKind) -> datetime | None:
        """Since when is this in force? None: it is not."""
        since: datetime | None = None
        for word in sorted(self._of(kind), key=lambda word: (word.at, word.undone)):
            since = None if word.undone else since or word.at
        return since

    def end(self) -> EventKind | None:
        """Which word ends the journey, if any does? The gravest counts."""
        return next((kind for kind in ENDS if self.since(kind) is not None), None)

    def _of(self, kind: EventKind) -> list[Word]:
        return self._state.words.get(kind, [])
