"""Activities as the server has them: offered, missed when nobody answers, made again, given up."""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import RetryState, TimeoutType
from temporalio.api.failure.v1 import ActivityFailureInfo, Failure, TimeoutFailureInfo
from temporalio.bridge.proto.activity_result import ActivityResolution
from temporalio.bridge.proto.activity_result import Failure as FailedActivity
from temporalio.bridge.proto.activity_result import Success as DoneActivity
from temporalio.bridge.proto.workflow_activation import ResolveActivity, WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import ScheduleActivity

from simulation.clock import Clock
from simulation.runs import ActivityTask, EngineDown, Pending, Run

STARTED_AND_ENDED = 2
"""Events that a call takes in a history once it is over."""


def later(wait: timedelta, act: Callable[..., None], *about: Any) -> asyncio.TimerHandle:
    """Do it after this time; nothing is owed of what is past."""
    loop = asyncio.get_running_loop()
    return loop.call_later(max(wait.total_seconds(), 0.0), act, *about)


class Calls:
    """The calls that runs have ordered, until each is resolved. `told`: a run hears of it."""

    def __init__(
        self,
        clock: Clock,
        is_up: Callable[[], bool],
        woken: Callable[[], None],
        told: Callable[[Run, int, WorkflowActivationJob], None],
    ) -> None:
        self._clock, self._is_up, self._woken, self._told = clock, is_up, woken, told
        self._queue: deque[tuple[Run, int, int]] = deque()

    def schedule(self, run: Run, order: ScheduleActivity) -> None:
        """A run orders a call."""
        run.pending[order.seq] = Pending(order.seq, order, self._clock.now())
        self._queue.append((run, order.seq, 1))
        self._woken()

    def next(self) -> ActivityTask | None:
        """The next call to make, if there is one."""
        while self._queue:
            run, seq, attempt = self._queue.popleft()
            call = run.pending.get(seq)
            if run.closed or call is None or call.started or call.attempt != attempt:
                continue
            call.started = True
            self._watch(run, call)
            return ActivityTask(run, seq, attempt, call.order)
        return None

    def resolved(self, task: ActivityTask, result: Payload | None) -> None:
        """The call was made. One that was given up meanwhile is not heard."""
        call = self._heard(task)
        if call is not None:
            done = DoneActivity(result=result) if result is not None else DoneActivity()
            self._resolve(task.run, call, ActivityResolution(completed=done))

    def refused(self, task: ActivityTask, failure: Failure) -> None:
        """The call failed; it is made again, unless that is of no use."""
        call = self._heard(task)
        if call is not None:
            self._retry(task.run, call, failure)

    def _heard(self, task: ActivityTask) -> Pending | None:
        if not self._is_up():
            raise EngineDown("the engine does not run")
        call = task.run.pending.get(task.seq)
        if task.run.closed or call is None or not call.started or call.attempt != task.attempt:
            return None
        return call

    def _watch(self, run: Run, call: Pending) -> None:
        """A worker that is gone is missed by its heartbeat, a slow call by its timeout."""
        order = call.order
        longest = order.start_to_close_timeout.ToTimedelta() or timedelta(days=1)
        later(longest, self._call_is_late, run, call, call.attempt)

    def missed(self, task: ActivityTask) -> None:
        """No heartbeat came any more from whoever makes this call."""
        beat = task.order.heartbeat_timeout.ToTimedelta() or timedelta(seconds=60)
        call = task.run.pending.get(task.seq)
        if call is not None:
            later(beat, self._call_is_late, task.run, call, task.attempt)

    def _call_is_late(self, run: Run, call: Pending, attempt: int) -> None:
        if run.closed or run.pending.get(call.seq) is not call:
            return
        if not call.started or call.attempt != attempt:
            return
        if not self._is_up():
            later(timedelta(seconds=10), self._call_is_late, run, call, attempt)
            return
        late = Failure(
            message="activity timed out",
            timeout_failure_info=TimeoutFailureInfo(
                timeout_type=TimeoutType.TIMEOUT_TYPE_HEARTBEAT
            ),
        )
        self._retry(run, call, late)

    def _retry(self, run: Run, call: Pending, failure: Failure) -> None:
        order, policy = call.order, call.order.retry_policy
        told = failure.application_failure_info if _is_application(failure) else None
        never = told is not None and (
            told.non_retryable or told.type in policy.non_retryable_error_types
        )
        wait = policy.initial_interval.ToTimedelta() * (
            (policy.backoff_coefficient or 2.0) ** min(call.attempt - 1, 40)
        )
        wait = min(wait, policy.maximum_interval.ToTimedelta() or timedelta(days=1))
        patience = order.schedule_to_close_timeout.ToTimedelta()
        spent = self._clock.now() + wait - call.scheduled_at
        if never:
            self._give_up(run, call, failure, RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE)
        elif patience and spent >= patience:
            self._give_up(run, call, failure, RetryState.RETRY_STATE_TIMEOUT)
        else:
            call.attempt, call.started, call.last_failure = call.attempt + 1, False, failure
            later(wait, self._offer_call, run, call, call.attempt)

    def _give_up(self, run: Run, call: Pending, failure: Failure, why: Any) -> None:
        whole = Failure(
            message="Activity task failed",
            cause=failure,
            activity_failure_info=ActivityFailureInfo(
                activity_id=call.order.activity_id, retry_state=why
            ),
        )
        whole.activity_failure_info.activity_type.name = call.order.activity_type
        self._resolve(run, call, ActivityResolution(failed=FailedActivity(failure=whole)))

    def _resolve(self, run: Run, call: Pending, result: ActivityResolution) -> None:
        del run.pending[call.seq]
        told = ResolveActivity(seq=call.seq, result=result)
        self._told(run, STARTED_AND_ENDED, WorkflowActivationJob(resolve_activity=told))

    def _offer_call(self, run: Run, call: Pending, attempt: int) -> None:
        if run.pending.get(call.seq) is call and call.attempt == attempt and not call.started:
            self._queue.append((run, call.seq, attempt))
            self._woken()


def _is_application(failure: Failure) -> bool:
    return str(failure.WhichOneof("failure_info")) == "application_failure_info"
