"""A reminder as FHIR R4 CommunicationRequest: what is to be said to whom, by what, about what."""

from typing import Any

from services.coordination.contract import ReminderStatus
from services.coordination.message import in_one_line, link
from services.coordination.tables import ReminderRow

FHIR_JSON = "application/fhir+json"
URI = "urn:ietf:rfc:3986"
STATUS = {
    ReminderStatus.SENT: "active",
    ReminderStatus.LATE: "active",
    ReminderStatus.HELD: "on-hold",
    ReminderStatus.OVERTAKEN: "revoked",
    ReminderStatus.NOT_WANTED: "revoked",
    ReminderStatus.WITHDRAWN: "revoked",
}


def communication_request(reminder: ReminderRow, public_url: str, language: str) -> dict[str, Any]:
    """The resource; about whom it is says the journey alone, to those who may look at it."""
    status = ReminderStatus(reminder.status)
    because = {"text": status.value}
    journey = {"system": URI, "value": f"urn:uuid:{reminder.journey}"}
    resource: dict[str, Any] = {
        "resourceType": "CommunicationRequest",
        "id": str(reminder.id),
        "language": language,
        "identifier": [{"system": URI, "value": f"urn:uuid:{reminder.id}"}],
        "status": STATUS[status],
        "category": [{"text": "reminder"}],
        "medium": [{"text": reminder.means}],
        "about": [{"type": "EpisodeOfCare", "identifier": journey}],
        "payload": [
            {"contentString": in_one_line(reminder, language)},
            {"contentString": link(public_url, reminder.journey)},
        ],
        "occurrenceDateTime": reminder.due_at.isoformat(),
        "authoredOn": reminder.recorded_at.isoformat(),
        "recipient": [{"display": reminder.recipient}],
    }
    if status is not ReminderStatus.SENT:
        resource["statusReason"] = because
    return resource
