"""Reminders out, effectively once: a row per reminder and receiver, tried until delivered.

What may pass (an outage, a full mailbox, a 5xx) is tried again with growing pauses, without end.
What will not pass (a 4xx, an address that is not allowed) fails and stands on the worklist as work.
"""

import asyncio
from datetime import UTC, datetime

import aiosmtplib
import httpx2
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from standardwebhooks.webhooks import Webhook

from services.chassis.database import Database
from services.chassis.logging import get_logger
from services.coordination import message, reach, repository
from services.coordination.metrics import CoordinationMetrics
from services.coordination.relay import pause, side_by_side
from services.coordination.settings import CoordinationSettings
from services.coordination.tables import DeliveryRow, JourneyRow, ReminderRow, SubscriptionRow

AT_ONCE = 20
ASK_AGAIN = frozenset([408, 425, 429])


class WillNotPass(Exception):
    """The receiver said no; a person has to look."""


class MayPass(Exception):
    """It did not work this time."""


class Deliveries:
    """The relay's work: every delivery that is due, each receiver one at a time."""

    def __init__(
        self, database: Database, settings: CoordinationSettings, metrics: CoordinationMetrics
    ) -> None:
        self._database, self._settings, self._metrics = database, settings, metrics
        self._http = httpx2.AsyncClient(
            timeout=settings.webhook_timeout_seconds, follow_redirects=False, trust_env=False
        )
        self._log = get_logger("coordination")

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def work(self) -> bool:
        """Deliver what is due."""
        ripe = await self._ripe()
        receivers: dict[object, list[DeliveryRow]] = {}
        for delivery in ripe:
            receivers.setdefault((delivery.organisation, delivery.subscription), []).append(
                delivery
            )
        await side_by_side(self._in_turn(row) for row in receivers.values())
        return bool(ripe)

    async def _ripe(self) -> list[DeliveryRow]:
        wanted = (
            select(DeliveryRow)
            .where(
                col(DeliveryRow.status) == "waiting",
                col(DeliveryRow.next_try_at) <= datetime.now(UTC),
            )
            .order_by(col(DeliveryRow.created_at), col(DeliveryRow.reminder))
            .limit(AT_ONCE)
        )
        async with self._database.reading() as session:
            return list((await session.exec(wanted)).all())

    async def _in_turn(self, deliveries: list[DeliveryRow]) -> None:
        for delivery in deliveries:
            await self._deliver(delivery)

    async def _deliver(self, delivery: DeliveryRow) -> None:
        async with self._database.reading() as session:
            reminder = await _reminder(session, delivery)
            place = (delivery.organisation, delivery.subscription)
            to = await session.get(SubscriptionRow, place)
        try:
            if reminder is None or to is None:
                raise WillNotPass("its receiver is gone")
            if to.channel == "webhook":
                await self._post(reminder, to)
            else:
                await self._mail(reminder, to)
        except WillNotPass as refusal:
            await self._settle(delivery, "failed", str(refusal))
        except MayPass as weather:
            await self._settle(delivery, "waiting", str(weather))
        except Exception as error:
            # Whatever one receiver's address does to us, the others are still told.
            await self._settle(delivery, "waiting", type(error).__name__)
        else:
            await self._settle(delivery, "delivered", "")

    async def _post(self, reminder: ReminderRow, to: SubscriptionRow) -> None:
        body = message.webhook_body(reminder, self._settings.public_url).model_dump_json()
        signed_at = message.signed_at()
        signature = Webhook(to.secret or "").sign(str(reminder.id), signed_at, body)
        try:
            async with asyncio.timeout(self._settings.webhook_timeout_seconds):
                private = self._settings.webhook_private_networks
                target = await reach.look_up(to.url or "", private)
                # Streamed: what the receiver says is not read, so it cannot go on for ever.
                async with self._http.stream(
                    "POST",
                    target.url,
                    content=body,
                    headers={
                        "Host": target.host_header,
                        "Content-Type": "application/json",
                        "webhook-id": str(reminder.id),
                        "webhook-timestamp": str(int(signed_at.timestamp())),
                        "webhook-signature": signature,
                    },
                    extensions={"sni_hostname": target.name},
                ) as reply:
                    pass
        except reach.NotAllowed as refusal:
            raise WillNotPass(str(refusal)) from None
        except (httpx2.TransportError, OSError) as weather:
            raise MayPass(type(weather).__name__) from None
        if reply.is_success:
            return
        answered = f"answered with {reply.status_code}"
        if reply.status_code >= 500 or reply.status_code in ASK_AGAIN:
            raise MayPass(answered)
        raise WillNotPass(answered)

    async def _mail(self, reminder: ReminderRow, to: SubscriptionRow) -> None:
        settings = self._settings
        if settings.smtp_host is None:
            raise MayPass("no mail server is configured")
        mail = message.email(reminder, settings.mail_from, to.address or "", settings.public_url)
        try:
            await aiosmtplib.send(
                mail,
                hostname=settings.smtp_host,
                port=settings.smtp_port,
                username=settings.smtp_username,
                password=settings.smtp_password,
                start_tls=settings.smtp_start_tls,
                timeout=settings.webhook_timeout_seconds,
            )
        except aiosmtplib.SMTPRecipientsRefused as refusal:
            codes = [refused.code for refused in refusal.recipients]
            raise _mail_problem(codes[0] if codes else 0) from None
        except aiosmtplib.SMTPResponseException as refusal:
            raise _mail_problem(refusal.code) from None
        except (aiosmtplib.SMTPException, OSError) as weather:
            raise MayPass(type(weather).__name__) from None

    async def _settle(self, delivery: DeliveryRow, status: str, problem: str) -> None:
        async with self._database.transaction() as session:
            # The journey first, as whoever withdraws deliveries does: one order, no deadlock.
            journey = await repository.find_journey(
                session, delivery.organisation, delivery.journey, to_change=True
            )
            place = (delivery.organisation, delivery.reminder, delivery.subscription)
            row = await session.get(DeliveryRow, place)
            if row is None or journey is None:
                return
            row.attempts += 1
            row.problem = problem
            now = datetime.now(UTC)
            if status == "delivered":
                row.status, row.delivered_at = status, now
            elif row.status == "waiting":
                row.status = status
                most = self._settings.retry_most_seconds
                wait = pause(row.attempts, self._settings.retry_first_seconds, most)
                row.next_try_at = now + wait
            attempts = row.attempts
            if status == "failed":
                await _note_failure(session, journey, row)
        outcome = "retried" if status == "waiting" else status
        self._metrics.delivered(delivery.channel, outcome)
        self._log.info(
            "reminder-delivery",
            journey_id=str(delivery.journey),
            channel=delivery.channel,
            outcome=outcome,
            attempt=attempts,
        )


async def _note_failure(session: AsyncSession, journey: JourneyRow, row: DeliveryRow) -> None:
    """What could not be delivered is work for somebody, and stands on the journey."""
    key = f"undelivered:{row.reminder}:{row.subscription}"
    words = f"{row.channel}: {row.problem}"
    at = repository.now_there(journey)
    await repository.note(session, journey, key, at, "undelivered", words, str(row.reminder))


def _mail_problem(code: int) -> Exception:
    """A mail server's 5xx is a no, everything else may pass. 5xx on logging in is our own fault."""
    answered = f"answered with {code}"
    is_final = code >= 500 and code not in OUR_FAULT
    return WillNotPass(answered) if is_final else MayPass(answered)


OUR_FAULT = frozenset([530, 534, 535, 538])
"""The mail server does not know us: a deployment mends that, and then the mail leaves."""


async def _reminder(session: AsyncSession, delivery: DeliveryRow) -> ReminderRow | None:
    wanted = select(ReminderRow).where(
        col(ReminderRow.organisation) == delivery.organisation,
        col(ReminderRow.id) == delivery.reminder,
    )
    return (await session.exec(wanted)).one_or_none()
