"""procrastinate: a job for each reminder in PostgreSQL; failed and stalled ones are tried again."""

import asyncio
import sys

from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy

from tests.bench.reminders import sending

TASK = sending.Task.read()
BEAT_SECONDS, STALLED_SECONDS = 1, 5
"""Both faster than the library takes for granted, as everything here is."""

app = App(connector=PsycopgConnector(conninfo=TASK.database))


@app.task(retry=RetryStrategy(max_attempts=20, wait=1))
def send(number: int) -> None:
    """One reminder."""
    sending.send(number)


@app.periodic(cron="* * * * * */2")
@app.task(queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """The library's documented way: jobs of workers that died are taken up again."""
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS)
    for job in stalled:
        await app.job_manager.retry_job(job)


async def enrol() -> None:
    """Keep every job."""
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for number, due in enumerate(TASK.dues):
            await send.configure(schedule_at=due, queueing_lock=f"reminder-{number}").defer_async(
                number=number
            )


async def work() -> None:
    """Send what is due until killed."""
    async with app.open_async():
        await app.run_worker_async(
            concurrency=4,
            fetch_job_polling_interval=0.5,
            update_heartbeat_interval=BEAT_SECONDS,
            stalled_worker_timeout=STALLED_SECONDS,
        )


if __name__ == "__main__":
    asyncio.run(enrol() if sys.argv[1] == "enrol" else work())
