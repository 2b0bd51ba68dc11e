"""What does one answer say otherwise than another? Pure; empty when nothing a reader acts on."""

from collections.abc import Iterable, Iterator

from knowledge.terms.obligation import Conclusion
from services.localization.answer import Candidate, NextStep, Plan
from services.localization.stored import Change, ChangeOf

PAIRS: tuple[tuple[ChangeOf, ChangeOf], ...] = (
    ("next_step_added", "next_step_removed"),
    ("rule_fired", "rule_not_fired"),
    ("caveat_added", "caveat_removed"),
)
"""What is said of something that came, and of something that went."""

HEADLINES = ("state", "leading_candidate", "next_step_added", "next_step_removed")
"""What of the changes a journey hears; the rest stays here."""


def compare(before: tuple[Plan, Conclusion], after: tuple[Plan, Conclusion]) -> list[Change]:
    """What is concluded otherwise, in the order in which a clinician would ask?"""
    (old, owed), (new, owes) = before, after
    return [
        *_one("state", old.state, new.state),
        *_one("leading_candidate", _leading(old), _leading(new)),
        *_values("points", _points(old), _points(new)),
        *_came_and_went(old, new),
        *_values("obligation", _obligations(owed), _obligations(owes)),
    ]


def told(changes: Iterable[Change]) -> tuple[str, ...]:
    """The changes as a journey hears them: codes."""
    return tuple(
        f"{one.what}:{one.before or 'none'}>{one.after or 'none'}"
        for one in changes
        if one.what in HEADLINES
    )


def _one(what: ChangeOf, before: str | None, after: str | None) -> Iterator[Change]:
    if before != after:
        yield Change(what, None, before, after)


def _values(what: ChangeOf, before: dict[str, str], after: dict[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield Change(what, name, before.get(name), after.get(name))


def _came_and_went(before: Plan, after: Plan) -> Iterator[Change]:
    for (came, went), old, new in zip(PAIRS, _named(before), _named(after), strict=True):
        yield from (Change(came, name, None, new[name]) for name in new if name not in old)
        yield from (Change(went, name, old[name], None) for name in old if name not in new)


def _named(answer: Plan) -> tuple[dict[str, str], ...]:
    """What comes and goes by name, in the order of `PAIRS`, with what is said of it."""
    return (
        {_step(step): step.act for step in answer.next_steps},
        {rule.id: rule.conclusion for rule in answer.fired_rules},
        {caveat.code: caveat.text for caveat in answer.caveats},
    )


def _step(step: NextStep) -> str:
    place = "-".join(part for part in (step.site, step.laterality) if part)
    return f"{step.rule}:{step.act}" + (f":{place}" if place else "")


def place_of(candidate: Candidate) -> str:
    """A candidate by its place: its id changes when the report that saw it first is withdrawn."""
    return f"{candidate.site}-{candidate.laterality}" if candidate.laterality else candidate.site


def _leading(answer: Plan) -> str | None:
    ranked = [one for one in answer.candidates if one.rank is not None]
    return place_of(ranked[0]) if ranked else None


def _points(answer: Plan) -> dict[str, str]:
    """Each candidate's score with its points; several at one place are told apart by number."""
    found: dict[str, str] = {}
    for one in answer.candidates:
        said = ", ".join(f"{point.item} {point.points:+d}" for point in one.points)
        place = place_of(one)
        count = sum(known.partition("#")[0] == place for known in found)
        found[f"{place}#{count + 1}" if count else place] = f"{one.score} ({said})"
    return found


def _obligations(concluded: Conclusion) -> dict[str, str]:
    return {
        f"{one.act}:{one.rule}:{one.occurrence}": f"{one.status.value}, due {one.due}"
        for one in concluded.obligations
    }
