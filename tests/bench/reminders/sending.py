"""What every peer does when a reminder is due: one signed POST, under the reminder's own id."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2
from standardwebhooks.webhooks import Webhook


@dataclass(frozen=True)
class Task:
    """What a peer is told through its environment: where to send, and what is due when."""

    url: str
    secret: str
    database: str
    dues: tuple[datetime, ...]

    @classmethod
    def read(cls) -> "Task":
        """The task of this process."""
        dues = (float(due) for due in os.environ["BENCH_DUES"].split())
        return cls(
            os.environ["BENCH_URL"],
            os.environ["BENCH_SECRET"],
            os.environ["BENCH_DATABASE"],
            tuple(datetime.fromtimestamp(due, UTC) for due in dues),
        )


def send(number: int) -> None:
    """Send the reminder of this number; raises if the receiver did not take it."""
    url, secret = os.environ["BENCH_URL"], os.environ["BENCH_SECRET"]
    id, now, body = f"reminder-{number}", datetime.now(UTC), f'{{"reminder": {number}}}'
    headers = {
        "webhook-id": id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(id, now, body),
    }
    httpx2.post(url, content=body, headers=headers, timeout=10).raise_for_status()
