"""The system as a health system would run it: with receivers for its webhooks and its mail."""

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.receivers import MailReceiver, WebhookReceiver
from tests.journeys.system import System, a_system, eventually

WEBHOOK = "/coordination/v1/subscriptions/0b8f5a34-5a0e-4a8c-9d57-1f1f5f3a9a01"
MAIL = "/coordination/v1/subscriptions/0b8f5a34-5a0e-4a8c-9d57-1f1f5f3a9a02"

BringUp = Callable[..., AbstractContextManager[System]]
"""Starts a system on a folder, with variables of its own, and ends it."""


@dataclass(frozen=True)
class Ward:
    """A running system and everyone who hears from it."""

    system: System
    webhooks: WebhookReceiver
    mail: MailReceiver

    def sent(self, journey: str) -> list[dict[str, Any]]:
        """The reminders that were sent, as the API tells them."""
        reminders = self.system.get(f"/coordination/v1/journeys/{journey}/reminders?limit=500")
        assert reminders["cursor"] is None, "there are more"
        return [one for one in reminders["reminders"] if one["status"] != "overtaken"]

    def expect_each_delivered_once(self, journey: str) -> None:
        """Every reminder that was sent reached both receivers, and none reached one twice."""

        def all_delivered() -> list[dict[str, Any]] | None:
            sent = self.sent(journey)
            deliveries = [delivery for one in sent for delivery in one["deliveries"]]
            done = all(delivery["status"] == "delivered" for delivery in deliveries)
            return sent if done else None

        sent = eventually(all_delivered, "every reminder is delivered")
        expected = sorted(one["id"] for one in sent)
        assert sorted(key for key, _ in self.webhooks.accepted) == expected
        mailed = sorted(str(message["Message-ID"]) for message in self.mail.accepted)
        assert len(mailed) == len(set(mailed)) == len(expected)
        for reminder in expected:
            assert any(reminder in message_id for message_id in mailed)


@contextmanager
def a_ward(data: Path, bring_up: BringUp = a_system, with_mail: bool = True) -> Iterator[Ward]:
    """A system with a webhook receiver and an SMTP server subscribed to its reminders."""
    secret = "whsec_" + base64.b64encode(os.urandom(24)).decode()
    with ExitStack() as stack:
        webhooks, mail = WebhookReceiver(secret), MailReceiver()
        stack.callback(webhooks.close)
        stack.callback(mail.close)
        system = stack.enter_context(
            bring_up(
                data,
                TIO_COORDINATION_SMTP_HOST="127.0.0.1",
                TIO_COORDINATION_SMTP_PORT=str(mail.port),
            )
        )
        listening = {WEBHOOK: {"channel": "webhook", "url": webhooks.url, "secret": secret}}
        if with_mail:
            listening[MAIL] = {"channel": "email", "address": "ward@hospital.example"}
        for address, body in listening.items():
            answer = system.send("PUT", address, body)
            assert answer.status_code in (200, 201), answer.text
        yield Ward(system, webhooks, mail)


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A ward of this test's own."""
    with a_ward(tmp_path / "data") as ward:
        yield ward
