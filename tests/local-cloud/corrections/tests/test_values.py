"""PutSecretValue, UpdateSecret and GetSecretValue."""

import uuid

from corrections.tests.cloud import CloudTest


class Values(CloudTest):
    def setUp(self):
        super().setUp()
        self.first = str(uuid.uuid4())
        self.secrets.create_secret(
            Name="s", SecretString="one", ClientRequestToken=self.first
        )

    def put(
        self, text: str, token: str | None = None, labels: list | None = None
    ) -> str:
        arguments = {"VersionStages": labels} if labels else {}
        return self.secrets.put_secret_value(
            SecretId="s",
            SecretString=text,
            ClientRequestToken=token or str(uuid.uuid4()),
            **arguments,
        )["VersionId"]

    def get(self, **which) -> str:
        return self.secrets.get_secret_value(SecretId="s", **which)["SecretString"]

    def test_a_known_token_with_another_value_is_refused(self):
        self.assertFails(
            "ResourceExistsException",
            self.first,
            self.secrets.put_secret_value,
            SecretId="s",
            SecretString="other",
            ClientRequestToken=self.first,
        )
        self.assertEqual(self.get(), "one")

    def test_a_known_token_with_the_same_value_changes_nothing(self):
        before = self.secrets.describe_secret(SecretId="s")
        self.put("one", self.first, ["AWSPENDING"])
        after = self.secrets.describe_secret(SecretId="s")
        self.assertEqual(after["VersionIdsToStages"], {self.first: ["AWSCURRENT"]})
        self.assertEqual(after["LastChangedDate"], before["LastChangedDate"])

    def test_a_put_moves_current_and_previous_and_keeps_other_labels(self):
        kept = self.put("two", labels=["AWSCURRENT", "KEYWHEEL", "MINE"])
        new = self.put("three", labels=["AWSCURRENT", "KEYWHEEL"])
        self.assertEqual(
            {id: sorted(labels) for id, labels in self.labels().items()},
            {kept: ["AWSPREVIOUS", "MINE"], new: ["AWSCURRENT", "KEYWHEEL"]},
        )
        self.assertEqual(self.get(), "three")
        self.assertEqual(self.get(VersionStage="AWSPREVIOUS"), "two")
        self.assertEqual(self.get(VersionId=self.first), "one")

    def test_the_first_value_becomes_current_whatever_label_is_asked_for(self):
        self.secrets.create_secret(Name="empty")
        version = self.secrets.put_secret_value(
            SecretId="empty", SecretString="{}", VersionStages=["KEYWHEEL"]
        )
        self.assertCountEqual(version["VersionStages"], ["KEYWHEEL", "AWSCURRENT"])
        self.assertCountEqual(
            self.labels("empty")[version["VersionId"]], ["KEYWHEEL", "AWSCURRENT"]
        )

    def test_a_put_of_another_label_leaves_current_where_it_is(self):
        pending = self.put("two", labels=["AWSPENDING"])
        self.assertEqual(
            self.labels(), {self.first: ["AWSCURRENT"], pending: ["AWSPENDING"]}
        )
        self.assertEqual(self.get(), "one")

    def test_a_put_changes_the_date_of_last_change_to_the_millisecond(self):
        before = self.secrets.describe_secret(SecretId="s")["LastChangedDate"]
        self.put("two")
        after = self.secrets.describe_secret(SecretId="s")["LastChangedDate"]
        self.assertGreater(after, before)
        dates = [
            self.secrets.get_secret_value(SecretId="s", VersionId=self.put(f"{n}"))[
                "CreatedDate"
            ]
            for n in range(5)
        ]
        self.assertTrue(any(date.microsecond for date in dates), dates)

    def test_a_secret_has_at_most_20_labels(self):
        self.put("two", labels=[f"L{n}" for n in range(19)])
        self.assertFails(
            "LimitExceededException",
            "20",
            self.secrets.put_secret_value,
            SecretId="s",
            SecretString="three",
            VersionStages=["L19"],
        )

    def test_unlabelled_versions_past_a_day_are_removed_beyond_a_hundred(self):
        for n in range(105):
            self.put(f"{n}")
        listed = lambda: len(
            self.secrets.list_secret_version_ids(SecretId="s", IncludeDeprecated=True)[
                "Versions"
            ]
        )
        self.assertEqual(listed(), 100, "one full page")
        self.assertEqual(
            len(self.admin("GET", "stores")["secrets"][0]["versions"]), 106
        )
        self.admin("POST", "age", days=2)
        self.put("last")
        self.assertEqual(
            len(self.admin("GET", "stores")["secrets"][0]["versions"]), 102
        )

    def test_rotation_tokens_are_accepted(self):
        self.secrets.put_secret_value(
            SecretId="s", SecretString="two", RotationToken=str(uuid.uuid4())
        )
        self.assertEqual(self.get(), "two")

    def test_update_secret_puts_as_current_and_keeps_what_is_not_given(self):
        self.secrets.update_secret(SecretId="s", Description="what it is")
        self.secrets.update_secret(SecretId="s", SecretString="two")
        described = self.secrets.describe_secret(SecretId="s")
        self.assertEqual(described["Description"], "what it is")
        self.assertEqual(self.get(), "two")
        self.assertEqual(self.get(VersionStage="AWSPREVIOUS"), "one")

    def test_what_is_not_there_is_not_found_and_named(self):
        missing = str(uuid.uuid4())
        for which, text in (
            ({"VersionStage": "AWSPENDING"}, "value for staging label: AWSPENDING"),
            ({"VersionId": missing}, f"value for VersionId: {missing}"),
        ):
            self.assertFails(
                "ResourceNotFoundException",
                text,
                self.secrets.get_secret_value,
                SecretId="s",
                **which,
            )
        with self.assertRaises(
            self.secrets.exceptions.ResourceNotFoundException
        ) as none:
            self.secrets.describe_secret(SecretId="none")
        self.assertEqual(
            none.exception.response["ResponseMetadata"]["HTTPStatusCode"], 400
        )
        self.secrets.create_secret(Name="empty")
        self.assertFails(
            "ResourceNotFoundException",
            "value for staging label: AWSCURRENT",
            self.secrets.get_secret_value,
            SecretId="empty",
        )

    def test_a_label_that_is_not_on_the_version_is_refused(self):
        self.assertFails(
            "InvalidRequestException",
            "not associated",
            self.secrets.get_secret_value,
            SecretId="s",
            VersionId=self.first,
            VersionStage="AWSPENDING",
        )

    def test_a_secret_marked_for_deletion_is_neither_read_nor_written(self):
        self.secrets.delete_secret(SecretId="s")
        for call, arguments in (
            (self.secrets.get_secret_value, {}),
            (self.secrets.put_secret_value, {"SecretString": "two"}),
            (self.secrets.rotate_secret, {}),
        ):
            self.assertFails(
                "InvalidRequestException",
                "marked for deletion",
                call,
                SecretId="s",
                **arguments,
            )
        self.assertIn("DeletedDate", self.secrets.describe_secret(SecretId="s"))
