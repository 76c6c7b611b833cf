"""The calls under `/corrections/`: stores, age, reset, and reads as of earlier."""

import json
import urllib.request
from datetime import UTC, datetime, timedelta

from corrections.tests.cloud import CloudTest, server


class Stores(CloudTest):
    def test_stores_show_secrets_with_their_versions_and_parameters(self):
        arn = self.secrets.create_secret(
            Name="s",
            SecretString="text",
            Tags=[{"Key": "keywheel:target", "Value": "t"}],
        )["ARN"]
        self.secrets.put_secret_value(
            SecretId="s", SecretBinary=b"\x00", VersionStages=["KEYWHEEL"]
        )
        self.parameters.put_parameter(
            Name="/a/b", Value="v", Type="SecureString", Description="d"
        )
        seen = self.admin("GET", "stores")
        (secret,) = seen["secrets"]
        text, binary = secret.pop("versions")
        self.assertEqual((text["text"], text["labels"]), ("text", ["AWSCURRENT"]))
        self.assertEqual((binary["binary"], binary["labels"]), (True, ["KEYWHEEL"]))
        self.assertRegex(text["created_at"], r"^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$")
        del secret["last_changed_at"]
        self.assertEqual(
            secret,
            {
                "name": "s",
                "arn": arn,
                "rotation_enabled": False,
                "tags": {"keywheel:target": "t"},
            },
        )
        (parameter,) = seen["parameters"]
        del parameter["last_modified_at"]
        self.assertEqual(
            parameter,
            {
                "name": "/a/b",
                "type": "SecureString",
                "value": "v",
                "description": "d",
                "version": 1,
            },
        )

    def test_functions_are_shown_with_their_present_environment(self):
        arn = self.make_function("f", Timeout=60, MemorySize=256)
        self.functions.update_function_configuration(
            FunctionName="f", Environment={"Variables": {"MODE": "apply"}}
        )
        self.assertEqual(
            self.admin("GET", "functions"),
            {
                "functions": [
                    {
                        "name": "f",
                        "arn": arn,
                        "environment": {"MODE": "apply"},
                        "timeout": 60,
                        "memory": 256,
                    }
                ]
            },
        )

    def test_an_account_sees_nothing_of_another(self):
        self.secrets.create_secret(Name="s", SecretString="x")
        other = self.admin("GET", "stores", account="111111111111")
        self.assertEqual(other, {"secrets": [], "parameters": []})

    def test_wrong_calls_are_refused_by_the_name_of_the_field(self):
        for call, fields, name in (
            ("age", {"days": 1, "dyas": 1}, "dyas"),
            ("age", {}, "days"),
            ("age", {"days": "1"}, "days"),
            ("nothing", {}, "nothing"),
        ):
            self.assertIn(name, self.refusal("POST", call, **fields))

    def test_health_is_answered(self):
        with urllib.request.urlopen(f"{server()}/corrections/health") as response:
            self.assertEqual(response.status, 200)

    def test_reset_empties_the_stores_and_leaves_the_functions(self):
        self.secrets.create_secret(Name="s", SecretString="x")
        self.parameters.put_parameter(Name="p", Value="v", Type="String")
        self.make_function()
        self.admin("POST", "reset")
        self.assertEqual(self.admin("GET", "stores"), {"secrets": [], "parameters": []})
        self.assertEqual(len(self.admin("GET", "functions")["functions"]), 1)
        self.secrets.create_secret(Name="s", SecretString="again")


    def test_what_was_saved_comes_back_as_often_as_it_is_asked_for(self):
        self.assertIn("nothing was saved", self.refusal("POST", "restore"))
        self.secrets.create_secret(Name="s", SecretString="x")
        self.parameters.put_parameter(Name="p", Value="v", Type="String")
        saved = self.admin("GET", "stores")
        self.admin("POST", "save")
        for _ in range(2):
            self.secrets.put_secret_value(SecretId="s", SecretString="y")
            self.secrets.create_secret(Name="t", SecretString="x")
            self.parameters.delete_parameter(Name="p")
            self.admin("POST", "age", days=1)
            self.admin("POST", "restore")
            self.assertEqual(self.admin("GET", "stores"), saved)
            past = self.client("secretsmanager", x_keywheel_as_of="60")
            self.assertEqual(past.get_secret_value(SecretId="s")["SecretString"], "x")
        self.secrets.put_secret_value(SecretId="s", SecretString="z")
        self.parameters.put_parameter(
            Name="p", Value="w", Type="String", Overwrite=True
        )


