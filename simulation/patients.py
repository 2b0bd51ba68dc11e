"""Synthetic patients: who they are and what will become of them, drawn from `patients.toml`."""

import math
import tomllib
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from random import Random
from typing import Any
from uuid import UUID, uuid5

ASSUMED: dict[str, Any] = tomllib.loads(
    files("simulation").joinpath("patients.toml").read_text("utf-8")
)
FAMILY = UUID("b5a9b1de-30a2-4a53-9f35-7d2f1c53a5e4")
DAYS_A_MONTH = 30.44


@dataclass(frozen=True, slots=True)
class Patient:
    """One synthetic patient; nobody is meant."""

    number: int
    journey: UUID
    zone: str
    sex: str
    birth_year: int
    comes_from_day: float
    seed: str
    lost_for_good: bool

    def draw(self, what: str) -> Random:
        """This patient's own chances, whatever happens to others."""
        return Random(f"{self.seed}/{self.number}/{what}")


def patients(count: int, seed: int, first_day: date, over_days: float) -> list[Patient]:
    """So many, the same for the same seed. They come one after another over these days."""
    return [_patient(number, seed, first_day, over_days) for number in range(count)]


def _patient(number: int, seed: int, first_day: date, over_days: float) -> Patient:
    draw = Random(f"{seed}/patient/{number}")
    age = draw.gauss(ASSUMED["age"]["mean"], ASSUMED["age"]["sd"])
    return Patient(
        number=number,
        journey=uuid5(FAMILY, f"{seed}/{number}"),
        zone=draw.choice(ASSUMED["zones"]["values"]),
        sex="female" if draw.random() < ASSUMED["sex"]["female"] else "male",
        birth_year=first_day.year - max(18, min(85, round(age))),
        comes_from_day=draw.uniform(0, over_days),
        seed=str(seed),
        lost_for_good=draw.random() < ASSUMED["lost_for_good"]["share"],
    )


@dataclass(frozen=True, slots=True)
class Cure:
    """What an operation achieved: never gone, or back after so many days, or neither."""

    persistent: bool
    back_after_days: float | None


def operated(draw: Random) -> Cure:
    """What comes of this operation?"""
    what = draw.random()
    persistent = ASSUMED["surgery"]["persistent"]
    if what < persistent:
        return Cure(persistent=True, back_after_days=None)
    if what < persistent + ASSUMED["surgery"]["recurrent"]:
        mean = ASSUMED["recurrence"]["median_months"] * DAYS_A_MONTH / math.log(2)
        return Cure(persistent=False, back_after_days=draw.expovariate(1 / mean))
    return Cure(persistent=False, back_after_days=None)


def one_of(draw: Random, shares: dict[str, float]) -> str:
    """One of these, as often as its share says."""
    return draw.choices(list(shares), list(shares.values()))[0]


def waits(draw: Random) -> float:
    """After how many days does a person answer?"""
    said = ASSUMED["answers"]
    return draw.lognormvariate(math.log(said["median_days"]), said["sigma"])
