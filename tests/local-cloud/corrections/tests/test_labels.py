"""UpdateSecretVersionStage, DescribeSecret and ListSecretVersionIds."""

import time
import uuid

from corrections.tests.cloud import CloudTest


class Labels(CloudTest):
    def setUp(self):
        super().setUp()
        self.one, self.two = str(uuid.uuid4()), str(uuid.uuid4())
        self.secrets.create_secret(
            Name="s", SecretString="one", ClientRequestToken=self.one
        )
        self.secrets.put_secret_value(
            SecretId="s",
            SecretString="two",
            ClientRequestToken=self.two,
            VersionStages=["AWSPENDING", "MINE"],
        )

    def move(self, label: str, to: str | None = None, off: str | None = None) -> None:
        self.secrets.update_secret_version_stage(**self.arguments(label, to, off))

    def arguments(self, label: str, to: str | None, off: str | None) -> dict:
        named = {"MoveToVersionId": to, "RemoveFromVersionId": off}
        return {"SecretId": "s", "VersionStage": label} | {
            name: version for name, version in named.items() if version
        }

    def refused(self, code: str, text: str, label: str, to=None, off=None) -> None:
        before = self.labels()
        call = self.secrets.update_secret_version_stage
        self.assertFails(code, text, call, **self.arguments(label, to, off))
        self.assertEqual(self.labels(), before)

    def test_moving_current_moves_previous_and_the_default_version(self):
        self.move("AWSCURRENT", to=self.two, off=self.one)
        self.assertEqual(
            self.labels(),
            {self.one: ["AWSPREVIOUS"], self.two: ["AWSPENDING", "MINE", "AWSCURRENT"]},
        )
        value = self.secrets.get_secret_value(SecretId="s")
        self.assertEqual(value["SecretString"], "two")

    def test_moving_current_back_swaps_it_with_previous(self):
        self.move("AWSCURRENT", to=self.two, off=self.one)
        self.move("AWSCURRENT", to=self.one, off=self.two)
        self.assertEqual(
            self.labels(),
            {self.one: ["AWSCURRENT"], self.two: ["AWSPENDING", "MINE", "AWSPREVIOUS"]},
        )
        value = self.secrets.get_secret_value(SecretId="s")
        self.assertEqual(value["SecretString"], "one")

    def test_a_label_leaves_a_version_only_when_that_version_is_named(self):
        self.refused(
            "InvalidParameterException",
            f"RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version {self.one}",
            "AWSCURRENT",
            to=self.two,
        )
        self.refused("InvalidParameterException", self.two, "MINE", to=self.one)

    def test_a_wrong_version_to_remove_from_is_refused(self):
        self.refused(
            "InvalidParameterException",
            "the version that currently has the staging label AWSCURRENT",
            "AWSCURRENT",
            to=self.two,
            off=self.two,
        )
        self.refused("InvalidParameterException", "OTHER", "OTHER", off=self.one)

    def test_nothing_moves_when_the_version_to_move_to_is_missing(self):
        self.refused(
            "ResourceNotFoundException",
            "version",
            "AWSCURRENT",
            to=str(uuid.uuid4()),
            off=self.one,
        )

    def test_current_cannot_be_removed(self):
        self.refused(
            "InvalidParameterException", "completely", "AWSCURRENT", off=self.one
        )

    def test_a_label_can_be_removed_and_attached(self):
        self.move("AWSPENDING", off=self.two)
        self.move("NEW", to=self.two)
        self.assertEqual(
            self.labels(), {self.one: ["AWSCURRENT"], self.two: ["MINE", "NEW"]}
        )

    def test_a_label_that_is_already_there_stays(self):
        self.move("MINE", to=self.two)
        self.assertEqual(self.labels()[self.two], ["AWSPENDING", "MINE"])

    def test_moving_a_label_changes_the_date_of_last_change(self):
        before = self.secrets.describe_secret(SecretId="s")["LastChangedDate"]
        time.sleep(0.002)  # a millisecond is what AWS's dates tell apart
        self.move("MINE", off=self.two)
        after = self.secrets.describe_secret(SecretId="s")["LastChangedDate"]
        self.assertGreater(after, before)

    def test_a_version_without_labels_is_deprecated(self):
        self.move("AWSPENDING", off=self.two)
        self.move("MINE", off=self.two)
        self.assertEqual(self.labels(), {self.one: ["AWSCURRENT"]})
        listed = self.secrets.list_secret_version_ids(SecretId="s")
        self.assertEqual([each["VersionId"] for each in listed["Versions"]], [self.one])
        self.assertTrue(listed["ARN"].startswith("arn:"))
        all_listed = self.secrets.list_secret_version_ids(
            SecretId="s", IncludeDeprecated=True
        )
        self.assertEqual(
            [each["VersionId"] for each in all_listed["Versions"]], [self.one, self.two]
        )

    def test_versions_are_listed_by_page_with_their_own_dates(self):
        first = self.secrets.list_secret_version_ids(SecretId="s", MaxResults=1)
        second = self.secrets.list_secret_version_ids(
            SecretId="s", MaxResults=1, NextToken=first["NextToken"]
        )
        self.assertNotIn("NextToken", second)
        versions = first["Versions"] + second["Versions"]
        self.assertEqual([each["VersionId"] for each in versions], [self.one, self.two])
        for version in versions:
            value = self.secrets.get_secret_value(
                SecretId="s", VersionId=version["VersionId"]
            )
            self.assertEqual(version["CreatedDate"], value["CreatedDate"])

    def test_an_invented_page_is_refused(self):
        self.assertFails(
            "InvalidNextTokenException",
            "NextToken",
            self.secrets.list_secret_version_ids,
            SecretId="s",
            NextToken="elsewhere",
        )
