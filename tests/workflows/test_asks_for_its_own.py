"""What the services ask their databases for on a journey is that patient's, not everybody's."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client

from services.chassis import context
from tests.postgres import looks_into_files
from tests.query_plans import asked, go_through_all
from tests.workflows.real_ward import a_real_ward

TODAY = datetime.now(UTC).date()


def phosphate(days_ago: int, value: float, **said: Any) -> dict[str, Any]:
    """What a laboratory sent."""
    one = {"id": f"of {days_ago} days ago", "analyte": "s_phos", "value": value, "unit": "mmol/L"}
    taken = f"{TODAY - timedelta(days=days_ago)}T08:00:00+00:00"
    return {"observations": [one | {"taken_at": taken, "fasting": True} | said]}


@looks_into_files
async def test_on_a_journey_no_service_goes_through_the_rows_of_all(
    temporal: Client, tmp_path: Path
) -> None:
    async with a_real_ward(temporal, tmp_path, "assessment", "localization", "followup") as ward:
        # What is looked after for all organisations goes through all, now and then.
        with asked(context.organisation) as plans:
            person = {"id": "p-17", "sex": "female", "age_years": 46}
            await ward.put(ward.journey, {"patient": person})
            await ward.tell("observations", phosphate(20, 0.4))
            await ward.tell("observations", phosphate(10, 0.5))
            await ward.tell("observations", phosphate(10, 0.45, version=2, status="corrected"))
            await ward.tell("decision", {"answer": "localize", "reason": "it is low again"})
            await ward.once(lambda journey: journey["phase"] == "localization")
            operation = {"id": "operation", "performed_at": str(TODAY), "site": "thigh"}
            await ward.tell("surgery", operation)
            await ward.tell("observations", phosphate(0, 0.9))
            await ward.once(lambda journey: journey["phase"] == "surveillance")
            await ward.once(lambda journey: not journey["events_waiting"])

    said = "\n".join(plans)
    for table in ("observation_version", "assessment", "facts", "entry", "conclusion", "journey"):
        assert f"FROM {table}" in said, f"nobody asked for {table}"
    assert go_through_all(plans) == {}
