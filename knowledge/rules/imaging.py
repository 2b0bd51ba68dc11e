"""What was this study, and which test does it make?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache

from knowledge.rows import Entry
from knowledge.tables import Table

TABLE = Table.beside(__file__)


class Kind(StrEnum):
    """By what means a place was looked at."""

    EXAMINATION = "examination"
    FUNCTIONAL = "functional"
    ANATOMICAL = "anatomical"
    SAMPLING = "sampling"


@dataclass(frozen=True, slots=True)
class Technique:
    """What a study was: its kind and, if functional, which test of table 2.3."""

    kind: Kind
    test: str | None = None
    target: str | None = None
    geometry: str | None = None
    act: str | None = None
    modality: str | None = None
    functional: bool = field(init=False, compare=False)
    anatomical: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "functional", self.kind is Kind.FUNCTIONAL)
        object.__setattr__(self, "anatomical", self.kind is Kind.ANATOMICAL)


@dataclass(frozen=True, slots=True)
class Method:
    """One test of table 2.3: what it aims at, and how often it finds what is there."""

    key: str
    name: str
    act: str
    target: str
    geometry: str


def plain(name: str) -> str:
    """A name as it is compared: one case, one kind of space."""
    return " ".join(name.lower().replace("_", " ").split())


def by_name(entries: Iterable[Entry]) -> Mapping[str, Entry]:
    """Entries under their key and every other name they go by."""
    named: dict[str, Entry] = {}
    for entry in entries:
        for name in (entry.key, entry.fields.get("name", ""), *entry.fields.get("also", ())):
            named.setdefault(plain(name), entry)
    return named


@cache
def _named(which: str) -> Mapping[str, Entry]:
    return by_name(TABLE.entries[which].values())


@lru_cache(maxsize=4096)
def tracer_named(name: str | None) -> Entry | None:
    """Which tracer is this? None when the table does not have it."""
    return _named("tracers").get(plain(name)) if name else None


@lru_cache(maxsize=4096)
def modality_named(name: str) -> Entry | None:
    """Which modality is this? None when the table does not have it."""
    return _named("modalities").get(plain(name))


@lru_cache(maxsize=4096)
def is_research(tracer: str | None) -> bool:
    """Is this a tracer that is recorded, but never ordered by itself? (LOC-040)"""
    injected = tracer_named(tracer)
    return injected is not None and bool(injected.fields.get("research"))


def is_labelled(name: str) -> bool:
    """Is it a labelled substance by its first part ("68Ga-..."), though not in the table?"""
    label, dash, _ = plain(name).partition("-")
    return bool(dash) and any(known.startswith(f"{label}-") for known in _named("tracers"))


@lru_cache(maxsize=4096)
def technique(modality: str, tracer: str | None) -> Technique | None:
    """What kind of study is this? None for a modality the table does not have.

    A functional study with an unknown tracer has no test: it counts for no scan that was asked.
    """
    made = modality_named(modality)
    if made is None:
        return None
    kind = Kind(made.fields["kind"])
    if kind is not Kind.FUNCTIONAL:
        return Technique(kind, modality=made.key)
    injected = tracer_named(tracer)
    if tracer and injected is None:
        return Technique(kind, modality=made.key)
    key = injected.fields.get("test") if injected else made.fields.get("test")
    if key is None:
        return Technique(kind, modality=made.key)
    test = method_of(key)
    return Technique(kind, key, test.target, test.geometry, test.act, made.key)


@cache
def method_of(key: str) -> Method:
    """The test of table 2.3 under this key."""
    fields = TABLE.entries["tests"][key].fields
    return Method(key, fields["name"], fields["act"], fields["target"], fields["geometry"])


@lru_cache(maxsize=4096)
def method_named(name: str) -> Method | None:
    """Which test do people mean: by its key, its tracer, or the scan it is? None: none of ours."""
    tests = _named("tests")
    if (found := tests.get(plain(name))) is not None:
        return method_of(found.key)
    how = technique(name, None) or technique("pet_ct", name)
    if how is not None and how.test is not None:
        return method_of(how.test)
    made = modality_named(name)
    return method_of(made.fields["test"]) if made is not None and "test" in made.fields else None


@cache
def methods_for(act: str) -> tuple[Method, ...]:
    """Which tests does this act stand for, in the order in which they are preferred?"""
    return tuple(
        method_of(key) for key, row in TABLE.entries["tests"].items() if row.fields["act"] == act
    )


@cache
def scans() -> tuple[Method, ...]:
    """Every functional scan that may be planned, in the order of step S2a."""
    return tuple(
        method
        for key in TABLE.entries["tests"]
        if (method := method_of(key)).target in ("sstr", "fdg")
    )


@lru_cache(maxsize=1024)
def is_ionising(modality: str) -> bool:
    """Does this modality use radiation?"""
    made = modality_named(modality)
    return made is not None and bool(made.fields["ionising"])
