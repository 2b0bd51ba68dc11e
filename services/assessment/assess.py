"""Does this person have tumor-induced osteomalacia? The verb: all that is known in, reasons out."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from knowledge import shelf
from knowledge.edition import CURRENT, Knowledge
from knowledge.rules import differential
from knowledge.rules.classification import classify
from knowledge.rules.next_test import next_tests
from knowledge.site import Site, SiteInUse
from services.assessment.contract import (
    Assessment,
    Cause,
    Caveat,
    EvaluateRequest,
    Mechanism,
    NextTest,
    RuleText,
    TioClass,
)
from services.assessment.intake import UNKNOWN_DRUG, Case, read_case
from services.assessment.margins import margins
from services.assessment.notes import caveat, fired_rule
from services.assessment.site_shown import as_the_site_shows_it
from services.assessment.stages import Stages

SAID = {row: RuleText(row.rule, row.text) for row in differential.EVIDENCE}
"""What can speak for or against a cause, as it is shown; made once."""


def assess(
    request: EvaluateRequest,
    knowledge: Knowledge = CURRENT,
    now: datetime | None = None,
    site: Site | None = None,
) -> Assessment:
    """What do these data allow to conclude, why, and what should be done next?

    `now` stands for the moment of assessment where the request names none. No clock is read here.
    A `site`'s own settings go before the tables, and the answer names what it used of them.
    """
    as_of = request.as_of or now
    if as_of is None:
        raise ValueError("as_of or now must say for which moment this is assessed")
    in_use = None if site is None else SiteInUse(site)
    case = read_case(request, as_of, in_use)
    stages = Stages(case)
    picture = stages.run()
    classed = classify(picture)
    notes = stages.notes
    notes.fire(classed.rule, classed.tio_class)
    if classed.caveat is not None:
        notes.caveat(classed.caveat)
    causes = differential.rank(picture.facts)
    steps = next_tests(picture, classed, (cause.diagnosis for cause in causes))
    near = margins(stages)
    codes = dict.fromkeys((*sorted(case.caveats), *notes.caveats))
    answer = Assessment(
        tio_class=cast(TioClass, classed.tio_class),
        mechanism=cast(Mechanism, classed.mechanism),
        urgent=stages.urgent,
        differential=_ranked(causes),
        derived=notes.derived,
        interpretations=notes.interpretations,
        next_tests=[
            NextTest(
                step.id,
                list(step.order),
                step.within_days,
                step.because,
                step.visit,
                list(step.separates),
            )
            for step in steps
        ],
        fired_rules=[
            fired_rule(rule, conclusion) for rule, conclusion in {**case.fired, **notes.fired}
        ],
        would_change_if=list(classed.would_change_if),
        caveats=[*_against(knowledge), *(_borne_in_mind(code, case) for code in codes)],
        rejected=case.rejected,
        knowledge_version=knowledge.version,
        margins=near,
        inputs=case.inputs,
    )
    return answer if in_use is None else as_the_site_shows_it(answer, case, in_use)


def _ranked(causes: Sequence[differential.Cause]) -> list[Cause]:
    return [
        Cause(
            cause.diagnosis,
            place,
            [SAID[row] for row in cause.supporting],
            [SAID[row] for row in cause.opposing],
        )
        for place, cause in enumerate(causes, 1)
    ]


def _against(knowledge: Knowledge) -> list[Caveat]:
    """That these tables were retracted, and why: before anything else."""
    said = shelf.against(knowledge)
    return [] if said is None else [Caveat(shelf.RETRACTED, said)]


def _borne_in_mind(code: str, case: Case) -> Caveat:
    """A caveat; what was not understood or is asked back is named, in the words it came in."""
    said = caveat(code)
    if code == UNKNOWN_DRUG:
        return Caveat(code, f"{said.text} It was sent as: {', '.join(case.unknown_drugs)}.")
    about = case.questions.get(code)
    return said if about is None else Caveat(code, f"{said.text} It is about: {_all(about)}.")


def _all(about: list[str]) -> str:
    return "; ".join(sorted(set(about)))
