"""Questions about when somebody is told: hours, days off, and one journey's turn."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from knowledge.rules import reminders, tracing, working_calendar
from knowledge.rules.sending_hours import Hours
from tests.knowledge.questions.things import DAY


def may_work(at: time) -> bool:
    """At this hour of a working day, may somebody at work be told?"""
    return _is_open(working_calendar.at_work("UTC", DAY), at)


def may_wake(at: time) -> bool:
    """At this hour, may a patient be told?"""
    return _is_open(working_calendar.awake("UTC", DAY), at)


def _is_open(calendar: working_calendar.Calendar, at: time) -> bool:
    moment = datetime.combine(date(2026, 11, 25), at, ZoneInfo("UTC"))
    return calendar.first_moment(moment) == moment


def middle_of_the_spread() -> str:
    """When is it the turn of a journey in the middle?"""
    calendar = working_calendar.at_work("UTC", DAY)
    hours = Hours(calendar, calendar, 0.5, working_calendar.spread(DAY))
    return str(hours.moment("staff", date(2026, 11, 25), 0, time(9), DAY).time())


def hour_of_the_digest() -> int:
    """At which hour leaves the one message of a day?"""
    calendar = working_calendar.at_work("UTC", DAY)
    midnight = datetime(2026, 11, 25, tzinfo=ZoneInfo("UTC"))
    return working_calendar.digest_moment(calendar, midnight, DAY).hour


def is_somebodys_work(hours: int) -> bool:
    """After so many hours, is a message that could not leave somebody's work?"""
    return reminders.is_work(timedelta(hours=hours), DAY)


def messages_a_day() -> int:
    """How many messages may reach one patient on one day?"""
    return working_calendar.messages_a_day(DAY)


def working_days(days: int) -> int:
    """How many working days do so many days of a ladder hold?"""
    return working_calendar.working_days(days, DAY)


def step_to_work(due: date, step: str) -> str:
    """On which day is this step of the laboratory ladder, in Germany?"""
    calendar = working_calendar.at_work("Europe/Berlin", DAY, country="DE", subdivision="BE")
    hours = Hours(working_calendar.awake("Europe/Berlin", DAY), calendar, 0.0, timedelta(0))
    [at] = [r.at for r in reminders.rungs("lab", due, hours, DAY) if r.key == step]
    return str(at.date())


def can_be_reached(attempts: int, days: int, means: int) -> str:
    """So many attempts without an answer, over so many days, by so many means: which standing?"""
    begin = datetime(2026, 9, 1, 10, tzinfo=ZoneInfo("UTC"))
    last = max(1, attempts - 1)
    tried = [
        tracing.Attempt(
            begin + timedelta(days=days) * number / last,
            ("phone", "letter", "sms")[number % means],
            "no_answer",
        )
        for number in range(attempts)
    ]
    return tracing.standing(tried, DAY).reach
