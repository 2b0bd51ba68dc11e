"""How a message leaves: as a webhook, as an e-mail, or to a FHIR server; and what a no means."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import aiosmtplib
import httpx2
from standardwebhooks.webhooks import Webhook

from services.chassis.client import trusted
from services.coordination import message, reach
from services.coordination.communication import FHIR_JSON, communication_request
from services.coordination.settings import CoordinationSettings
from services.coordination.tables import ReminderRow, SubscriptionRow

ASK_AGAIN = frozenset([408, 425, 429])
OUR_FAULT = frozenset([530, 534, 535, 538])
"""The mail server does not know us: a deployment mends that, and then the mail leaves."""


class WillNotPass(Exception):
    """The receiver said no; a person has to look."""


class MayPass(Exception):
    """It did not work this time."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said to one who listens: one reminder, or those of a working day."""

    reminders: Sequence[ReminderRow]
    language: str
    digest: UUID | None = None

    @property
    def id(self) -> UUID:
        """By which a receiver knows it again."""
        return self.reminders[0].id if self.digest is None else self.digest


class Sender:
    """Sends messages; `WillNotPass` and `MayPass` say why one did not leave."""

    def __init__(self, settings: CoordinationSettings) -> None:
        self._settings = settings
        self._http = httpx2.AsyncClient(
            timeout=settings.webhook_timeout_seconds,
            follow_redirects=False,
            trust_env=False,
            verify=trusted(trust_env=False),
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def send(self, said: Message, to: SubscriptionRow) -> None:
        """Say this to one who listens."""
        if to.channel == "email":
            await self._mail(said, to)
        elif to.channel == "fhir":
            await self._put_resources(said, to)
        else:
            await self._post_webhook(said, to)

    async def _post_webhook(self, said: Message, to: SubscriptionRow) -> None:
        url = self._settings.public_url
        if said.digest is None:
            body = message.webhook_body(said.reminders[0], url, said.language).model_dump_json()
        else:
            digest = message.digest_body(said.digest, said.reminders, url, said.language)
            body = digest.model_dump_json()
        signed_at = message.signed_at()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": str(said.id),
            "webhook-timestamp": str(int(signed_at.timestamp())),
            "webhook-signature": Webhook(to.secret or "").sign(str(said.id), signed_at, body),
        }
        await self._http_call("POST", to.url or "", body, headers)

    async def _put_resources(self, said: Message, to: SubscriptionRow) -> None:
        """Each by itself, also what was gathered for a mailbox before this server took its place.

        The same id every time: a server that has it already has it once.
        """
        headers = {"Content-Type": FHIR_JSON, "Accept": FHIR_JSON}
        if to.secret is not None:
            headers["Authorization"] = f"Bearer {to.secret}"
        for one in said.reminders:
            resource = communication_request(one, self._settings.public_url, said.language)
            place = f"{(to.url or '').rstrip('/')}/{one.id}"
            await self._http_call("PUT", place, _json(resource), headers)

    async def _http_call(self, method: str, url: str, body: str, headers: dict[str, str]) -> None:
        try:
            async with asyncio.timeout(self._settings.webhook_timeout_seconds):
                target = await reach.look_up(url, self._settings.webhook_private_networks)
                # Streamed: what the receiver says is not read, so it cannot go on for ever.
                async with self._http.stream(
                    method,
                    target.url,
                    content=body,
                    headers={"Host": target.host_header, **headers},
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

    async def _mail(self, said: Message, to: SubscriptionRow) -> None:
        settings = self._settings
        if settings.smtp_host is None:
            raise MayPass("no mail server is configured")
        where = (settings.mail_from, to.address or "", settings.public_url, said.language)
        if said.digest is None:
            mail = message.email(said.reminders[0], *where)
        else:
            mail = message.digest_email(said.digest, said.reminders, *where)
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


def _json(resource: dict[str, object]) -> str:
    return json.dumps(resource, ensure_ascii=False)


def _mail_problem(code: int) -> Exception:
    """A mail server's 5xx is a no, everything else may pass. 5xx on logging in is our own fault."""
    answered = f"answered with {code}"
    is_final = code >= 500 and code not in OUR_FAULT
    return WillNotPass(answered) if is_final else MayPass(answered)
