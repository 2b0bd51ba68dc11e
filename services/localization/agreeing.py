"""Do people's words about lesions agree? If A is B and B is C, then A is C. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One word: two lesions are one (`same`) or are two; `key` is how the word itself is called."""

    key: str
    a: str
    b: str
    same: bool


def contradiction(words: Iterable[Word]) -> tuple[Word, ...]:
    """Which words cannot hold together? One that parts two lesions, and those that make them one.

    Empty where all of them can.
    """
    said = list(words)
    joined: dict[str, list[tuple[str, Word]]] = {}
    for word in said:
        if word.same:
            joined.setdefault(word.a, []).append((word.b, word))
            joined.setdefault(word.b, []).append((word.a, word))
    for word in said:
        if not word.same and (between := _between(joined, word.a, word.b)):
            return (word, *between)
    return ()


def _between(joined: Mapping[str, list[tuple[str, Word]]], start: str, end: str) -> list[Word]:
    """The fewest words that make these two lesions one, from the first to the last."""
    came_by: dict[str, tuple[str, Word]] = {}
    edge = [start]
    for nearer in edge:
        for name, word in joined.get(nearer, ()):
            if name != start and name not in came_by:
                came_by[name] = (nearer, word)
                edge.append(name)
    words: list[Word] = []
    while end in came_by and end != start:
        end, word = came_by[end]
        words.insert(0, word)
    return words
