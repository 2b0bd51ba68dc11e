"""What a chart shows: nothing joined that cannot be compared, nothing shown that was converted
without what was sent."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx2

from services.followup.charted import Series, Trends
from services.followup.client import FollowupClient
from services.followup.contract import EventBody, PlanRequest
from services.followup.trends import trends
from tests.services.followup.test_safety import a_result

ASKED = datetime(2025, 6, 1, 12, tzinfo=UTC)


def charted(results: list[Any], *events: Any, patient: Any = None) -> Trends:
    """The chart of these results."""
    rows = [a_result(*row) for row in results]
    history = [*events, {"kind": "observations", "observations": rows}]
    about = patient or {"sex": "female", "age_years": 44}
    request = PlanRequest.model_validate({"patient": about, "history": history})
    return trends(UUID(int=1), request, ASKED)


def of(shown: Trends, analyte: str) -> list[Series]:
    """The series of one analyte."""
    return [series for series in shown.series if series.analyte == analyte]


def test_values_stand_as_sent_and_converted_in_one_unit_with_the_laboratorys_own_band() -> None:
    shown = charted(
        [["s_phos", "2.0", "mg/dL", "2024-05-01"], ["s_phos", "0.9", "mmol/L", "2024-06-01"]]
    )

    [series] = of(shown, "s_phos")
    first, second = series.points
    assert series.unit == "mmol/L"
    assert (first.value, first.unit) == (Decimal("2.0"), "mg/dL")
    assert round(first.converted, 3) == Decimal("0.646")
    assert first.low is not None
    assert (round(first.low, 2), first.range_from, first.level) == (
        Decimal("0.81"),
        "laboratory",
        "low",
    )
    assert (second.converted, second.low, second.high) == (
        Decimal("0.9"),
        Decimal("0.8"),
        Decimal("1.45"),
    )


def test_intact_and_c_terminal_and_other_assays_are_never_joined() -> None:
    shown = charted(
        [
            ["s_fgf23_i", 80, "pg/mL", "2024-05-01", {"assay": "kainos"}],
            ["s_fgf23_i", 70, "pg/mL", "2024-06-01", {"assay": "kainos"}],
            ["s_fgf23_i", 40, "pg/mL", "2024-07-01", {"assay": "liaison"}],
            ["s_fgf23_i", 30, "pg/mL", "2024-08-01"],
            ["s_fgf23_c", 180, "RU/mL", "2024-05-01"],
        ]
    )

    intact = {series.assay: series for series in of(shown, "s_fgf23_i")}
    assert {assay: len(series.points) for assay, series in intact.items()} == {
        "kainos": 2,
        "liaison": 1,
        None: 1,
    }
    assert intact["kainos"].joined
    assert not intact[None].joined
    assert [series.unit for series in of(shown, "s_fgf23_c")] == ["[arb'U]/mL"]


def test_bone_alp_in_grams_and_in_units_are_two_series() -> None:
    shown = charted([["s_balp", 20, "ug/L", "2024-05-01"], ["s_balp", 40, "U/L", "2024-06-01"]])

    assert [series.unit for series in of(shown, "s_balp")] == ["U/L", "ug/L"]


def test_a_masked_result_is_marked_with_the_drug_and_the_day_on_which_the_mask_ends() -> None:
    drug = {"agent": "burosumab", "started_on": "2024-01-15", "stopped_on": "2024-05-01"}
    shown = charted(
        [
            ["s_phos", 1.0, "mmol/L", "2024-08-06"],
            ["s_phos", 1.1, "mmol/L", "2024-08-07"],
            ["s_fgf23_i", 300, "pg/mL", "2024-08-06"],
            ["s_alp", 100, "U/L", "2024-08-06"],
        ],
        drug,
    )

    [phosphate], [fgf23], [alp] = (of(shown, key) for key in ("s_phos", "s_fgf23_i", "s_alp"))
    assert [(p.masked, p.masked_by) for p in phosphate.points] == [
        (True, "burosumab"),
        (False, None),
    ]
    assert phosphate.points[0].masked_until == date(2024, 8, 7)
    assert fgf23.points[0].masked
    assert not alp.points[0].masked
    assert (shown.phosphate_in_range.tests, shown.phosphate_in_range.masked) == (2, 1)
    assert shown.phosphate_in_range.percent == 100
    assert [(one.agent, one.stopped_on) for one in shown.treatments] == [
        ("burosumab", date(2024, 5, 1))
    ]


def test_what_was_computed_here_stands_beside_what_was_reported_and_says_so() -> None:
    shown = charted(
        [
            ["s_ca", 2.10, "mmol/L", "2024-05-01"],
            ["s_alb", 30, "g/L", "2024-05-01"],
            ["s_ca_adj", 2.40, "mmol/L", "2024-06-01"],
            ["s_creat", 80, "umol/L", "2024-05-01"],
        ]
    )

    [adjusted], [egfr] = of(shown, "s_ca_adj"), of(shown, "egfr")
    assert [(p.converted, p.computed) for p in adjusted.points] == [
        (Decimal("2.30"), True),
        (Decimal("2.40"), False),
    ]
    assert egfr.points[0].computed


def test_operations_and_when_alp_became_normal_for_good() -> None:
    operation = {"performed_at": "2024-04-10", "site": "thigh", "margin": "wide"}
    rows = [
        ["s_alp", value, "U/L", day]
        for value, day in (
            (280, "2024-06-24"),
            (110, "2024-09-01"),
            (130, "2024-10-01"),
            (108, "2024-12-21"),
            (90, "2025-01-02"),
        )
    ]

    shown = charted(rows, operation)

    assert [(one.performed_on, one.site) for one in shown.operations] == [
        (date(2024, 4, 10), "thigh")
    ]
    assert shown.alp_normal_since == date(2024, 12, 21)


async def test_the_trends_of_a_stored_plan_are_read_by_its_own_organisation_only(
    followup: FollowupClient, http: httpx2.AsyncClient
) -> None:
    plan = uuid4()
    rows = {"observations": [a_result("s_phos", "0.90", "mmol/L", "2024-05-01")]}
    event = EventBody.model_validate({"kind": "observations"} | rows).root
    await followup.record_result("north", plan, uuid4(), event)

    shown = await followup.read_trends("north", plan, ASKED)
    said = await http.get(f"/followup/v1/plans/{plan}/trends")

    assert shown.as_of == ASKED
    assert [p.value for series in shown.series for p in series.points] == [Decimal("0.9")]
    assert said.json()["series"][0]["points"][0]["value"] == 0.9
    assert (await http.get(f"/followup/v1/plans/{uuid4()}/trends")).status_code == 404
