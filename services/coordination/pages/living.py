"""What happens to a journey itself: a pause, a transfer, a death, consent taken back, two that are
one person's. Each is shown before it is done, and each can be taken back."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.chassis import audit
from services.chassis.database import InTransaction
from services.chassis.errors import NotFound
from services.coordination import merge_preview, merging, repository, wording
from services.coordination.language import count, listed, say
from services.coordination.life_contract import REOPEN, MergePreview
from services.coordination.pages.telling import Filled, Telling, empty
from services.coordination.rendering import PageRoute, page
from services.coordination.sign_in import SignedIn
from services.coordination.tables import JourneyRow, ObligationRow
from services.coordination.worklist import today

router = APIRouter(route_class=PageRoute)

CHANGES = {
    "pause": "Pause",
    "resume": "Go on after a pause",
    "transfer": "Hand over to another site or person here",
    "transfer-outside": "Hand over to another hospital",
    "death": "The patient has died",
    "death-undone": "The death was reported by mistake",
    "withdrawal": "Consent is withdrawn",
    "withdrawal-undone": "Consent is given again",
    "merge": "Another journey is of the same person",
    "merge-undone": "They are two persons after all",
    "reopen": "Open the journey again",
}
"""What can be said of a journey itself, in words."""

MEANING = {
    "pause": "Nothing is sent to the patient while it rests; what is critical reaches a clinician.",
    "resume": "What became due meanwhile is listed once. No window moves; each can be postponed.",
    "transfer": "The open work changes hands; whoever receives it has to say so.",
    "transfer-outside": "The journey is closed here, with a summary of what is open.",
    "death": "Everything that is open ends, and nothing is sent any more. It can be taken back.",
    "death-undone": "It goes on where it was left; nothing is sent for the time between.",
    "withdrawal": "Everything that is open ends, and nothing is sent any more. Nothing is erased.",
    "withdrawal-undone": "It goes on where it was left; nothing is sent for the time between.",
    "merge": "This journey takes the results and the open work of the other one, which is closed.",
    "merge-undone": "The merge is taken back: both go on by themselves, as before it.",
    "reopen": "It goes on where it was left, with all that is known.",
}


@router.get("/journeys/{journey_id}/change", response_class=Response)
async def form_shown(telling: Telling) -> Response:
    """What can be said of this journey now."""
    journey = await telling.journey()
    return _form(telling.person, journey, empty(), await _possible(telling.session, journey))


@router.post("/journeys/{journey_id}/change", response_class=Response)
async def change(telling: Telling) -> Response:
    """Show what would happen; once that was seen, do it."""
    form, person = await telling.form(), telling.person
    journey = await telling.journey()
    what, possible = form.get("what"), await _possible(telling.session, journey)
    if what not in possible:
        form.wrong("what", say("choose one of the answers"))
        return _form(person, journey, form, possible, 422)
    if what == "merge-undone" and not form.get("other"):
        joined = await merging.joined_to(telling.session, journey)
        form.values["other"] = str(joined[0]) if len(joined) == 1 else ""
    payload = _payload(form, what, journey)
    merged = None
    if what == "merge" and not form.errors:
        merged = await _merge_of(telling.session, person, journey, form)
    if form.errors:
        return _form(person, journey, form, possible, 422)
    if form.get("seen"):
        kind = "decision" if what == REOPEN else what.partition("-")[0]
        return await telling.store(
            form, kind, payload, lambda status: _form(person, journey, form, possible, status)
        )
    owed = await repository.obligations_of(telling.session, journey.organisation, journey.id)
    return page(
        "change_preview.html",
        person=person,
        journey=journey,
        form=form,
        what=CHANGES[what],
        meaning=MEANING[what],
        consequences=_consequences(what, form, owed, merged),
        is_refused=merged is not None and merged.refused is not None,
    )


async def _possible(session: InTransaction, journey: JourneyRow) -> list[str]:
    """What makes sense where the journey stands now."""
    if journey.merged_into is not None:
        return []
    if journey.phase == repository.CLOSED:
        reason = (journey.closed_because or "").lower()
        found = [f"{mark}-undone" for mark in ("death", "withdrawal") if mark in reason]
        return found or [REOPEN]
    resting = journey.paused_since is not None
    rest = "resume" if resting else "pause"
    joined = ["merge-undone"] if await merging.joined_to(session, journey) else []
    return [rest, "transfer", "transfer-outside", "death", "withdrawal", "merge", *joined]


def _payload(form: Filled, what: str, journey: JourneyRow) -> dict[str, Any]:
    """The event's own words; what is missing stands in the form."""
    reason = form.get("reason")
    payload: dict[str, Any] = {"reason": reason}
    if not reason:
        form.wrong("reason", say("a reason is needed"))
    if what.endswith("-undone"):
        payload["undone"] = True
    if what == "death" and form.get("died_on"):
        day = form.day("died_on")
        there = today(journey.zone, journey.clock_ahead_seconds, datetime.now(UTC))
        if day is not None and date.fromisoformat(day) > there:
            form.wrong("died_on", say("that moment has not come yet"))
        payload["died_on"] = day
    if what == "transfer":
        for name in ("site", "assignee"):
            if form.get(name):
                payload[name] = form.get(name)[:200]
        if not form.get("site") and not form.get("assignee"):
            form.wrong("site", say("to which site, or to whom?"))
    if what == "transfer-outside":
        payload["outside"] = True
    if what.startswith("merge"):
        payload["other"] = form.get("other")
    if what == "merge-undone" and not form.get("other"):
        form.wrong("other", say("which one?"))
    if what == REOPEN:
        payload |= {"task": None, "answer": REOPEN}
    return payload


