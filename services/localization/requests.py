"""What somebody asked for by name, and whether it may be done now."""

from knowledge.rules import biopsy, imaging
from knowledge.rules.imaging import plain
from services.localization.answer import Requested
from services.localization.case import Case
from services.localization.looking_again import burosumab_gate

BIOPSY = "biopsy"


def answered(case: Case) -> list[Requested]:
    """What is to be said to each thing that was asked for?"""
    return [_answer(case, asked) for asked in case.request.requested]


def _answer(case: Case, asked: str) -> Requested:
    if plain(asked) == BIOPSY:
        return _biopsy(case, asked)
    if imaging.is_research(asked) or _is_other_tracer(asked):
        why = "a tracer for research, or another one: never ordered by itself"
        return Requested(asked, None, "research", "LOC-040", why)
    test = imaging.method_named(asked)
    made = imaging.modality_named(asked)
    act = test.act if test is not None else (made.key if made is not None else None)
    if act is None:
        return Requested(asked, None, "unknown", None, "no study of the table goes by this name")
    if act == "venous_sampling" and not case.ranked:
        why = "venous sampling is not indicated without a candidate"
        return Requested(asked, act, "not_indicated", "LOC-013", why)
    met = case.patience.meets(act, test.key if test else None)
    if act == "venous_sampling" and (gate := burosumab_gate(case)) is not None:
        met.gates.append(gate)
    first = next(iter(met.gates), None)
    because = first.reason if first else "nothing that is known speaks against it"
    return Requested(
        asked=asked,
        act=act,
        verdict="blocked" if first else "allowed",
        rule=first.rule if first else None,
        because=because,
        gates=met.gates,
        warnings=met.warnings,
    )


def _is_other_tracer(asked: str) -> bool:
    """Does it name something that nobody taught, but is plainly a labelled substance?"""
    known = imaging.method_named(asked) or imaging.modality_named(asked)
    return known is None and imaging.is_labelled(asked)


def _biopsy(case: Case, asked: str) -> Requested:
    if not case.ranked:
        return Requested(asked, BIOPSY, "not_indicated", None, "there is no candidate")
    place = case.ranked[0][0]
    said = biopsy_advice(case, 0)
    if said is None:
        why = f"how {place.name} could be removed was not said"
        return Requested(asked, BIOPSY, "unknown", None, why)
    verdict = "allowed" if said.advice == "discuss" else "not_indicated"
    return Requested(asked, BIOPSY, verdict, said.rule, said.because)


def biopsy_advice(case: Case, number: int) -> biopsy.Advice | None:
    """Is a biopsy of this candidate to be discussed, or better left?"""
    place, standing = case.ranked[number]
    alike = [1 for _, other in case.ranked if other.score == standing.score]
    equal = len(alike) > 1 and standing.survives and case.sampled
    return biopsy.advice(place.resectability, malignant=place.malignant, equal_after_sampling=equal)
