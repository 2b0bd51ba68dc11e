"""When is somebody in whom nothing was found looked at again, and what brings it forward?"""

from collections.abc import Iterable
from datetime import date

from knowledge.rules import imaging, re_look, venous_sampling
from knowledge.rules.imaging import Technique
from knowledge.rules.re_look import Look, Search
from knowledge.rules.search import State
from services.localization.answer import Gate, NextLook, NextStep
from services.localization.case import Case
from services.localization.readings import history_of
from services.localization.register import day_of
from services.localization.sampling import burosumab_days


def next_look(case: Case) -> Look | None:
    """When is the next look? None while the search is under way."""
    if case.state is not State.NOT_LOCALIZED:
        return None
    last = last_look(case)
    exam = case.facts.exam
    fdg = [scan.on for scan in case.facts.scans if scan.technique.target == "fdg" and scan.on]
    search = Search(
        last_look=last,
        last_fdg=max(fdg, default=None),
        looks_without=_looks_without(case),
        triggers=list(_triggers(case, last)),
        last_examined=day_of(exam.examined_at) if exam else None,
    )
    return re_look.next_look(search, case.on)


def shown(look: Look | None) -> NextLook | None:
    """The next look, as it is answered."""
    if look is None:
        return None
    return NextLook(
        acts=list(look.acts),
        due=look.due,
        earliest=look.earliest,
        latest=look.latest,
        examination_due=look.examination_due,
        brought_forward_by=[trigger.says for trigger in look.brought_forward_by],
        review=look.review,
        rules=list(look.rules),
    )


def steps(case: Case) -> list[NextStep]:
    """Nothing was found: treatment meanwhile, and the day of the next look."""
    look = next_look(case)
    treat = "everything was done and nothing found: medical treatment meanwhile"
    found = [NextStep(rule="LOC-023", act="medical_treatment", because=treat)]
    if look is None:
        return found
    if look.review:
        because = "several looks in a row found nothing: review by the team and the patient"
        found.append(NextStep(rule="LOC-039", act="review", because=because))
    brought = "; ".join(trigger.says for trigger in look.brought_forward_by)
    because = f"look again; brought forward: {brought}" if brought else "look again"
    found.append(
        NextStep(
            rule="LOC-025" if brought else "LOC-024",
            act="re_look",
            modalities=list(look.acts),
            because=because,
            not_before=look.earliest,
            due_on=look.due,
        )
    )
    return found


def short(case: Case) -> list[NextStep]:
    """Nothing more can be done now about what was found: a short look again (section 6)."""
    earliest, due = re_look.short_look(last_look(case), case.on)
    because = "what was found stays equivocal: a short look again"
    step = NextStep(rule="LOC-022", act="re_look", because=because)
    step.not_before, step.due_on = earliest, due
    return [step]


def last_look(case: Case) -> date:
    """When was this patient looked at last?"""
    return max(looks(case), default=case.request.ready_on or case.on)


def looks(case: Case) -> list[date]:
    """On which days was this patient scanned from head to toe, or looked at again?"""
    return sorted({*scans_by_day(case), *(look.performed_on for look in case.request.re_looks)})


def scans_by_day(case: Case) -> dict[date, list[Technique]]:
    """Which functional scans were made on which day, in this round of the search?"""
    operated = history_of(case.request.resections).rescan_after
    found: dict[date, list[Technique]] = {}
    for made in case.facts.studies:
        day = made.on
        if made.how.test is not None and day is not None and (operated is None or day > operated):
            found.setdefault(day, []).append(made.how)
    return found


def _looks_without(case: Case) -> int:
    """How many looks in a row found nothing?"""
    count = 0
    for look in sorted(case.request.re_looks, key=lambda look: look.performed_on, reverse=True):
        if look.found:
            break
        count += 1
    return count


def _triggers(case: Case, last: date) -> Iterable[str]:
    request = case.request
    if any(symptom.since is None or symptom.since > last for symptom in request.symptoms):
        yield "new_symptom"
    if _fgf23_has_risen(case):
        yield "rising_fgf23"
    if request.drug_need_rising_since and request.drug_need_rising_since > last:
        yield "rising_drug_need"
    newly = [
        name
        for name, said in request.availability.items()
        if said.available and said.since and said.since > last
    ]
    if any(imaging.method_named(name) for name in newly):
        yield "better_scanner"
    if "inadequate" in case.done.values():
        yield "short_field"
    pet = case.capabilities.status("sstr_pet_ct") == "yes"
    if pet and case.done["sstr_pet"] == "none" and case.done["sstr_spect"] != "none":
        yield "first_pet"


def _fgf23_has_risen(case: Case) -> bool:
    """Has it risen between the last two that can be read, in the same assay and unit?"""
    given = burosumab_days(case.request)
    readable = [
        (day, result)
        for result in case.request.fgf23
        if (day := day_of(result.taken_at)) is not None and result.comparator is None
        if venous_sampling.fgf23_interpretable(day, given, case.on)
    ]
    readable.sort(key=lambda pair: pair[0])
    if len(readable) <= 1:
        return False
    (_, earlier), (_, later) = readable[-2:]
    same = (earlier.assay, earlier.unit) == (later.assay, later.unit)
    return same and re_look.has_risen(earlier.value, later.value, case.on)


def burosumab_gate(case: Case) -> Gate | None:
    """Does burosumab forbid venous sampling now, and until when? (LOC-017)"""
    until = venous_sampling.readable_from(burosumab_days(case.request), case.on)
    if until is None:
        return None
    reason = "burosumab within 14 weeks: FGF23 of the veins could not be read"
    return Gate("LOC-017", reason, "reschedule", until=until)
