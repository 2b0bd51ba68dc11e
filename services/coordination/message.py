"""What a reminder says. Codes, days and a link: no name, no number, no diagnosis."""

from datetime import UTC, date, datetime
from email.message import EmailMessage
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from services.coordination.contract import ReminderStatus
from services.coordination.tables import ReminderRow
from services.coordination.wording import MEANS, RECIPIENTS, act_in_words, rung_in_words


class ReminderSaid(BaseModel):
    """The data of a webhook."""

    reminder: UUID
    journey: UUID
    act: str
    rule: str
    occurrence: str
    due: date
    rung: str
    recipient: str
    means: str
    late: bool
    link: str


class WebhookBody(BaseModel):
    """A webhook as Standard Webhooks shapes it."""

    type: Literal["reminder.due"] = "reminder.due"
    timestamp: AwareDatetime
    data: ReminderSaid


def link(public_url: str, journey: UUID) -> str:
    """Where the journey can be looked at, by those who may."""
    return f"{public_url.rstrip('/')}/journeys/{journey}"


def webhook_body(reminder: ReminderRow, public_url: str) -> WebhookBody:
    """The same for the same reminder, whenever it is sent."""
    return WebhookBody(
        timestamp=reminder.recorded_at,
        data=ReminderSaid(
            reminder=reminder.id,
            journey=reminder.journey,
            act=reminder.act,
            rule=reminder.rule,
            occurrence=reminder.occurrence,
            due=reminder.due,
            rung=reminder.rung,
            recipient=reminder.recipient,
            means=reminder.means,
            late=reminder.status == ReminderStatus.LATE,
            link=link(public_url, reminder.journey),
        ),
    )


def email(reminder: ReminderRow, sender: str, address: str, public_url: str) -> EmailMessage:
    """The same for the same reminder: its Message-ID lets a mailbox recognise a repetition."""
    message = EmailMessage()
    message["Subject"] = f"Care pathway: {act_in_words(reminder.act)}, due {reminder.due:%d %B %Y}"
    message["From"], message["To"] = sender, address
    message["Date"] = reminder.recorded_at.astimezone(UTC)
    domain = sender.rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{reminder.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    late = "\nThis reminder is late.\n" if reminder.status == ReminderStatus.LATE else ""
    words = (
        f"What: {act_in_words(reminder.act)}\n"
        f"Due: {reminder.due:%A, %d %B %Y}\n"
        f"For: {RECIPIENTS.get(reminder.recipient, reminder.recipient)}, "
        f"{MEANS.get(reminder.means, reminder.means)}, "
        f"{rung_in_words(reminder.rung)}\n{late}\n"
        f"Open the journey:\n{link(public_url, reminder.journey)}\n"
    )
    # Left as it is, no line of it is broken, so the link can be followed.
    message.set_content(words, cte="7bit" if words.isascii() else None)
    return message


def signed_at() -> datetime:
    """The moment of signing; receivers refuse what was signed long ago."""
    return datetime.now(UTC)
