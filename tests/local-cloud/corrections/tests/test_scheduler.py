"""EventBridge Scheduler fires."""

import threading
from datetime import UTC, datetime, timedelta

from corrections.tests.cloud import CloudTest


class Schedules(CloudTest):
    def setUp(self):
        super().setUp()
        self.schedules = self.client("scheduler")
        self.target = {
            "Arn": self.make_function("sweep"),
            "RoleArn": f"arn:aws:iam::{self.account}:role/scheduler",
            "RetryPolicy": {"MaximumRetryAttempts": 0},
        }

    def create(self, expression: str, target: dict | None = None, **more) -> str:
        return self.schedules.create_schedule(
            Name="s",
            ScheduleExpression=expression,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=self.target | (target or {}),
            **more,
        )["ScheduleArn"]

    def at(self, seconds: float) -> str:
        moment = datetime.now(UTC) + timedelta(seconds=seconds)
        return f"at({moment:%Y-%m-%dT%H:%M:%S})"

    def fired(self) -> int:
        return len(self.player.events)

    def test_a_time_not_later_than_now_fires_at_once_with_the_default_event(self):
        arn = self.create(self.at(-3600))
        self.eventually(self.fired, 1)
        (event,) = self.player.events
        self.assertRegex(event.pop("id"), r"^[0-9a-f-]{36}$")
        self.assertRegex(event.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(
            event,
            {
                "version": "0",
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": self.account,
                "region": "us-east-1",
                "resources": [arn],
                "detail": "{}",
            },
        )

    def test_the_input_of_the_schedule_is_the_event(self):
        self.create(self.at(0), {"Input": '{"operation": "plan"}'})
        self.eventually(lambda: self.player.events, [{"operation": "plan"}])

    def test_a_later_time_is_waited_for(self):
        self.create(self.at(2))
        self.assertEqual(self.fired(), 0)
        self.eventually(self.fired, 1)

    def test_a_time_is_read_in_its_time_zone(self):
        self.create(self.at(3 * 3600), ScheduleExpressionTimezone="Asia/Tokyo")
        self.eventually(self.fired, 1)

    def test_a_time_that_is_none_is_refused(self):
        with self.assertRaises(self.schedules.exceptions.ValidationException):
            self.create("at(tomorrow)")
        self.assertEqual(self.schedules.list_schedules()["Schedules"], [])

    def test_a_rate_fires_first_when_it_is_made(self):
        self.create("rate(1 hour)")
        self.eventually(self.fired, 1)

    def test_function_errors_are_retried_as_often_as_the_policy_says(self):
        def fail(event):
            raise RuntimeError("not today")

        self.player.on("sweep", fail)
        self.create(self.at(0), {"RetryPolicy": {"MaximumRetryAttempts": 1}})
        self.eventually(self.fired, 2)
        self.assertNeverFires(than=2)

    def test_a_disabled_schedule_fires_once_it_is_enabled(self):
        self.create("rate(1 hour)", State="DISABLED")
        self.assertNeverFires(than=0)
        self.schedules.update_schedule(
            Name="s",
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=self.target,
        )
        self.eventually(self.fired, 1)

    def test_a_deleted_schedule_does_not_fire(self):
        self.create(self.at(2))
        self.schedules.delete_schedule(Name="s")
        self.assertNeverFires(than=0, seconds=2.5)

    def test_a_schedule_that_deletes_itself_is_gone_after_it_fired(self):
        self.create(self.at(0), ActionAfterCompletion="DELETE")
        self.eventually(lambda: self.schedules.list_schedules()["Schedules"], [])
        self.assertEqual(self.fired(), 1)

    def assertNeverFires(self, than: int, seconds: float = 1.5) -> None:
        """No more than `than` times; the absence of an event takes a wait to see."""
        threading.Event().wait(seconds)
        self.assertEqual(self.fired(), than)
