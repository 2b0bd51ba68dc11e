"""What venous sampling shows (LOC-014 to LOC-017). Its ratio has its cases beside, as data."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from knowledge.rules import venous_sampling as rule
from knowledge.rules.venous_sampling import Sample, Session

TODAY = date(2026, 11, 22)
TIBIA, FEMUR, SIDE = "12611008", "71341001", "left"
ATRIUM = {"vein": "right atrium", "side": None, "value": 100}


def a_session(*samples: dict[str, Any], id: str = "1", on: date | None = TODAY) -> Session:
    """One procedure of these samples, in pg/mL by one assay unless one says otherwise."""
    usual = {"side": SIDE, "unit": "pg/mL", "assay": "intact", "on": on}
    read = []
    for number, sample in enumerate(samples):
        said = usual | sample
        value = None if said["value"] is None else Decimal(str(said["value"]))
        read.append(Sample(**said | {"key": str(number), "value": value}))
    return rule.read_session(id, read, [], TODAY)


def vein(name: str, value: float | None, **more: Any) -> dict[str, Any]:
    """A sample of this vein."""
    return {"vein": name, "value": value, **more}


# LOC-017


@pytest.mark.parametrize(("days", "readable"), [(0, False), (98, False), (99, True), (-1, True)])
def test_fgf23_is_read_from_the_day_after_the_fourteenth_week(days: int, readable: bool) -> None:
    drawn = TODAY + timedelta(days=days)
    assert rule.fgf23_interpretable(drawn, [TODAY], drawn) is readable


@pytest.mark.parametrize(("days", "waits"), [(0, True), (98, True), (99, False)])
def test_sampling_waits_for_the_first_day_on_which_fgf23_can_be_read(
    days: int, waits: bool
) -> None:
    from_day = rule.readable_from([TODAY], TODAY + timedelta(days=days))
    assert from_day == (TODAY + timedelta(days=99) if waits else None)


@pytest.mark.parametrize(("on", "said"), [(TODAY, "14 weeks"), (None, "unknown")])
def test_a_session_under_burosumab_says_nothing_and_why(on: date | None, said: str) -> None:
    sample = Sample("1", "popliteal", "left", Decimal(900), "pg/mL", on=on)
    session = rule.read_session("1", [sample], [TODAY], TODAY)

    assert session.interpretable is False
    assert said in str(session.because)
    assert session.highest is None
    assert rule.verdict([session], TIBIA, "left") is None


# What a sample is compared with


def test_a_session_keeps_its_name_and_the_day_it_was_made() -> None:
    session = a_session(ATRIUM, vein("popliteal", 200))
    said = rule.verdict([session], TIBIA, "left")

    assert (session.id, session.on) == ("1", TODAY)
    assert said is not None
    assert (said.session, said.on, said.supports) == ("1", TODAY, True)
    assert said.ratio == 2


def test_a_vein_is_held_against_the_mean_of_its_references_in_their_own_unit() -> None:
    session = a_session(
        vein("right atrium", 0.1, unit="ng/mL"),
        vein("peripheral", 200, unit="pg/mL"),
        vein("popliteal", 300),
    )

    assert (session.reference_mean, session.unit) == (Decimal("0.15"), "ng/mL")
    assert [m.ratio for m in session.measured if not m.reference] == [2]


def test_without_a_sample_of_the_general_circulation_nothing_is_said_and_why() -> None:
    session = a_session(vein("popliteal", 900), {**ATRIUM, "valid": False})

    assert session.interpretable is False
    assert "no usable sample of the general circulation" in str(session.because)
    assert "not technically valid" in str(session.measured[1].note)
    assert rule.verdict([session], TIBIA, "left") is None


def test_an_undetectable_circulation_gives_no_ratio() -> None:
    session = a_session({**ATRIUM, "value": 0}, vein("popliteal", 300))

    assert session.measured[1].ratio is None
    assert not session.measured[1].steps_up
    assert rule.verdict([session], TIBIA, "left") is None


def test_an_assay_that_nobody_named_is_compared_and_another_is_not() -> None:
    session = a_session(
        ATRIUM,
        vein("popliteal", 200, assay=None),
        vein("femoral", 900, assay="c-terminal"),
    )

    assert [m.ratio for m in session.measured] == [1, 2, None]
    assert "another assay" in str(session.measured[2].note)


def test_a_sample_may_be_declared_the_reference_and_an_atrium_may_be_declared_none() -> None:
    declared = a_session(vein("popliteal", 100, reference=True), vein("femoral", 200))
    unlisted = a_session(vein("ear vein", 100, reference=True), vein("femoral", 200))
    refused = a_session({**ATRIUM, "reference": False}, vein("femoral", 200))

    assert declared.measured[1].ratio == unlisted.measured[1].ratio == 2
    assert refused.interpretable is False


# Which place a vein drains


def test_what_the_operator_says_a_vein_drains_stands_for_any_vein() -> None:
    session = a_session(ATRIUM, vein("great saphenous branch", 200, drains=FEMUR))
    said = rule.verdict([session], FEMUR, "left")

    assert said is not None
    assert said.supports
    assert session.measured[1].note is None
    assert rule.verdict([session], TIBIA, "left") is None
    assert rule.unexplained_steps([session], [(FEMUR, "left")]) == []


def test_a_vein_that_nobody_knows_is_shown_as_it_was_written() -> None:
    session = a_session(ATRIUM, vein("ear vein", 300), vein("common femoral", 100))

    assert [m.vein for m in session.measured] == ["right atrium", "ear vein", "femoral vein"]
    assert "no vein of the table" in str(session.measured[1].note)
    assert [m.territory_name for m in session.measured] == ["", "", "below the knee, thigh"]


def test_a_step_up_in_a_vein_that_nobody_knows_is_explained_by_no_candidate() -> None:
    session = a_session(ATRIUM, vein("ear vein", 300))
    [(_, found)] = rule.unexplained_steps([session], [(TIBIA, "left")])

    assert found.vein == "ear vein"


# The verdict on a candidate


def test_the_last_session_decides_and_one_that_did_not_reach_it_is_passed_over() -> None:
    first = a_session(ATRIUM, vein("popliteal", 100), id="first", on=date(2026, 1, 1))
    second = a_session(ATRIUM, vein("popliteal", 300), id="second", on=date(2026, 6, 1))
    elsewhere = a_session(ATRIUM, vein("jugular", 300), id="third", on=date(2026, 9, 1))

    for sessions in ([first, second, elsewhere], [elsewhere, second, first]):
        said = rule.verdict(sessions, TIBIA, "left")
        assert said is not None
        assert (said.session, said.supports) == ("second", True)


def test_of_two_samples_of_the_nearest_vein_the_higher_decides() -> None:
    for values in ((0, 90, 200), (200, 90, 0)):
        samples = [vein("popliteal", value) for value in values]
        said = rule.verdict([a_session(ATRIUM, *samples)], TIBIA, "left")
        assert said is not None
        assert (said.ratio, said.supports) == (Decimal(2), True)
    below = a_session(ATRIUM, vein("popliteal", 0), vein("popliteal", 90))
    said = rule.verdict([below], TIBIA, "left")
    assert said is not None
    assert said.ratio == Decimal("0.9")


def test_a_vein_with_nothing_in_it_speaks_against_what_it_drains() -> None:
    said = rule.verdict([a_session(ATRIUM, vein("popliteal", 0))], TIBIA, "left")

    assert said is not None
    assert (said.ratio, said.supports) == (Decimal(0), False)


# LOC-015


def test_a_step_up_is_looked_for_in_every_session_that_can_be_read() -> None:
    unreadable = a_session(vein("popliteal", 300), id="unreadable")
    readable = a_session(ATRIUM, vein("popliteal", 300), id="readable")

    found = rule.unexplained_steps([unreadable, readable], [])

    assert [(session.id, m.vein) for session, m in found] == [("readable", "popliteal vein")]


@pytest.mark.parametrize(
    ("samples", "places", "unexplained"),
    [
        ([vein("popliteal", 159)], [], False),
        ([vein("popliteal", 160)], [], True),
        ([vein("ivc", 200, side=None)], [], False),
        ([vein("popliteal", 200)], [(TIBIA, "left")], False),
        ([vein("popliteal", 200)], [(TIBIA, None)], False),
        ([vein("popliteal", 200)], [(TIBIA, "right")], True),
        ([vein("popliteal", 200), vein("popliteal", 90, side="right")], [(TIBIA, "right")], True),
        ([vein("femoral", 200), vein("popliteal", 90)], [(TIBIA, "left")], True),
        (
            [vein("femoral", 200), vein("popliteal", 200, side="right")],
            [(FEMUR, "right"), (TIBIA, "right")],
            True,
        ),
        (
            [vein("popliteal", 90), vein("popliteal", 200, side="right")],
            [(TIBIA, "right")],
            False,
        ),
    ],
    ids=lambda given: None if isinstance(given, bool) else str(given)[:60],
)
def test_a_step_up_that_no_candidate_explains_is_found(
    samples: list[dict[str, Any]], places: list[tuple[str, str | None]], unexplained: bool
) -> None:
    found = rule.unexplained_steps([a_session(ATRIUM, *samples)], places)

    assert bool(found) is unexplained


def test_a_nearer_vein_of_the_same_side_leaves_a_step_unexplained() -> None:
    session = a_session(
        ATRIUM,
        vein("femoral", 200),
        vein("popliteal", 90),
        vein("popliteal", 200, side="right"),
    )

    found = rule.unexplained_steps([session], [(TIBIA, "left")])

    assert [(m.vein, m.sample.side) for _, m in found] == [
        ("femoral vein", "left"),
        ("popliteal vein", "right"),
    ]