class Age(CloudTest):
    def test_every_date_of_a_secret_becomes_older(self):
        self.secrets.create_secret(Name="s", SecretString="x")
        before = self.secrets.describe_secret(SecretId="s")
        (version,) = self.secrets.list_secret_version_ids(SecretId="s")["Versions"]
        self.admin("POST", "age", days=1.5)
        after = self.secrets.describe_secret(SecretId="s")
        (older,) = self.secrets.list_secret_version_ids(SecretId="s")["Versions"]
        span = timedelta(days=1.5)
        for field in ("CreatedDate", "LastChangedDate"):
            self.assertEqual(before[field] - after[field], span)
        self.assertEqual(version["CreatedDate"] - older["CreatedDate"], span)

    def test_times_in_values_keep_their_form(self):
        for written, older in (
            ("2026-03-01T00:00:00Z", "2026-02-27T22:48:00Z"),
            ("2026-03-01T00:00:00.5+00:00", "2026-02-27T22:48:00.5+00:00"),
            ("2026-03-01T00:00:00.000000001Z", "2026-02-27T22:48:00.000000001Z"),
            ("not a time: 2026-13-01T00:00:00Z", "not a time: 2026-13-01T00:00:00Z"),
            ("local: 2026-03-01T00:00:00+01:00", "local: 2026-03-01T00:00:00+01:00"),
            (
                "published=2026-03-01T00:00:00Z run=1",
                "published=2026-02-27T22:48:00Z run=1",
            ),
        ):
            with self.subTest(written):
                self.parameters.put_parameter(
                    Name="p", Value=written, Type="String", Overwrite=True
                )
                self.admin("POST", "age", days=1.05)
                parameter = self.parameters.get_parameter(Name="p")["Parameter"]
                self.assertEqual(parameter["Value"], older)

    def test_secret_texts_and_parameters_with_their_history_become_older(self):
        time_of_note, older = "2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"
        self.secrets.create_secret(Name="s", SecretString=json.dumps([time_of_note]))
        for _ in range(2):
            self.parameters.put_parameter(
                Name="p",
                Value=time_of_note,
                Description=time_of_note,
                Type="SecureString",
                Overwrite=True,
            )
        self.admin("POST", "age", days=1)
        text = self.secrets.get_secret_value(SecretId="s")["SecretString"]
        self.assertEqual(json.loads(text), [older])
        history = self.parameters.get_parameter_history(Name="p", WithDecryption=True)
        yesterday = datetime.now(UTC) - timedelta(days=1)
        for version in history["Parameters"]:
            self.assertEqual((version["Value"], version["Description"]), (older, older))
            self.assertLess(
                abs(version["LastModifiedDate"] - yesterday), timedelta(minutes=1)
            )

    def test_items_of_tables_become_older_keys_included(self):
        tables = self.client("dynamodb")
        tables.create_table(
            TableName="t",
            KeySchema=[
                {"AttributeName": "id", "KeyType": "HASH"},
                {"AttributeName": "at", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "id", "AttributeType": "S"},
                {"AttributeName": "at", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        later, older = {"S": "2026-03-02T00:00:00Z"}, {"S": "2026-03-01T00:00:00Z"}
        item = {"id": {"S": "key"}, "at": later, "seen": {"M": {"x": {"L": [later]}}}}
        tables.put_item(TableName="t", Item=item)
        self.admin("POST", "age", days=1)
        key = {"id": {"S": "key"}, "at": older}
        self.assertEqual(
            tables.get_item(TableName="t", Key=key)["Item"],
            key | {"seen": {"M": {"x": {"L": [older]}}}},
        )


class AsOf(CloudTest):
    def setUp(self):
        super().setUp()
        self.earlier_secrets = self.client("secretsmanager", x_keywheel_as_of="0.4")
        self.earlier_parameters = self.client("ssm", x_keywheel_as_of="0.4")

    def value_earlier(self) -> str:
        return self.earlier_secrets.get_secret_value(SecretId="s")["SecretString"]

    def test_a_stale_read_answers_the_state_of_then(self):
        self.secrets.create_secret(Name="s", SecretString="one")
        self.eventually(self.exists_earlier, True)
        self.secrets.put_secret_value(SecretId="s", SecretString="two")
        self.assertEqual(self.value_earlier(), "one")
        now = self.secrets.get_secret_value(SecretId="s")
        self.assertEqual(now["SecretString"], "two")
        self.eventually(self.value_earlier, "two")

    def test_a_secret_younger_than_that_is_not_found(self):
        self.secrets.create_secret(Name="s", SecretString="one")
        self.assertFalse(self.exists_earlier())

    def test_parameters_are_read_as_of_then_too(self):
        listed = lambda: [
            each["Value"]
            for each in self.earlier_parameters.get_parameters_by_path(Path="/p")[
                "Parameters"
            ]
        ]
        self.parameters.put_parameter(Name="/p/a", Value="one", Type="String")
        self.assertEqual(listed(), [])
        self.eventually(listed, ["one"])

    def test_the_past_ages_with_the_present(self):
        self.secrets.create_secret(Name="s", SecretString="2026-03-02T00:00:00Z")
        self.eventually(self.exists_earlier, True)
        self.admin("POST", "age", days=1)
        self.secrets.put_secret_value(SecretId="s", SecretString="new")
        self.assertEqual(self.value_earlier(), "2026-03-01T00:00:00Z")

    def exists_earlier(self) -> bool:
        listed = self.earlier_secrets.list_secrets()["SecretList"]
        return [each["Name"] for each in listed] == ["s"]
