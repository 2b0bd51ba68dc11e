"""What this patient allows: gates and warnings of a step, and who went past which gate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal

from knowledge.rules import breast_feeding, imaging, scan_safety, somatostatin_analogues
from knowledge.rules.scan_safety import STOPS, Circumstances, Constraint
from knowledge.rules.somatostatin_analogues import AnalogueDose, Hold
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.quantity import NotConvertible, Quantity, UnknownUnit, unit_named
from services.localization.answer import Gate, NursingAdvice, Overridden, Warned
from services.localization.register import day_of
from services.localization.sent import Amount, Override, PlanRequest

NOTHING_SAID = Circumstances()


@dataclass(slots=True)
class Met:
    """What a step meets: gates that stand, warnings, and gates a person went past."""

    gates: list[Gate] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    overridden: list[Overridden] = field(default_factory=list)


@dataclass(slots=True)
class Patience:
    """Everything about this patient that a study has to respect, worked out once."""

    circumstances: Circumstances
    constraints: list[Constraint]
    holds: list[Hold]
    overrides: Sequence[Override]
    nursing: bool
    local_hours: dict[str, int]
    pregnant: bool
    mri_unsafe: bool

    def forbids(self, study: str, test: str) -> Gate | None:
        """The first gate before this study, if there is one. Most patients have nothing at all."""
        if self.is_free:
            return None
        return next(iter(self.meets(study, test).gates), None)

    @property
    def is_free(self) -> bool:
        """Is there nothing that any study would have to respect?"""
        return not (self.constraints or self.holds or self.nursing)

    def meets(self, study: str, test: str | None = None, *, act: str | None = None) -> Met:
        """What does this study meet in this patient?"""
        met = Met()
        if self.is_free:
            return met
        classes = scan_safety.classes_of(study)
        for constraint in self.constraints:
            if constraint.applies & classes:
                self._meet(met, constraint, act or study)
        if "sstr" in classes:
            for hold in self.holds:
                self._hold(met, hold)
        if self.nursing and test is not None and "radionuclide" in classes:
            self._nurse(met, test, act or study)
        return met

    def _meet(self, met: Met, constraint: Constraint, act: str) -> None:
        if constraint.effect not in STOPS:
            met.warnings.append(Warned(constraint.rule, constraint.reason))
            return
        gate = Gate(constraint.rule, constraint.reason, constraint.effect, constraint.overridable)
        self._stop(met, gate, constraint.key, act)

    def _stop(self, met: Met, gate: Gate, key: str, act: str) -> None:
        said = self.overriding(gate.rule, key, act) if gate.overridable else None
        if said is None:
            met.gates.append(gate)
        else:
            met.overridden.append(Overridden(gate.rule, gate.reason, said.reason, said.by or ""))

    def overriding(self, rule: str, key: str, act: str | None = None) -> Override | None:
        """Who went past this gate, if anybody? A word that nobody signed opens nothing."""
        for said in self.overrides:
            if said.by is None:
                continue
            if said.gate in (rule, key) and (said.act is None or said.act == act):
                return said
        return None

    def _hold(self, met: Met, hold: Hold) -> None:
        if hold.waits:
            met.gates.append(Gate(hold.rule, hold.because, "reschedule", until=hold.until))
        else:
            met.warnings.append(Warned(hold.rule, hold.because))

    def _nurse(self, met: Met, test: str, act: str) -> None:
        advice = breast_feeding.interruption(test, self.local_hours.get(test))
        if advice.avoid:
            gate = Gate("LOC-030", advice.says, "block", overridable=True)
            self._stop(met, gate, "breast_feeding", act)
        else:
            met.warnings.append(Warned("LOC-030", advice.says))


def patience_of(request: PlanRequest, at: datetime) -> Patience:
    """What does this patient allow, at this moment?"""
    said, on = request.constraints, at.date()
    female = request.patient.sex == "female"
    if not said.model_fields_set and not female:
        return Patience(NOTHING_SAID, [], [], request.overrides, False, {}, False, False)
    analogues = said.somatostatin_analogues
    circumstances = Circumstances(
        pregnant=said.pregnancy,
        pregnancy_test_on=said.pregnancy_test_on,
        childbearing=said.childbearing_potential,
        female=female,
        age=age_of(request, on),
        breast_feeding=said.breast_feeding,
        implants=[(one.kind, one.mri) for one in said.implants] if said.implants else (),
        mri_unsafe=said.mri_unsafe_implant,
        high_dose_glucocorticoid=on_high_dose(request, on),
        glucose_mmol_per_l=None if said.glucose is None else _glucose(said.glucose),
        egfr=said.egfr,
        dialysis=said.dialysis,
        acute_kidney_injury=said.acute_kidney_injury,
        metformin=said.metformin,
        contrast_allergy=said.contrast_allergy,
        anticoagulated=said.anticoagulated,
        no_femoral_access=said.no_femoral_access,
        claustrophobia=said.claustrophobia,
        cannot_lie_flat=said.cannot_lie_flat,
        fragile=said.severe_osteomalacia,
    )
    return Patience(
        circumstances=circumstances,
        constraints=scan_safety.constraints(circumstances, on),
        holds=somatostatin_analogues.holds(_doses(request), at) if analogues else [],
        overrides=request.overrides,
        nursing=bool(said.breast_feeding),
        local_hours=_local_hours(request) if said.breast_feeding_hours else {},
        pregnant=bool(said.pregnancy),
        mri_unsafe=scan_safety.is_mri_unsafe(circumstances),
    )


def _local_hours(request: PlanRequest) -> dict[str, int]:
    """How long do the people on the spot interrupt breast-feeding for, test by test?"""
    hours = request.constraints.breast_feeding_hours
    return {m.key: h for name, h in hours.items() if (m := imaging.method_named(name))}


def _doses(request: PlanRequest) -> list[AnalogueDose]:
    doses = request.constraints.somatostatin_analogues
    return [AnalogueDose(d.agent, d.form, d.given_at, d.next_on) for d in doses]


def age_of(request: PlanRequest, on: date) -> Decimal | None:
    """How old is the patient, in full years where only the day of birth is known?"""
    patient = request.patient
    age, born = patient.age_years, patient.birth_date
    if age is not None or born is None:
        return age
    return Decimal(on.year - born.year - ((on.month, on.day) < (born.month, born.day)))


def on_high_dose(request: PlanRequest, day: date | None) -> bool | None:
    """Was a glucocorticoid given in high dose on this day? None: nobody said."""
    courses = request.constraints.glucocorticoids
    if not courses:
        return None
    return any(
        course.high_dose
        and (day is None or course.started_on is None or course.started_on <= day)
        and (day is None or course.stopped_on is None or day <= course.stopped_on)
        for course in courses
    )


def _glucose(amount: Amount) -> Decimal | None:
    """In mmol/L; None where it was measured in a unit nobody taught."""
    try:
        measured = Quantity(amount.value, unit_named(amount.unit).code)
        return ANALYTES["s_glu"].to_working_unit(measured).value
    except (UnknownUnit, NotConvertible):
        return None


def nursing_table(request: PlanRequest) -> list[NursingAdvice]:
    """What does each tracer ask of a nursing mother? Empty unless she is one. (LOC-030)"""
    if not request.constraints.breast_feeding:
        return []
    local = _local_hours(request)
    return [_advice(test, local.get(test.key)) for test in imaging.scans()]


def _advice(test: imaging.Method, hours: int | None) -> NursingAdvice:
    said = breast_feeding.interruption(test.key, hours)
    return NursingAdvice(test.key, test.name, said.hours, said.avoid, said.says)


def low_confidence(request: PlanRequest, target: str | None, performed: date | None) -> str | None:
    """Why may a negative SSTR scan of this day be false? A steroid or an analogue on board."""
    if target != "sstr":
        return None
    if request.constraints.glucocorticoids and on_high_dose(request, performed):
        return "LOC-036"
    if performed is None or not request.constraints.somatostatin_analogues:
        return None
    noon = datetime.combine(performed, time.max, UTC)
    before = [d for d in _doses(request) if (day := day_of(d.given)) and day <= performed]
    waiting: Iterable[Hold] = somatostatin_analogues.holds(before, noon)
    return next((hold.rule for hold in waiting if hold.waits), None)
