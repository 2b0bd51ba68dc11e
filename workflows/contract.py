"""What a journey hears and says: phases, messages, its id. Codes, ids, days; never the patient."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from knowledge.terms.obligation import Obligation

TASK_QUEUE = "journeys"

PHASE_ATTRIBUTE = "TioPhase"
"""The one search attribute: a phase's code, for operators. Screens never ask for it."""


class Phase(StrEnum):
    """Where a journey stands.

    The order is the usual one; recurrence leads back to localization.
    """

    ASSESSMENT = "assessment"
    LOCALIZATION = "localization"
    TREATMENT = "treatment"
    SURVEILLANCE = "surveillance"
    CLOSED = "closed"


class EventKind(StrEnum):
    """What can happen to a journey from outside."""

    OBSERVATIONS = "observations"
    FINDINGS = "findings"
    EXPOSURES = "exposures"
    GENETICS = "genetics"
    EXAMINATION = "examination"
    STUDY = "study"
    VENOUS_SAMPLING = "venous_sampling"
    BIOPSY = "biopsy"
    ORDER = "order"
    CONSTRAINTS = "constraints"
    SURGERY = "surgery"
    THERAPY = "therapy"
    STATE = "state"
    SYMPTOMS = "symptoms"
    MEASURE = "measure"
    ACT = "act"
    PLANNED = "planned"
    OPINION = "opinion"
    DECISION = "decision"
    ACKNOWLEDGEMENT = "acknowledgement"
    DISPOSITION = "disposition"
    CONTACT = "contact"
    POSTPONEMENT = "postponement"
    PREFERENCES = "preferences"
    DEATH = "death"
    WITHDRAWAL = "withdrawal"
    PAUSE = "pause"
    RESUME = "resume"
    TRANSFER = "transfer"
    MERGE = "merge"
    RELOCATION = "relocation"


class Role(StrEnum):
    """Whom a human task asks."""

    CLINICIAN = "clinician"
    SURGEON = "surgeon"
    COORDINATOR = "coordinator"


class Carried(BaseModel):
    """What histories keep for years: newer code reads older payloads, older code reads newer ones.

    So a new field has a default, and an unknown one is passed over. No default reads a clock.
    """

    model_config = ConfigDict(extra="ignore")


class EventArrived(Carried):
    """A nudge: this event is stored in coordination and waits to be handed over.

    Of events that wait together, what occurred first is handed over first. `anew` names the reason
    for which it is told once more.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    event_id: UUID
    kind: EventKind
    occurred_at: AwareDatetime | None = None
    anew: UUID | None = None

    @property
    def heard_as(self) -> UUID:
        """Told for another reason, it is heard once more."""
        return self.event_id if self.anew is None else uuid5(self.anew, str(self.event_id))


class ToldAgain(Carried):
    """All that a journey was ever told, for one that has lost it: a server's older backup, an end
    by hand. `revision` is coordination's; a journey that is as far as that has lost nothing.
    """

    revision: int
    events: tuple[EventArrived, ...]


class OpenTask(Carried):
    """A question that waits for a person (FHIR Task). `answers` are the codes that may be given."""

    id: UUID
    question: str
    role: Role
    answers: tuple[str, ...]
    opened_at: datetime


class Standing(Carried):
    """What was concluded last, as far as a journey turns on it."""

    service: str
    state: str
    proposal: str


class Found(Carried):
    """What the search amounted to last: a state's code, and the conclusion that said so."""

    conclusion: UUID
    state: str
    at: datetime


class Operation(Carried):
    """An operation under its sender's name: when it was, and whether its report still stands."""

    report: UUID
    version: int
    occurred_at: datetime
    stands: bool = True


class Left(Carried):
    """Where a journey stood before something led it away that may be taken back."""

    phase: Phase
    reason: str


class Word(Carried):
    """Something said of the journey itself, such as a death, or that it was a mistake."""

    event: UUID
    at: datetime
    undone: bool = False


class Beside(Carried):
    """Follow-up, asked beside the service of another phase because somebody is being treated."""

    standing: Standing | None = None
    owed: tuple[Obligation, ...] = ()
    changed: bool = True
    asked_at: datetime | None = None
    look_on: date | None = None


class JourneyState(Carried):
    """Everything a journey carries from one run into the next.

    `unfinished`: who should have been told or asked was away, or has more to hear than a turn may
    tell; so the next run begins with a turn. `looking`: somebody wants it to look, and it has not.
    """

    phase: Phase = Phase.ASSESSMENT
    phase_reason: str = "started"
    revision: int = 0
    waiting: list[EventArrived] = []
    seen: list[UUID] = []
    for_followup: list[UUID] = []
    task: OpenTask | None = None
    standing: Standing | None = None
    owed: tuple[Obligation, ...] = ()
    declined: Standing | None = None
    operated_at: datetime | None = None
    operations: list[UUID] = []
    reports: list[Operation] = []
    before_operation: Left | None = None
    left: Left | None = None
    words: dict[str, list[Word]] = {}
    doubted: bool = False
    in_question: bool = False
    record: UUID | None = None
    treated: bool = False
    beside: Beside = Field(default_factory=Beside)
    found: Found | None = None
    told_found: str | None = None
    reopened: bool = False
    changed: bool = False
    heard: dict[str, UUID] = {}
    untold: bool = False
    unfinished: bool = False
    looking: bool = False
    is_told_again: bool = False
    asked_at: datetime | None = None
    look_on: date | None = None
    told_at: datetime | None = None
    next_wake: datetime | None = None


