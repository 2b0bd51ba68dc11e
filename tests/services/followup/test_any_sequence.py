"""Whatever happens in whatever order: nothing is lost, doubled, left open, or ended twice.

Each run lives through one patient's course. After every step the calendar is held against what
plainly stands (courses.py), and against what it was on an earlier day.
"""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.followup.contract import FollowUp
from tests.services.followup.calendar_cases import on
from tests.services.followup.courses import (
    Telling,
    Told,
    answer_to,
    by_key,
    corrected,
    differences,
    end_of,
    event,
    expect_nothing_of_what_was_left,
    expect_one_end_each,
    expect_the_past_to_stay,
    moved,
    results,
    withdrawn,
)

PANELS = [
    {"s_phos": 0.5},
    {"s_phos": 1.0, "s_alp": 80},
    {"s_phos": 1.1, "s_alp": 80, "s_ca_adj": 2.3, "s_pth": 40},
    {"s_phos": 1.6},
    {"s_phos": 0.6, "tmp_gfr": 0.5, "s_fgf23_i": 120},
    {"s_fgf23_i": 30},
    {"s_fgf23_i": 250},
    {"u_ca_24h": 9.0},
    {"u_ca_24h": 4.0},
    {"s_pth": 48, "s_ca_adj": 2.3},
]
ACTS = ["renal_ultrasound", "local_mri", "sstr_pet_ct", "fdg_pet_ct", "dxa", "examination"]
AGENTS = ["oral_phosphate", "calcitriol", "cinacalcet", "infigratinib"]
WORDS = ["DONE", "NOT_INDICATED", "DECLINED"]
"""Said of one item; what is true of the patient, as a death, stands in test_dispositions.py."""
LATE = st.one_of(st.just(0), st.just(0), st.integers(0, 200))
"""How long ago was it? Most things are told on the day they happen."""

PICK = st.integers(0, 10_000)
BEGINNINGS: dict[str, list[Telling]] = {
    "operated": [event("surgery", 0, "performed_at", site="thigh", margin="wide", tissue="soft")],
    "high": [event("surgery", 0, "performed_at", site="femur", margin="positive")],
    "malignant": [
        event("surgery", 0, "performed_at", site="thigh", margin="wide", histology="malignant")
    ],
    "searching": [event("state", 0, "noted_on", state="NOT_LOCALIZED")],
    "conventional": [
        event("state", 0, "noted_on", state="NOT_LOCALIZED"),
        event("therapy", 0, "started_on", agent="oral_phosphate", dose=1500),
        event("therapy", 0, "started_on", agent="calcitriol", dose=0.75),
    ],
    "burosumab": [event("therapy", 0, "given_on", agent="burosumab", dose=30)],
}


