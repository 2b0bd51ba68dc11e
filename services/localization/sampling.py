"""Venous samples as the rules read them, and as the answer shows them."""

from collections.abc import Iterable, Sequence
from datetime import date

from knowledge.rules import field_of_view, venous_sampling
from knowledge.rules.candidates import Fact
from knowledge.rules.venous_sampling import Measured, Sample, Session
from services.localization.answer import ReadFgf23, SampledVein, Sampling
from services.localization.register import Place, day_of
from services.localization.sent import PlanRequest, VenousSample


def burosumab_days(request: PlanRequest) -> list[date]:
    """On which days was burosumab given?"""
    return [day for dose in request.burosumab if (day := day_of(dose.given_at))]


def sessions_of(request: PlanRequest, on: date) -> list[Session]:
    """Each procedure of venous sampling, read against its own reference samples."""
    samples: dict[str, list[Sample]] = {}
    for number, sent in enumerate(request.venous_samples, 1):
        samples.setdefault(sent.session, []).append(_sample(sent, number))
    given = burosumab_days(request)
    return [venous_sampling.read_session(id, group, given, on) for id, group in samples.items()]


def _sample(sent: VenousSample, number: int) -> Sample:
    drains = field_of_view.site_named(sent.drains) if sent.drains else None
    return Sample(
        key=sent.id or f"sample {number}",
        vein=sent.vein,
        side=sent.laterality,
        value=sent.value if sent.comparator is None else None,
        unit=sent.unit,
        assay=sent.assay.lower() if sent.assay else None,
        on=day_of(sent.taken_at),
        reference=sent.reference,
        valid=sent.technically_valid is not False,
        drains=drains.code if drains else sent.drains,
    )


def note_on(places: Iterable[Place], sessions: Sequence[Session]) -> None:
    """What does sampling say of each candidate? (LOC-014, LOC-016)"""
    for place in places:
        said = venous_sampling.verdict(sessions, place.site, _side(place))
        if said is None:
            continue
        place.beside.ratio = said.ratio
        fact = Fact(f"sampling {said.session}", said.on)
        if said.supports:
            place.beside.steps_up = fact
        else:
            place.beside.no_step = fact


def unexplained(places: Sequence[Place], sessions: Sequence[Session]) -> list[Measured]:
    """Where does FGF23 step up although no candidate is there? (LOC-015)"""
    known = [(place.site, _side(place)) for place in places]
    return [m for _, m in venous_sampling.unexplained_steps(sessions, known)]


def _side(place: Place) -> str | None:
    return place.side if place.side in field_of_view.SIDES else None


def shown(sessions: Sequence[Session], places: Sequence[Place]) -> list[Sampling]:
    """Each procedure, vein by vein, for people and for a drawing."""
    return [_shown(session, places) for session in sessions]


def _shown(session: Session, places: Sequence[Place]) -> Sampling:
    highest = session.highest
    return Sampling(
        session=session.id,
        date=session.on,
        interpretation="INTERPRETABLE" if session.interpretable else "NOT_INTERPRETABLE",
        because=session.because,
        reference_mean=session.reference_mean,
        unit=session.unit,
        highest_vein=_vein(highest) if highest else None,
        highest_ratio=highest.ratio if highest else None,
        veins=[_shown_vein(measured, places) for measured in session.measured],
    )


def _vein(measured: Measured) -> str:
    side = measured.sample.side
    return f"{side} {measured.vein}" if side else measured.vein


def _shown_vein(measured: Measured, places: Sequence[Place]) -> SampledVein:
    return SampledVein(
        sample=measured.sample.key,
        vein=measured.vein,
        laterality=measured.sample.side,
        ratio=measured.ratio,
        steps_up=measured.steps_up,
        reference=measured.reference,
        territory=measured.territory_name,
        sites=sorted(measured.territory),
        candidates=[p.id for p in places if venous_sampling.drains(measured, p.site, _side(p))],
        note=measured.note,
    )


def fgf23_read(request: PlanRequest, on: date) -> list[ReadFgf23]:
    """Each FGF23 of peripheral blood, and whether it can be read (LOC-017)."""
    if not request.fgf23:
        return []
    given, read = burosumab_days(request), []
    for number, result in enumerate(request.fgf23, 1):
        day = day_of(result.taken_at)
        readable = venous_sampling.fgf23_interpretable(day, given, on)
        names = {True: "INTERPRETABLE", False: "NOT_INTERPRETABLE", None: "UNDETERMINED"}
        read.append(
            ReadFgf23(
                id=result.id or f"fgf23 {number}",
                date=day,
                value=result.value,
                unit=result.unit,
                interpretation=names[readable],
                rule="LOC-017" if readable is False else None,
            )
        )
    return read
