"""The same reminders, the same faults: this system beside three other ways to send in time.

Each is set up as its own documentation says for jobs that must not be lost: jobs in a database,
nothing dropped for being late, stalled jobs taken up again, and every message carries the job's own
id as `webhook-id`, so that a receiver knows a repeated one again.

* apscheduler_sender.py    APScheduler 3, jobs in SQLite, one process
* procrastinate_sender.py  procrastinate 3, jobs in PostgreSQL, one worker
* schedule_sender.py       a Temporal Schedule for each reminder, server and worker in one process
* ours.py                  `tio up`
* faults.py                what happens to each, and what is counted
* clock_change.py          what becomes of half past two on the nights when the clock is moved
"""
