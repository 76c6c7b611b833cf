"""RotateSecret."""

import threading
import uuid
from datetime import timedelta

from corrections.tests.cloud import CloudTest

STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]


class Rotation(CloudTest):
    def setUp(self):
        super().setUp()
        self.first = str(uuid.uuid4())
        self.arn = self.secrets.create_secret(
            Name="s", SecretString="one", ClientRequestToken=self.first
        )["ARN"]
        self.function = self.make_function()
        self.token = str(uuid.uuid4())
        self.player.on("createSecret", self.create)
        self.player.on("finishSecret", self.finish)

    def create(self, event):
        self.secrets.put_secret_value(
            SecretId=event["SecretId"],
            ClientRequestToken=event["ClientRequestToken"],
            SecretString="two",
            VersionStages=["AWSPENDING"],
            RotationToken=event["RotationToken"],
        )

    def finish(self, event):
        for label, off in (("AWSCURRENT", self.first), ("AWSPENDING", self.token)):
            to = {"MoveToVersionId": self.token} if label == "AWSCURRENT" else {}
            self.secrets.update_secret_version_stage(
                SecretId="s", VersionStage=label, RemoveFromVersionId=off, **to
            )

    def fail(self, event):
        raise RuntimeError("not today")

    def rotate(self, **arguments) -> dict:
        arguments = {
            "RotationLambdaARN": self.function,
            "ClientRequestToken": self.token,
        } | arguments
        return self.secrets.rotate_secret(SecretId="s", **arguments)

    def described(self, field: str):
        return self.secrets.describe_secret(SecretId="s").get(field)

    def test_the_four_steps_run_in_order_and_date_the_rotation(self):
        answer = self.rotate(RotationRules={"AutomaticallyAfterDays": 30})
        self.assertEqual(answer["VersionId"], self.token)
        self.eventually(lambda: self.described("LastRotatedDate") is None, False)
        self.assertEqual(self.player.steps(), STEPS)
        self.assertEqual(
            self.labels(), {self.first: ["AWSPREVIOUS"], self.token: ["AWSCURRENT"]}
        )
        described = self.secrets.describe_secret(SecretId="s")
        self.assertTrue(described["RotationEnabled"])
        self.assertEqual(described["LastChangedDate"], described["LastRotatedDate"])
        until_next = described["NextRotationDate"] - described["LastRotatedDate"]
        self.assertLess(abs(until_next - timedelta(days=30)), timedelta(seconds=5))

    def test_the_event_names_the_secret_by_its_arn(self):
        self.rotate()
        self.eventually(lambda: len(self.player.events), 4)
        tokens = {event.pop("RotationToken") for event in self.player.events}
        self.assertEqual(len(tokens), 1)
        self.assertEqual(
            self.player.events[0],
            {
                "Step": "createSecret",
                "SecretId": self.arn,
                "ClientRequestToken": self.token,
            },
        )

    def test_it_is_answered_before_the_function_has_run(self):
        go_on = threading.Event()
        self.player.on(
            "createSecret", lambda event: go_on.wait(10) and self.create(event)
        )
        self.rotate()
        self.assertEqual(
            self.labels(), {self.first: ["AWSCURRENT"], self.token: ["AWSPENDING"]}
        )
        listed = self.secrets.list_secret_version_ids(SecretId="s")["Versions"]
        self.assertEqual([each["VersionId"] for each in listed], [self.first])
        self.assertFails(
            "ResourceNotFoundException",
            "AWSPENDING",
            self.secrets.get_secret_value,
            SecretId="s",
            VersionStage="AWSPENDING",
        )
        go_on.set()
        self.eventually(lambda: self.labels()[self.token], ["AWSCURRENT"])

    def test_the_first_function_error_stops_it_and_leaves_pending(self):
        self.player.on("setSecret", self.fail)
        self.rotate()
        self.eventually(self.player.steps, STEPS[:2])
        self.assertEqual(
            self.labels(), {self.first: ["AWSCURRENT"], self.token: ["AWSPENDING"]}
        )
        self.assertIsNone(self.described("LastRotatedDate"))

    def test_another_rotation_may_begin_once_pending_is_taken_off(self):
        self.player.on("createSecret", self.fail)
        self.rotate()
        self.eventually(self.player.steps, STEPS[:1])
        self.secrets.update_secret_version_stage(
            SecretId="s", VersionStage="AWSPENDING", RemoveFromVersionId=self.token
        )
        (secret,) = self.admin("GET", "stores")["secrets"]
        self.assertEqual([each["id"] for each in secret["versions"]], [self.first])
        self.rotate(ClientRequestToken=str(uuid.uuid4()))
        self.eventually(self.player.steps, ["createSecret"] * 2)

    def test_another_rotation_is_refused_while_one_is_not_complete(self):
        self.player.on("setSecret", self.fail)
        self.rotate()
        self.eventually(self.player.steps, STEPS[:2])
        self.assertFails(
            "InvalidRequestException",
            "A previous rotation isn't complete. That rotation will be reattempted.",
            self.rotate,
            ClientRequestToken=str(uuid.uuid4()),
        )

    def test_the_same_token_runs_the_steps_again(self):
        self.player.on("setSecret", self.fail)
        self.rotate()
        self.eventually(self.player.steps, STEPS[:2])
        self.player.on("setSecret", lambda event: {})
        self.rotate()
        self.eventually(self.player.steps, STEPS[:2] + STEPS)
        self.eventually(lambda: self.labels()[self.token], ["AWSCURRENT"])

    def test_pending_on_the_current_version_is_no_rotation_in_progress(self):
        self.secrets.update_secret_version_stage(
            SecretId="s", VersionStage="AWSPENDING", MoveToVersionId=self.first
        )
        self.rotate()
        self.eventually(lambda: self.labels().get(self.token), ["AWSCURRENT"])

    def test_the_function_is_kept_when_it_is_not_named_again(self):
        self.rotate()
        self.eventually(lambda: self.described("LastRotatedDate") is None, False)
        self.player.on("createSecret", self.fail)
        self.secrets.rotate_secret(SecretId="s")
        self.eventually(lambda: len(self.player.events), 5)
        self.assertEqual(self.described("RotationLambdaARN"), self.function)

    def test_a_secret_without_a_current_version_can_be_rotated(self):
        self.secrets.create_secret(Name="empty")
        self.player.on("setSecret", self.fail)
        self.secrets.rotate_secret(
            SecretId="empty",
            RotationLambdaARN=self.function,
            ClientRequestToken=self.token,
        )
        self.eventually(self.player.steps, STEPS[:2])
        self.assertCountEqual(
            self.labels("empty")[self.token], ["AWSPENDING", "AWSCURRENT"]
        )

    def test_without_immediate_rotation_only_the_test_runs_and_pending_goes(self):
        seen = []
        self.player.on("testSecret", lambda event: seen.append(self.labels()))
        self.rotate(
            RotateImmediately=False,
            RotationRules={"ScheduleExpression": "rate(10 days)"},
        )
        self.eventually(self.labels, {self.first: ["AWSCURRENT"]})
        self.assertEqual(self.player.steps(), ["testSecret"])
        self.assertEqual(seen[0][self.token], ["AWSPENDING"])
        self.assertIsNone(self.described("LastRotatedDate"))
        self.assertEqual(
            self.described("RotationRules"), {"ScheduleExpression": "rate(10 days)"}
        )
        self.assertIsNotNone(self.described("NextRotationDate"))

    def test_a_function_whose_policy_does_not_allow_it_is_refused(self):
        function = self.make_function("closed", invoked_by="events.amazonaws.com")
        self.assertFails(
            "AccessDeniedException",
            "grants access to the principal secretsmanager.amazonaws.com",
            self.rotate,
            RotationLambdaARN=function,
        )
        self.assertIsNone(self.described("RotationEnabled"))

    def test_the_policy_may_name_the_account_and_the_secret(self):
        for account, source, allowed in (
            (self.account, f"{self.arn[:-6]}*", True),
            ("999999999999", self.arn, False),
            (self.account, self.arn + "x", False),
        ):
            with self.subTest(account=account, source=source):
                self.functions.remove_permission(
                    FunctionName="rotator", StatementId="invoke"
                )
                self.functions.add_permission(
                    FunctionName="rotator",
                    StatementId="invoke",
                    Action="lambda:InvokeFunction",
                    Principal="secretsmanager.amazonaws.com",
                    SourceAccount=account,
                    SourceArn=source,
                )
                if allowed:
                    self.rotate()
                    self.eventually(lambda: len(self.player.events), 4)
                else:
                    self.assertFails("AccessDeniedException", "policy", self.rotate)

    def test_a_missing_function_and_none_at_all_are_refused(self):
        self.assertFails(
            "ResourceNotFoundException",
            "Lambda does not exist",
            self.rotate,
            RotationLambdaARN=self.function + "-gone",
        )
        self.assertFails(
            "InvalidRequestException",
            "No Lambda rotation function ARN",
            self.secrets.rotate_secret,
            SecretId="s",
        )

    def test_cancelling_stops_it_before_the_next_step(self):
        self.player.on(
            "createSecret",
            lambda event: self.secrets.cancel_rotate_secret(SecretId="s"),
        )
        done = threading.Event()
        self.player.on("setSecret", lambda event: done.set())
        self.rotate()
        self.eventually(lambda: self.described("RotationEnabled"), False)
        self.assertFalse(done.wait(0.3))
        self.assertEqual(self.labels()[self.token], ["AWSPENDING"])

    def test_without_a_player_a_rotation_fails_as_by_a_function_error(self):
        self.player.close()
        self.rotate()
        self.eventually(lambda: self.labels()[self.token], ["AWSPENDING"])
        self.assertIsNone(self.described("LastRotatedDate"))
