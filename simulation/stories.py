"""Patients to rehearse with: published ones with their printed numbers, made-up ones say so.

A story is a list of events on days of the journey. `@N` inside it is the morning of day N, and one
that `begins_as` another goes on where that one ends.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid5

STORIES = UUID("3e1b9c5e-58a4-4c55-9d0a-6f0f5f1c7a10")
DAY = re.compile(r'"@(-?\d+)"')


@dataclass(frozen=True)
class Story:
    """One patient's events, as they will be told."""

    name: str
    patient: dict[str, Any]
    zone: str
    steps: tuple[dict[str, Any], ...]
    last_day: int
    assignee: str | None = None

    @property
    def journey(self) -> UUID:
        """The same story is the same journey, however often it is told."""
        return uuid5(STORIES, self.name)

    def events(self, began: datetime) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each event with the day on which it is told; the days counted from `began`."""
        for number, step in enumerate(self.steps):
            told = DAY.sub(
                lambda at: f'"{(began + timedelta(days=int(at[1]))).isoformat()}"',
                json.dumps(step["payload"]),
            )
            yield (
                step["day"],
                {
                    "id": str(uuid5(self.journey, str(number))),
                    "kind": step["kind"],
                    "occurred_at": (began + timedelta(days=step["day"])).isoformat(),
                    "source": self.name,
                    "payload": json.loads(told),
                },
            )


def stories() -> list[Story]:
    """All stories there are, in the order of their names."""
    folder = files("simulation").joinpath("stories")
    told = {
        file.name.removesuffix(".json"): json.loads(file.read_text("utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".json")
    }
    return [
        Story(
            name=name,
            patient=content["patient"],
            zone=content["zone"],
            steps=tuple(_steps(content, told)),
            last_day=content["last_day"],
            assignee=content.get("assignee"),
        )
        for name, content in sorted(told.items())
    ]


def _steps(content: dict[str, Any], told: dict[str, Any]) -> list[dict[str, Any]]:
    begins_as = content.get("begins_as")
    before = [] if begins_as is None else _steps(told[begins_as], told)
    return [*before, *content["steps"]]
