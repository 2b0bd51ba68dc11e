"""What a journey hears of an assessment: class, proposal, and what is due. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from knowledge.rules.next_test import STEPS
from knowledge.terms.obligation import (
    Conclusion,
    Ladder,
    Obligation,
    ObligationStatus,
    Proposal,
)
from services.assessment.contract import Assessment, Change, Facts, NewerVersion, NextTest

SERVICE = "assessment"
REFER = "M-10"
CORRECTED = "it was asked for by a result that was corrected since"
HEADLINES = ("class", "mechanism", "urgent", "leading_diagnosis")
"""What of the changes a journey hears; the rest stays here."""


@dataclass(slots=True)
class Asked:
    """One step that was asked for, once. `occurrence` grows when it is asked again later."""

    step: str
    occurrence: int
    act: str
    because: str
    opened_on: date
    due_on: date
    ended_on: date | None = None
    cancelled: bool = False


def keep_asking(
    asked: Sequence[Asked],
    steps: Iterable[NextTest],
    on: date,
    rightly: Collection[str] | None = None,
) -> tuple[list[Asked], list[Asked]]:
    """Which steps are due now, and which are new? A step that stays open keeps its due day.

    What is no longer asked for ends: it was done; or, where a result was corrected, it is cancelled
    unless it is among the steps that were asked for `rightly`. `asked` is changed in place, new
    ones come second.
    """
    wanted = {step.step: step for step in steps if STEPS[step.step].fields["act"]}
    open_now = {one.step for one in asked if one.ended_on is None}
    for one in asked:
        if one.ended_on is None and one.step not in wanted:
            one.ended_on = on
            one.cancelled = rightly is not None and one.step not in rightly
    new = [
        Asked(
            id,
            1 + max((one.occurrence for one in asked if one.step == id), default=0),
            STEPS[id].fields["act"],
            step.because,
            on,
            on + timedelta(days=step.within_days),
        )
        for id, step in wanted.items()
        if id not in open_now
    ]
    return [*asked, *new], new


def propose(answer: Assessment, asked: Iterable[Asked]) -> Proposal:
    """What should be decided next? What is provisional, with a test still due, is not closed."""
    if answer.tio_class == "TIO_PROBABLE" or any(s.step == REFER for s in answer.next_tests):
        return Proposal.LOCALIZE
    if answer.tio_class == "TIO_UNLIKELY" and all(one.ended_on for one in asked):
        return Proposal.CLOSE
    return Proposal.NONE


def conclude(
    id: UUID,
    answer: Assessment,
    asked: Sequence[Asked],
    concluded_at: datetime,
    because: Sequence[NewerVersion] = (),
    changes: Sequence[Change] = (),
) -> Conclusion:
    """The conclusion as it enters a journey: codes, days and ids.

    `because` are the results that were corrected since the journey heard of us last.
    """
    return Conclusion(
        id=id,
        service=SERVICE,
        state=answer.tio_class,
        proposal=propose(answer, asked),
        concluded_at=concluded_at,
        obligations=tuple(_obligation(one) for one in asked),
        knowledge_version=answer.knowledge_version,
        because_of=tuple(
            dict.fromkeys(f"{one.analyte or 'result'}:{one.status}" for one in because)
        ),
        changes=tuple(
            f"{one.what}:{one.before or 'none'}>{one.after or 'none'}"
            for one in changes
            if one.what in HEADLINES
        ),
    )


def _obligation(one: Asked) -> Obligation:
    status = ObligationStatus.OPEN
    if one.ended_on is not None:
        status = ObligationStatus.CANCELLED if one.cancelled else ObligationStatus.DONE
    return Obligation(
        rule=one.step,
        occurrence=str(one.occurrence),
        act=one.act,
        due=one.due_on,
        opens=one.opened_on,
        ladder=Ladder.LAB,
        status=status,
        because=CORRECTED if one.cancelled else one.because,
    )


def laid_together(told: Sequence[Facts]) -> Facts:
    """Everything told so far, oldest first, as one: the later word counts where two differ."""
    whole = Facts()
    for facts in told:
        _lay_over(whole, facts)
    return whole


def _lay_over(whole: Facts, facts: Facts) -> None:
    if facts.patient is not None:
        changes = facts.patient.model_dump(exclude_unset=True)
        whole.patient = (
            facts.patient if whole.patient is None else whole.patient.model_copy(update=changes)
        )
    if facts.findings is not None:
        said = {name: getattr(facts.findings, name) for name in facts.findings.model_fields_set}
        whole.findings = (
            facts.findings if whole.findings is None else whole.findings.model_copy(update=said)
        )
    whole.observations = (*whole.observations, *facts.observations)
    if facts.acute_context is not None:
        whole.acute_context = facts.acute_context
    if facts.drug_exposures is not None:
        drugs = {(d.agent, d.started_on): d for d in whole.drug_exposures or ()}
        drugs |= {(d.agent, d.started_on): d for d in facts.drug_exposures}
        whole.drug_exposures = list(drugs.values())
    if facts.iv_iron is not None:
        doses = {(i.product, i.given_on): i for i in (*(whole.iv_iron or ()), *facts.iv_iron)}
        whole.iv_iron = list(doses.values())
    if facts.genetics is not None:
        genes = {g.gene.upper(): g for g in (*(whole.genetics or ()), *facts.genetics)}
        whole.genetics = list(genes.values())