async def _merge_of(
    session: InTransaction, person: SignedIn, journey: JourneyRow, form: Filled
) -> MergePreview | None:
    try:
        preview = await merge_preview.preview(session, journey, UUID(form.get("other")))
    except (ValueError, NotFound):
        form.wrong("other", say("there is no such journey"))
        return None
    audit.record(session, person.caller, "read", "EpisodeOfCare", preview.other)
    return preview


def _consequences(
    what: str, form: Filled, owed: list[ObligationRow], merged: MergePreview | None
) -> list[str]:
    """What would happen, thing by thing."""
    if merged is not None:
        return _of_merge(merged)
    still_open = [row for row in owed if row.status == "open"]
    acts = listed(
        [wording.sentence(wording.act_in_words(act)) for act in {row.act: 0 for row in still_open}]
    )
    number = len(still_open)
    said = []
    if what == "transfer":
        to = listed([form.get(name) for name in ("site", "assignee") if form.get(name)])
        said.append(say("It goes to: %(who)s", who=to))
    if number and what in ("death", "withdrawal", "transfer-outside"):
        said.append(
            count(
                "%(n)s open thing ends: %(what)s",
                "%(n)s open things end: %(what)s",
                number,
                what=acts,
            )
        )
    elif number and not what.endswith("-undone") and what != REOPEN:
        said.append(
            count(
                "%(n)s thing stays open: %(what)s",
                "%(n)s things stay open: %(what)s",
                number,
                what=acts,
            )
        )
    return said


def _of_merge(merged: MergePreview) -> list[str]:
    said = []
    if merged.refused:
        said.append(say("It cannot be done: %(why)s", why=say(merged.refused)))
    for doubt in merged.doubts:
        said.append(say("Are they one person? %(what)s", what=wording.plain(doubt)))
    taken = sum(merged.events_taken.values())
    said.append(count("%(n)s event is taken over", "%(n)s events are taken over", taken))
    owed = len(merged.obligations_taken)
    said.append(count("%(n)s open thing is taken over", "%(n)s open things are taken over", owed))
    phase = wording.of_code(wording.PHASES, merged.phase)
    said.append(say("It then stands in: %(phase)s", phase=phase))
    return said


def _form(
    person: SignedIn, journey: JourneyRow, form: Filled, possible: list[str], status: int = 200
) -> Response:
    words: Mapping[str, str] = {code: say(CHANGES[code]) for code in possible}
    return page(
        "change.html",
        status=status,
        person=person,
        journey=journey,
        form=form,
        choices=[(code, words[code], say(MEANING[code])) for code in possible],
    )
