"""What does one answer say otherwise than another? Pure; empty when nothing a reader acts on."""

from knowledge.terms.obligation import Conclusion
from services.chassis.conclusions.changes import Differences
from services.followup.answer import FollowUp
from services.followup.stored import Change, ChangeOf

PAIRS: tuple[tuple[ChangeOf, ChangeOf], ...] = (
    ("flag_added", "flag_removed"),
    ("alert_added", "alert_removed"),
    ("rule_fired", "rule_not_fired"),
    ("caveat_added", "caveat_removed"),
    ("rejected", "not_rejected"),
)
"""What is said of something that came, and of something that went."""

HEADLINES = ("state", "risk_tier", "flag_added", "flag_removed", "alert_added", "alert_removed")
"""What of the changes a journey hears; the rest stays here."""

SAY: Differences[ChangeOf, Change] = Differences(Change)


def compare(
    before: tuple[FollowUp, Conclusion], after: tuple[FollowUp, Conclusion]
) -> list[Change]:
    """What is concluded otherwise, in the order in which a clinician would ask?"""
    (old, owed), (new, owes) = before, after
    return [
        *SAY.one("state", old.state, new.state),
        *SAY.one("risk_tier", old.risk_tier, new.risk_tier),
        *SAY.came_and_went(PAIRS, _named(old), _named(new)),
        *SAY.values("obligation", _obligations(owed), _obligations(owes)),
    ]


def _named(answer: FollowUp) -> tuple[dict[str, str], ...]:
    """What comes and goes by name, in the order of `PAIRS`, with what is said of it."""
    return (
        {flag: flag for flag in answer.flags},
        {f"{one.rule}:{one.observation}": one.rule for one in answer.alerts},
        {rule.id: rule.conclusion for rule in answer.fired_rules},
        {caveat.code: caveat.text for caveat in answer.caveats},
        {value.observation: value.reason for value in answer.rejected},
    )


def _obligations(concluded: Conclusion) -> dict[str, str]:
    return {
        f"{one.act}:{one.rule}:{one.occurrence}": f"{one.status.value}, due {one.due}"
        for one in concluded.obligations
    }
