"""APScheduler: a job for each reminder in a persistent store; a late one still runs."""

import sys

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore  # type: ignore[import-untyped]
from apscheduler.schedulers.background import (  # type: ignore[import-untyped]
    BackgroundScheduler,
)
from apscheduler.schedulers.blocking import BlockingScheduler  # type: ignore[import-untyped]

from tests.bench.reminders.sending import Task, send

TASK = Task.read()
SETTINGS = {
    "jobstores": {"default": SQLAlchemyJobStore(url=f"sqlite:///{TASK.database}/jobs.db")},
    # What fell due while the process was down is not dropped.
    "job_defaults": {"misfire_grace_time": None},
    "timezone": "UTC",
}


def enrol() -> None:
    """Keep every job, each under an id of its own."""
    keeping = BackgroundScheduler(**SETTINGS)
    keeping.start(paused=True)
    for number, due in enumerate(TASK.dues):
        keeping.add_job(
            send, "date", run_date=due, args=[number], id=str(number), replace_existing=True
        )
    keeping.shutdown()


if __name__ == "__main__":
    enrol() if sys.argv[1] == "enrol" else BlockingScheduler(**SETTINGS).start()
