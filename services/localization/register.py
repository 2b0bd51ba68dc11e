"""The register of lesions: the same spot seen by several studies is one candidate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from knowledge.rules import candidates, field_of_view
from knowledge.rules.candidates import Beside, Reading, Standing
from services.localization.answer import Caveat
from services.localization.sent import Lesion, Link, Side

NOUGHT = Decimal(0)


def day_of(when: datetime | date | None) -> date | None:
    """The day, where it happened."""
    return when.date() if isinstance(when, datetime) else when


@dataclass(slots=True)
class Seen:
    """One lesion of one study: its name in the register, and what was said of it."""

    ref: str
    lesion: Lesion
    reading: Reading
    reader: str | None = None


@dataclass(slots=True)
class Place:
    """One place that somebody pointed at, and everything that was said about it."""

    site: str
    name: str
    side: Side | None
    number: int = 1
    seen: list[Seen] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    shown_by: list[Reading] = field(default_factory=list)
    beside: Beside = field(default_factory=Beside)
    mimic: str | None = None
    """What else may it be, by the first who said so?"""

    size_mm: Decimal | None = None
    """The largest size that was measured."""

    uptake_ratio: Decimal = NOUGHT
    """How bright against the liver, where both were measured? For ties only."""

    resectability: str | None = None
    """How hard would it be to remove, by the last who said so?"""

    malignant: bool | None = None
    """Does anybody say that it looks malignant?"""

    def take(self, seen: Seen) -> None:
        """One more lesion that was seen here."""
        lesion, reading = seen.lesion, seen.reading
        self.seen.append(seen)
        self.readings.append(reading)
        if self.mimic is None and reading.mimic != "none":
            self.mimic = reading.mimic
        if lesion.size_mm is not None:
            self.size_mm = max(lesion.size_mm, self.size_mm or NOUGHT)
        if lesion.suv and lesion.liver_suv:
            self.uptake_ratio = max(self.uptake_ratio, lesion.suv / lesion.liver_suv)
        self.resectability = lesion.resectability or self.resectability
        if not self.malignant:
            said = lesion.malignant_features
            self.malignant = self.malignant if said is None else said

    @property
    def id(self) -> str:
        """What the candidate is called: the first lesion that was seen there."""
        return self.seen[0].ref

    @property
    def key(self) -> str:
        """The place in words, as obligations name it."""
        side = f"-{self.side}" if self.side else ""
        return f"{self.site}{side}" + (f"-{self.number}" if self.number > 1 else "")

    def standing(self, on: date) -> Standing:
        """How does this candidate stand? A study that looked there and saw nothing counts too."""
        return candidates.standing([*self.readings, *self.shown_by], on, self.beside)

    @property
    def first_seen(self) -> date | None:
        """When was it first pointed at?"""
        return min((r.on for r in self.readings if r.on), default=None)


class Register:
    """Every spot so far. A person's word that two are one, or two, goes before all else."""

    def __init__(self, links: Sequence[Link], on: date) -> None:
        self.places: list[Place] = []
        self.caveats: list[Caveat] = []
        self._links = links
        self._on = on

    def add(self, seen: Seen) -> Place:
        """Put one lesion where it belongs."""
        site = field_of_view.site_named(seen.lesion.site)
        if site is None:
            text = f"{seen.lesion.site!r} is no site of the table; it is kept as a place of its own"
            self.caveats.append(Caveat("unknown_site", text))
        code, side = (site.code if site else seen.lesion.site), seen.lesion.laterality
        here = [p for p in self.places if p.site == code and p.side == side]
        place = self._linked(seen) if self._links else None
        if place is None and here:
            place = self._nearest(seen, [p for p in here if self._may_join(seen, p)])
        if place is None:
            name = site.name if site else seen.lesion.site
            place = Place(code, name, side, number=len(here) + 1)
            self.places.append(place)
            if here:
                self._note_two(place)
        place.take(seen)
        return place

    def unknown_links(self) -> Iterable[str]:
        """Which links name a lesion that nobody reported?"""
        known = {seen.ref for place in self.places for seen in place.seen}
        return [ref for link in self._links for ref in (link.a, link.b) if ref not in known]

    def _others(self, ref: str, *, same: bool) -> set[str]:
        pairs = [(link.a, link.b) for link in self._links if link.same is same]
        return {b for a, b in pairs if a == ref} | {a for a, b in pairs if b == ref}

    def _linked(self, seen: Seen) -> Place | None:
        """The place that a person says this lesion belongs to; two such places become one."""
        ones = self._others(seen.ref, same=True)
        found = [p for p in self.places if any(s.ref in ones for s in p.seen)]
        for other in found[1:]:
            for lesion in other.seen:
                found[0].take(lesion)
            self.places.remove(other)
        return found[0] if found else None

    def _may_join(self, seen: Seen, place: Place) -> bool:
        if self._links:
            twos = self._others(seen.ref, same=False)
            if any(other.ref in twos for other in place.seen):
                return False
        compared = same_study = False
        for other in place.seen:
            near = self._near(seen, other)
            if near:
                return True
            compared = compared or near is not None
            same_study = same_study or other.reading.study == seen.reading.study
        return not compared and not same_study

    def _near(self, one: Seen, other: Seen) -> bool | None:
        """Are both marks one spot? None where they cannot be compared."""
        a, b = one.lesion.position, other.lesion.position
        if a is None or b is None or a.frame != b.frame:
            return None
        return candidates.same_spot((a.x, a.y, a.z), (b.x, b.y, b.z), self._on)

    def _nearest(self, seen: Seen, open_to: Sequence[Place]) -> Place | None:
        if len(open_to) > 1:
            marked = [p for p in open_to if any(self._near(seen, other) for other in p.seen)]
            open_to = marked or open_to
        return open_to[0] if open_to else None

    def _note_two(self, place: Place) -> None:
        text = f"several spots at one site ({place.name}): a person says which findings are one"
        self.caveats.append(Caveat("several_spots_at_one_site", text))