class Course(RuleBasedStateMachine):
    """One patient, as the pure verb hears of them."""

    def __init__(self) -> None:
        super().__init__()
        self.told, self.today, self.last = Told(None), 0, 0
        self.now: FollowUp = self.told.answer(0)

    @initialize(beginning=st.sampled_from(sorted(BEGINNINGS)), label=st.sampled_from([None, "US"]))
    def begins(self, beginning: str, label: str | None) -> None:
        """Somebody is operated on, searched or treated."""
        self.told = Told(label)
        self.arrive(*BEGINNINGS[beginning])
        self.now = self.told.answer(0)

    def arrive(self, *tellings: Telling) -> None:
        """These are told, in this order."""
        self.told.tellings += tellings

    def hear(self, *tellings: Telling, since: int | None = None) -> None:
        """These are told today; `since`: the first day of which anything is known otherwise."""
        known = self.told.latest()
        news = [one for one in tellings if one.name not in known or one.version > 1]
        if not news:
            return
        self.arrive(*news)
        self.now = self.told.answer(self.today)
        self.last = min([one.day for one in news] if since is None else [since]) - 1

    @rule(days=st.one_of(st.integers(1, 20), st.integers(1, 400)))
    def time_passes(self, days: int) -> None:
        """Nothing happens."""
        self.last, self.today = self.today, self.today + days
        self.now = self.told.answer(self.today)

    def ago(self, late: int) -> int:
        """The day so long ago, since it began."""
        return max(0, self.today - late)

    @rule(values=st.sampled_from(PANELS), late=LATE)
    def results_come(self, values: dict[str, float], late: int) -> None:
        """A laboratory reports, at once or late."""
        self.hear(*results(self.ago(late), values))

    @rule(act=st.sampled_from(ACTS), late=LATE)
    def something_is_done(self, act: str, late: int) -> None:
        """A scan, an examination."""
        self.hear(event("act", self.ago(late), "performed_at", act=act))

    @rule(late=LATE, margin=st.sampled_from(["wide", "positive"]))
    def an_operation(self, late: int, margin: str) -> None:
        """Once more."""
        tumor = {"site": "thigh", "margin": margin, "tissue": "soft_tissue"}
        self.hear(event("surgery", self.ago(late), "performed_at", **tumor))

    @rule(late=LATE, state=st.sampled_from(["LOCALIZED", "NOT_LOCALIZED", "METASTATIC"]))
    def a_state_is_told(self, late: int, state: str) -> None:
        """The search, or a meeting, says so."""
        self.hear(event("state", self.ago(late), "noted_on", state=state))

    @rule(late=LATE, agent=st.sampled_from(AGENTS), dose=st.sampled_from([1, 2]))
    def a_drug_is_begun_or_changed(self, late: int, agent: str, dose: int) -> None:
        """A drug that is taken every day."""
        self.hear(event("therapy", self.ago(late), "started_on", agent=agent, dose=dose))

    @rule(late=LATE, agent=st.sampled_from([*AGENTS, "burosumab"]))
    def a_drug_is_stopped(self, late: int, agent: str) -> None:
        """Whether it was taken or not."""
        self.hear(event("therapy", self.ago(late), "stopped_on", agent=agent))

    @rule(late=LATE, dose=st.sampled_from([30, 60]))
    def burosumab_is_given(self, late: int, dose: int) -> None:
        """One dose."""
        self.hear(event("therapy", self.ago(late), "given_on", agent="burosumab", dose=dose))

    @rule(late=LATE, ahead=st.integers(1, 60))
    def an_operation_is_booked(self, late: int, ahead: int) -> None:
        """Which interrupts burosumab."""
        day = self.ago(late)
        planned = on(day + ahead).isoformat()
        self.hear(event("planned", day, "noted_on", procedure="surgery", planned_for=planned))

    @rule(pick=PICK, word=st.sampled_from(WORDS))
    def a_person_ends_an_item(self, pick: int, word: str) -> None:
        """Which one that is open, or one that has ended: that has its end already."""
        items = sorted(by_key(self.now).items())
        if not items:
            return
        (rule, occurrence), item = items[pick % len(items)]
        before = end_of(item)
        named = {"rule": rule, "occurrence": occurrence, "disposition": word}
        body: dict[str, Any] = {"kind": "disposition", "reason": "said so", **named}
        dated = {"noted_on": on(self.today).isoformat()}
        name = f"disposition/{rule}/{occurrence}/{self.today}"
        was_open = item.status == "open"
        self.hear(Telling(name, 1, self.today, body | dated))
        after = by_key(self.now)[rule, occurrence]
        if was_open:
            assert (after.status != "open", after.disposition) == (True, word)
        else:
            assert end_of(after) == before

    @rule(pick=PICK)
    def something_is_told_twice(self, pick: int) -> None:
        """Which changes nothing."""
        before = self.now
        self.arrive(self.told.tellings[pick % len(self.told.tellings)])
        self.now = self.told.answer(self.today)
        assert differences(self.now, before) == {}

    def any_of(self, pick: int, *, results: bool) -> Telling | None:
        """Something that stands and may be corrected."""
        known = [
            one
            for one in self.told.standing()
            if ("observations" in one.body) is results and one.body["kind"] != "disposition"
        ]
        return known[pick % len(known)] if known else None

    @rule(pick=PICK, value=st.sampled_from([0.5, 1.0, 1.6, 30, 250]))
    def a_result_is_corrected(self, pick: int, value: float) -> None:
        """Another number."""
        if (one := self.any_of(pick, results=True)) is not None:
            self.hear(corrected(one, value))

    @rule(pick=PICK, results=st.booleans())
    def something_is_taken_back(self, pick: int, results: bool) -> None:
        """It was never so."""
        if (one := self.any_of(pick, results=results)) is not None:
            self.hear(withdrawn(one))

    @rule(pick=PICK, late=LATE)
    def something_was_on_another_day(self, pick: int, late: int) -> None:
        """An operation, a dose, a scan: its day was wrong."""
        one = self.any_of(pick, results=False)
        day = self.ago(late)
        if one is not None and one.day != day and one.body["kind"] != "planned":
            self.hear(moved(one, day), since=min(one.day, day))

    @precondition(lambda self: len(self.told.tellings) > 1)
    @rule(chance=st.randoms(use_true_random=False))
    def it_might_have_arrived_otherwise(self, chance: Any) -> None:
        """The same things in another order say the same."""
        shuffled = list(self.told.tellings)
        chance.shuffle(shuffled)
        other = answer_to(shuffled, self.told.label, self.today)
        assert differences(other, self.now) == {}

    @rule(days=st.integers(2, 200))
    def what_comes_later_is_not_read_now(self, days: int) -> None:
        """Asked about an earlier day, the same is said as without what was told since."""
        then = self.today - days
        if then < 0:
            return
        past, whole = self.told.until(then + 1).answer(then), self.told.answer(then)
        assert (whole.state, whole.schedule) == (past.state, past.schedule)

    @invariant()
    def each_has_one_end(self) -> None:
        """No key twice, no end twice."""
        by_key(self.now)
        expect_one_end_each(self.now, self.today)

    @invariant()
    def nothing_of_what_was_left_is_open(self) -> None:
        """By what plainly stands."""
        expect_nothing_of_what_was_left(self.told, self.now, self.today)

    @invariant()
    def the_past_stays(self) -> None:
        """News of a day changes nothing that had ended before it, and loses nothing."""
        if self.last >= 0:
            expect_the_past_to_stay(self.told, self.last, self.now)


QUICK = settings(
    max_examples=150,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def test_in_any_sequence_the_calendar_loses_doubles_and_reopens_nothing() -> None:
    run_state_machine_as_test(Course, settings=QUICK)
