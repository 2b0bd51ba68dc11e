"""What a reminder says. Codes, days and a link: no name, no number, no diagnosis."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.message import EmailMessage
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from services.coordination import language
from services.coordination.contract import ReminderStatus
from services.coordination.planning import bare
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
    language: str
    link: str


class WebhookBody(BaseModel):
    """A webhook as Standard Webhooks shapes it."""

    type: Literal["reminder.due"] = "reminder.due"
    timestamp: AwareDatetime
    data: ReminderSaid


class Gathered(BaseModel):
    """The data of a webhook that gathers what a working day had to say."""

    digest: UUID
    items: list[ReminderSaid]


class DigestBody(BaseModel):
    """The one webhook of a working day."""

    type: Literal["reminder.digest"] = "reminder.digest"
    timestamp: AwareDatetime
    data: Gathered


@dataclass(frozen=True, slots=True)
class Sentences:
    """What the words around a reminder are in one language."""

    subject: str
    gathered: str
    what: str
    due: str
    whom: str
    late: str
    link: str
    between: str
    recipients: dict[str, str]
    means: dict[str, str]


SENTENCES = {
    "en": Sentences(
        subject="Care pathway: {act}, due {day}",
        gathered="Care pathway: {number} to do",
        what="What: {act}",
        due="Due: {day}",
        whom="For: {whom}",
        late="This reminder is late.",
        link="Open the journey:",
        between=", ",
        recipients=RECIPIENTS,
        means=MEANS,
    ),
    "zh": Sentences(
        subject="诊疗路径提醒：{act}，日期：{day}",
        gathered="诊疗路径提醒：共 {number} 项待办",
        what="事项：{act}",
        due="日期：{day}",
        whom="对象：{whom}",
        late="此提醒已延迟发送。",
        link="查看诊疗路径：",
        between="，",
        recipients={
            "patient": "患者",
            "staff": "工作人员",
            "clinician": "医生",
            "supervisor": "主管",
        },
        means={
            "letter": "信函",
            "app": "应用程序",
            "letter-or-app": "信函或应用程序",
            "sms": "短信",
            "sms-and-letter": "短信和信函",
            "phone": "电话",
            "task": "任务",
            "worklist": "工作列表",
        },
    ),
}


@contextmanager
def _spoken_in(tongue: str) -> Iterator[Sentences]:
    """Words of acts and steps come in this language for as long as this lasts."""
    before = language.spoken()
    language.speak(tongue)
    try:
        yield SENTENCES[tongue]
    finally:
        language.speak(before)


def link(public_url: str, journey: UUID) -> str:
    """Where the journey can be looked at, by those who may."""
    return f"{public_url.rstrip('/')}/journeys/{journey}"


def said(reminder: ReminderRow, public_url: str, tongue: str) -> ReminderSaid:
    """A reminder as data: the same for the same reminder, whenever it is sent."""
    return ReminderSaid(
        reminder=reminder.id,
        journey=reminder.journey,
        act=reminder.act,
        rule=reminder.rule,
        occurrence=reminder.occurrence,
        due=reminder.due,
        rung=bare(reminder.rung),
        recipient=reminder.recipient,
        means=reminder.means,
        late=reminder.status == ReminderStatus.LATE,
        language=tongue,
        link=link(public_url, reminder.journey),
    )


def webhook_body(reminder: ReminderRow, public_url: str, tongue: str) -> WebhookBody:
    """One reminder as a webhook."""
    return WebhookBody(timestamp=reminder.recorded_at, data=said(reminder, public_url, tongue))


def digest_body(
    digest: UUID, reminders: Sequence[ReminderRow], public_url: str, tongue: str
) -> DigestBody:
    """What a working day had to say to one who listens, as one webhook."""
    return DigestBody(
        timestamp=max(reminder.recorded_at for reminder in reminders),
        data=Gathered(digest=digest, items=[said(one, public_url, tongue) for one in reminders]),
    )


def email(
    reminder: ReminderRow, sender: str, address: str, public_url: str, tongue: str = "en"
) -> EmailMessage:
    """The same for the same reminder: its Message-ID lets a mailbox recognise a repetition."""
    with _spoken_in(tongue) as words:
        act, day = act_in_words(reminder.act), language.day(reminder.due)
        subject = words.subject.format(act=act, day=day)
        text = "\n".join(_lines(reminder, public_url, words)) + "\n"
    return _mail(reminder.id, reminder.recorded_at, sender, address, subject, text)


def digest_email(
    digest: UUID,
    reminders: Sequence[ReminderRow],
    sender: str,
    address: str,
    public_url: str,
    tongue: str,
) -> EmailMessage:
    """What a working day had to say to one who listens, as one e-mail."""
    with _spoken_in(tongue) as words:
        subject = words.gathered.format(number=len(reminders))
        parts = ["\n".join(_lines(one, public_url, words)) for one in reminders]
    at = max(reminder.recorded_at for reminder in reminders)
    return _mail(digest, at, sender, address, subject, "\n\n".join(parts) + "\n")


def in_one_line(reminder: ReminderRow, tongue: str) -> str:
    """What is to be done by when, as a sentence; late ones say so."""
    with _spoken_in(tongue) as words:
        day = language.day(reminder.due)
        line = words.subject.format(act=act_in_words(reminder.act), day=day)
        late = reminder.status == ReminderStatus.LATE
        return f"{line} {words.late}" if late else line


def _lines(reminder: ReminderRow, public_url: str, words: Sentences) -> list[str]:
    whom = (
        words.recipients.get(reminder.recipient, reminder.recipient),
        words.means.get(reminder.means, reminder.means),
        rung_in_words(bare(reminder.rung)),
    )
    late = [words.late] if reminder.status == ReminderStatus.LATE else []
    return [
        words.what.format(act=act_in_words(reminder.act)),
        words.due.format(day=language.day(reminder.due)),
        words.whom.format(whom=words.between.join(whom)),
        *late,
        "",
        words.link,
        link(public_url, reminder.journey),
    ]


def _mail(
    id: UUID, at: datetime, sender: str, address: str, subject: str, text: str
) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"], message["To"] = sender, address
    message["Date"] = at.astimezone(UTC)
    domain = sender.rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    # Left as it is, no line of it is broken, so the link can be followed.
    message.set_content(text, cte="7bit" if text.isascii() else None)
    return message


def signed_at() -> datetime:
    """The moment of signing; receivers refuse what was signed long ago."""
    return datetime.now(UTC)