class JourneyOrder(Carried):
    """What starts a journey. Ids only: whom it is about is known to the services alone."""

    journey_id: UUID
    organisation: str
    state: JourneyState = JourneyState()


def workflow_id(organisation: str, journey_id: UUID) -> str:
    """The one workflow of a journey.

    Organisations cannot meet, even if they choose the same uuid.
    """
    return f"journey/{organisation}/{journey_id}"


def journey_of(workflow: str) -> tuple[str, UUID]:
    """The other way round: whose journey is this workflow?"""
    _, _, rest = workflow.partition("/")
    organisation, _, journey = rest.rpartition("/")
    return organisation, UUID(journey)


class Request(Carried):
    """What every call of a journey says: whose journey it is, and what time it is there.

    `at` is the journey's own clock; nobody it asks looks at another.
    """

    organisation: str
    journey_id: UUID
    at: datetime
    record: UUID | None = None

    @property
    def record_id(self) -> UUID:
        """Under which id do the services keep this person? After a merge not the journey's."""
        return self.record or self.journey_id


class EventOfJourney(Request):
    """A stored event that is to be read or handed over."""

    event_id: UUID


class HandedOver(Carried):
    """Did the owner take the event? If not, coordination has been told why.

    `reopens`: what it corrected was concluded from, and by what is known now the state is another.
    `doubts`: so is the diagnosis. `treats`: a drug is taken, so there is something to watch.
    `search`: what the search amounts to with it. `report`, `version` and `withdrawn` name a report
    that can be corrected or taken back.
    """

    applied: bool
    occurred_at: datetime
    reopens: bool = False
    doubts: bool = False
    treats: bool = False
    search: str | None = None
    report: UUID | None = None
    version: int = 1
    withdrawn: bool = False


class Decision(Carried):
    """What a person answered. Who it was and why is kept by coordination, not here."""

    task: UUID | None = None
    answer: str = Field(pattern=r"^[a-z][a-z-]{0,39}$")
    occurred_at: datetime


class Said(Carried):
    """What an event of the journey's own kinds says, in codes. Who and why stays in coordination.

    `prior` is what the journey was before a merge that is undone; `record` under which id the
    services keep this person from now on, `phase` how far the other journey had come.
    """

    occurred_at: datetime
    undone: bool = False
    outside: bool = False
    survivor: UUID | None = None
    refusal: str | None = None
    record: UUID | None = None
    phase: Phase | None = None
    prior: dict[str, Any] | None = None


class MergeRequest(EventOfJourney):
    """Join another journey with this one, or part them again; `state` is what it was until now."""

    state: dict[str, Any]


class EventOutcome(EventOfJourney):
    """What became of an event that the journey itself acts on."""

    outcome: Literal["applied", "refused"]
    reason: str = ""


class ConclusionRequest(Request):
    """Ask a service what it concludes. The journey draws the id: asked again is asked once.

    `heard` is what was heard last of each service: what was corrected since then is news.
    `operations` are the events that told of one: a search begins anew after each.
    """

    conclusion_id: UUID
    heard: dict[str, UUID] = {}
    operations: tuple[UUID, ...] = ()


class FoundRequest(Request):
    """Tell follow-up what the search amounted to."""

    found: Found


class WakeRequest(Request):
    """The timer rang. The id makes a repeated call the same call."""

    wake_id: UUID


class TurnRequest(Request):
    """Take a turn: everything that is to be done now for this journey, in one go.

    `heard` and `again` are what was told since the last one, `rang` that its moment came, `looking`
    that somebody wants it to look (`looks` times in this run). From `seed` ids are drawn, so that a
    turn that is taken twice asks for the same things. `whole`: who is away is waited for, and not
    passed over; `rolls`: the run has grown long, and ends with this turn; `more`: there waits more
    than is told here, because a turn can hand over only so much.
    """

    state: JourneyState
    heard: tuple[EventArrived, ...] = ()
    again: tuple[ToldAgain, ...] = ()
    rang: bool = False
    looking: bool = False
    looks: int = 0
    seed: UUID
    whole: bool = False
    rolls: bool = False
    more: bool = False


class Turned(Carried):
    """Where the journey stands after a turn, without what it knew before.

    `heard` are the tellings that it took notice of; `left` says that some of them wait for the next
    turn, `unreached` that something has to be tried again soon, and `away` who could not be asked.
    """

    state: JourneyState
    heard: tuple[UUID, ...] = ()
    unreached: bool = False
    away: str | None = None
    left: bool = False
    looks: int = 0
    rolls: bool = False
