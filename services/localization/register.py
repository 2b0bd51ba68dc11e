"""The register of lesions: the same spot seen by several studies is one candidate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from knowledge.rules import candidates, field_of_view
from knowledge.rules.candidates import Beside, Reading, Standing
from services.localization.answer import Caveat
from services.localization.sent import Lesion, Link, Side


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
    shown_by: list[Reading] = field(default_factory=list)
    beside: Beside = field(default_factory=Beside)

    @property
    def id(self) -> str:
        """What the candidate is called: the first lesion that was seen there."""
        return self.seen[0].ref

    @property
    def key(self) -> str:
        """The place in words, as obligations name it."""
        side = f"-{self.side}" if self.side else ""
        return f"{self.site}{side}" + (f"-{self.number}" if self.number > 1 else "")

    @property
    def readings(self) -> list[Reading]:
        """What each study says of it."""
        return [seen.reading for seen in self.seen]

    def standing(self, on: date) -> Standing:
        """How does this candidate stand? A study that looked there and saw nothing counts too."""
        return candidates.standing([*self.readings, *self.shown_by], on, self.beside)

    @property
    def mimic(self) -> str | None:
        """What else may it be?"""
        for seen in self.seen:
            if seen.reading.mimic not in (None, "none"):
                return seen.reading.mimic
        return None

    @property
    def size_mm(self) -> Decimal | None:
        """The largest size that was measured."""
        return max((s.lesion.size_mm for s in self.seen if s.lesion.size_mm), default=None)

    @property
    def uptake_ratio(self) -> Decimal:
        """How bright against the liver, where both were measured? For ties only."""
        ratios = [
            s.lesion.suv / s.lesion.liver_suv
            for s in self.seen
            if s.lesion.suv and s.lesion.liver_suv
        ]
        return max(ratios, default=Decimal(0))

    @property
    def resectability(self) -> str | None:
        """How hard would it be to remove, by the last who said so?"""
        said = [s.lesion.resectability for s in self.seen if s.lesion.resectability]
        return said[-1] if said else None

    @property
    def malignant(self) -> bool | None:
        """Does anybody say that it looks malignant?"""
        said = [s.lesion.malignant_features for s in self.seen]
        return True if True in said else (False if False in said else None)

    @property
    def first_seen(self) -> date | None:
        """When was it first pointed at?"""
        return min((s.reading.on for s in self.seen if s.reading.on), default=None)

    @property
    def last_seen(self) -> date | None:
        """When was it last pointed at?"""
        return max((s.reading.on for s in self.seen if s.reading.on), default=None)


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
        if place is None:
            place = self._nearest(seen, [p for p in here if self._may_join(seen, p)])
        if place is None:
            name = site.name if site else seen.lesion.site
            place = Place(code, name, side, number=len(here) + 1)
            self.places.append(place)
            if here:
                self._note_two(place)
        place.seen.append(seen)
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
            found[0].seen += other.seen
            self.places.remove(other)
        return found[0] if found else None

    def _may_join(self, seen: Seen, place: Place) -> bool:
        if self._links:
            twos = self._others(seen.ref, same=False)
            if any(other.ref in twos for other in place.seen):
                return False
        near = [self._near(seen, other) for other in place.seen]
        if any(found is not None for found in near):
            return True in near
        return all(other.reading.study != seen.reading.study for other in place.seen)

    def _near(self, one: Seen, other: Seen) -> bool | None:
        """Are both marks one spot? None where they cannot be compared."""
        a, b = one.lesion.position, other.lesion.position
        if a is None or b is None or a.frame != b.frame:
            return None
        return candidates.same_spot((a.x, a.y, a.z), (b.x, b.y, b.z), self._on)

    def _nearest(self, seen: Seen, open_to: Sequence[Place]) -> Place | None:
        marked = [p for p in open_to if any(self._near(seen, other) for other in p.seen)]
        return next(iter(marked or open_to), None)

    def _note_two(self, place: Place) -> None:
        text = f"several spots at one site ({place.name}): a person says which findings are one"
        self.caveats.append(Caveat("several_spots_at_one_site", text))
