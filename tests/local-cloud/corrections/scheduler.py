"""EventBridge Scheduler: moto keeps the schedules, this fires them.

`at(…)` and `rate(…)` with a Lambda function as target; a cron expression, a
flexible window, StartDate, EndDate and every other target are kept only.
"""

import json
import re
import threading
import time
import uuid
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from moto.scheduler.exceptions import ValidationException
from moto.scheduler.models import (
    EventBridgeSchedulerBackend,
    Schedule,
    scheduler_backends,
)

from corrections import clock, player
from corrections.correction import wrap

UNIT_SECONDS = {"minute": 60, "hour": 3_600, "day": clock.SECONDS_A_DAY}

# AWS backs off for hours, up to the event's age; here somebody waits.
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 1, 60


@wrap(EventBridgeSchedulerBackend)
def create_schedule(original, self, **arguments):
    """A new schedule begins at once: `rate(…)` fires first when it is made."""
    first = first_time(arguments)
    schedule = original(self, **arguments)
    begin(self, schedule, first)
    return schedule


@wrap(EventBridgeSchedulerBackend)
def update_schedule(original, self, **arguments):
    """A changed schedule begins anew; what waited for the former one is void.

    What is not given gets its default, not the former value.
    """
    arguments["state"] = arguments["state"] or "ENABLED"
    first = first_time(arguments)
    schedule = original(self, **arguments)
    begin(self, schedule, first)
    return schedule


def reset(account: str, region: str) -> None:
    """Empties the account; timers that still run find their schedules gone."""
    scheduler_backends[account][region].reset()


def begin(
    backend: EventBridgeSchedulerBackend, schedule: Schedule, first: float | None
) -> None:
    schedule.generation = uuid.uuid4()
    if first is not None:
        wait(backend, schedule, first)


def first_time(arguments: dict) -> float | None:
    """None for an expression that does not fire here."""
    expression = arguments["schedule_expression"]
    once = re.fullmatch(r"at\((.+)\)", expression)
    if not once:
        return clock.now() if period_seconds(expression) else None
    name = arguments["schedule_expression_timezone"] or "UTC"
    try:
        # UTC must not need the system's time zones: small images have none.
        zone = UTC if name == "UTC" else ZoneInfo(name)
        return datetime.fromisoformat(once[1]).replace(tzinfo=zone).timestamp()
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise ValidationException(
            f"Invalid Schedule Expression {expression}."
        ) from error


def period_seconds(expression: str) -> int | None:
    rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    return int(rate[1]) * UNIT_SECONDS[rate[2]] if rate else None


def wait(
    backend: EventBridgeSchedulerBackend, schedule: Schedule, instant: float
) -> None:
    timer = threading.Timer(
        max(0.0, instant - clock.now()),
        fire,
        (backend, schedule, schedule.generation, instant),
    )
    timer.daemon = True
    timer.start()


def fire(
    backend: EventBridgeSchedulerBackend,
    schedule: Schedule,
    generation: uuid.UUID,
    instant: float,
) -> None:
    """Invokes the target; before that, a recurring schedule waits for its next time."""
    if not in_force(backend, schedule, generation):
        return
    period = period_seconds(schedule.schedule_expression)
    if period:
        wait(backend, schedule, instant + period)
    deliver(backend, schedule, generation, instant)
    if not period and schedule.action_after_completion == "DELETE":
        backend.schedule_groups[schedule.group_name].schedules.pop(schedule.name, None)


def in_force(
    backend: EventBridgeSchedulerBackend, schedule: Schedule, generation: uuid.UUID
) -> bool:
    group = backend.schedule_groups.get(schedule.group_name)
    return (
        group is not None
        and group.schedules.get(schedule.name) is schedule
        and schedule.generation == generation
        and schedule.state == "ENABLED"
    )


def deliver(
    backend: EventBridgeSchedulerBackend,
    schedule: Schedule,
    generation: uuid.UUID,
    instant: float,
) -> None:
    """A function error is tried again, MaximumRetryAttempts times."""
    function = re.fullmatch(
        r"arn:[^:]+:lambda:[^:]+:(\d+):function:([^:]+)(:.+)?", schedule.target["Arn"]
    )
    if not function:
        return
    event = schedule.target.get("Input") or json.dumps(default_event(schedule, instant))
    pause = FIRST_RETRY_SECONDS
    for attempts_left in range(
        schedule.target["RetryPolicy"].get("MaximumRetryAttempts", 185), -1, -1
    ):
        answer = player.invoke(function[1], function[2], event.encode())
        if not answer.function_error or not attempts_left:
            return
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_RETRY_SECONDS)
        if not in_force(backend, schedule, generation):
            return


def default_event(schedule: Schedule, instant: float) -> dict:
    """What the console offers as a payload, and AWS sends when there is no Input."""
    _, _, _, region, account, _ = schedule.arn.split(":", 5)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": account,
        "time": f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": [schedule.arn],
        "detail": "{}",
    }
