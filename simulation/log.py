"""What happened, in order, and one hash over all of it: the same seed, the same hash."""

import hashlib
from collections import Counter
from collections.abc import Callable

from simulation.clock import Clock


class Log:
    """Lines of time, actor, what and about. Only the hash and the counts are kept."""

    def __init__(self, clock: Clock, show: Callable[[str], None] | None = None) -> None:
        self._clock, self._show = clock, show
        self._hash = hashlib.sha256()
        self.counted: Counter[str] = Counter()

    def write(self, what: str, about: str, says: str = "") -> None:
        """One thing that happened."""
        line = f"{self._clock.seconds:.6f} {what} {about} {says}"
        self._hash.update(line.encode() + b"\n")
        self.counted[what] += 1
        if self._show is not None:
            self._show(f"{self._clock.now().isoformat(timespec='seconds')} {what} {about} {says}")

    def digest(self) -> str:
        """Of everything so far."""
        return self._hash.hexdigest()
