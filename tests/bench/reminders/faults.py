"""What happens to whoever has to send, and what is counted at the receiver."""

import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from tests.journeys.receivers import WebhookReceiver

REMINDERS, WINDOW_SECONDS, LEAD_SECONDS = 40, 16.0, 8.0
KILL_EVERY, DOWN_SECONDS = 3.0, 1.0
EVERY_SO_MANY = 8
PATIENCE_SECONDS, QUIET_SECONDS = 120.0, 30.0


class Sender(Protocol):
    """Somebody who was told to send reminders."""

    def begin(self, reminders: int) -> None:
        """Make ready to be told of so many."""
        ...

    def told(self, dues: list[float]) -> None:
        """Keep these, and be ready to send."""
        ...

    def kill(self) -> None:
        """SIGKILL to all of it."""
        ...

    def heal(self) -> None:
        """Start it again if it is dead."""
        ...

    def missing(self, arrived: Counter[str]) -> int:
        """How many have not arrived?"""
        ...

    def doubled(self) -> int:
        """How many were sent twice, under names that do not tell?"""
        ...


Fault = Callable[[Sender, WebhookReceiver, random.Random], None]


def no_fault(sender: Sender, receiver: WebhookReceiver, dice: random.Random) -> None:
    """Nothing happens."""
    time.sleep(LEAD_SECONDS + WINDOW_SECONDS)


def killed(sender: Sender, receiver: WebhookReceiver, dice: random.Random) -> None:
    """SIGKILL every few seconds, for as long as anything is due."""
    ends = time.monotonic() + LEAD_SECONDS + WINDOW_SECONDS
    while time.monotonic() < ends:
        time.sleep(dice.uniform(0.5, 1.5) * KILL_EVERY)
        sender.kill()
        time.sleep(dice.uniform(0.5, 1.5) * DOWN_SECONDS)
        sender.heal()


def dies_after_sending(sender: Sender, receiver: WebhookReceiver, dice: random.Random) -> None:
    """The message is taken, and the sender dies before it hears so. Now and then."""

    def fatal(number: int) -> None:
        if number % EVERY_SO_MANY == 0:
            sender.kill()

    receiver.before_answering = fatal
    ends = time.monotonic() + LEAD_SECONDS + WINDOW_SECONDS
    while time.monotonic() < ends:
        time.sleep(DOWN_SECONDS)
        sender.heal()
    receiver.before_answering = lambda number: None


FAULTS: dict[str, Fault] = {"killed": killed, "dies_after_sending": dies_after_sending}


def suffered(sender: Sender, receiver: WebhookReceiver, fault: Fault, seed: int) -> dict[str, Any]:
    """Let it happen; then wait until all has arrived, or until nothing has come for long."""
    dice = random.Random(seed)
    sender.begin(REMINDERS)
    begins = time.time() + LEAD_SECONDS
    dues = sorted(begins + dice.uniform(0, WINDOW_SECONDS) for _ in range(REMINDERS))
    sender.told(dues)
    before = len(receiver.accepted)
    fault(sender, receiver, dice)
    sender.heal()
    ends, seen, since = time.monotonic() + PATIENCE_SECONDS, -1, time.monotonic()
    while time.monotonic() < ends and time.monotonic() < since + QUIET_SECONDS:
        arrived = Counter(id for id, _ in receiver.accepted[before:])
        if sender.missing(arrived) == 0 and time.monotonic() > since + DOWN_SECONDS:
            break
        if arrived.total() != seen:
            seen, since = arrived.total(), time.monotonic()
        time.sleep(0.2)
    return {
        "lost": sender.missing(arrived),
        "doubled": sender.doubled(),
        "repeated_under_the_same_id": arrived.total() - len(arrived),
    }
