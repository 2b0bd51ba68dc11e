"""What does one answer say otherwise than another? Pure; empty when nothing a reader acts on."""

from knowledge.terms.obligation import Conclusion
from services.chassis.conclusions.changes import Differences, numbered
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


SAY: Differences[ChangeOf, Change] = Differences(Change)


def compare(before: tuple[Plan, Conclusion], after: tuple[Plan, Conclusion]) -> list[Change]:
    """What is concluded otherwise, in the order in which a clinician would ask?"""
    (old, owed), (new, owes) = before, after
    return [
        *SAY.one("state", old.state, new.state),
        *SAY.one("leading_candidate", _leading(old), _leading(new)),
        *SAY.values("points", _points(old), _points(new)),
        *SAY.came_and_went(PAIRS, _named(old), _named(new)),
        *SAY.values("obligation", _obligations(owed), _obligations(owes)),
    ]


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
    return numbered((place_of(one), _said(one)) for one in answer.candidates)


def _said(one: Candidate) -> str:
    said = ", ".join(f"{point.item} {point.points:+d}" for point in one.points)
    return f"{one.score} ({said})"


def _obligations(concluded: Conclusion) -> dict[str, str]:
    return {
        f"{one.act}:{one.rule}:{one.occurrence}": f"{one.status.value}, due {one.due}"
        for one in concluded.obligations
    }
