"""DescribeSecret and ListSecretVersionIds."""

import json

from moto.secretsmanager.exceptions import SecretsManagerClientError
from moto.secretsmanager.models import FakeSecret
from moto.secretsmanager.responses import SecretsManagerResponse

from corrections.correction import replace, wrap
from corrections.secretsmanager.secret import holds_value


@replace(FakeSecret)
def _form_version_ids_to_stages(self):
    """DescribeSecret shows labelled versions only, those without a value too."""
    return {
        version_id: version["version_stages"]
        for version_id, version in self.versions.items()
        if version["version_stages"]
    }


@wrap(FakeSecret)
def to_dict(original, self):
    """The rotation rules are shown as they were given."""
    answer = original(self)
    if hasattr(self, "rotation_rules"):
        answer["RotationRules"] = self.rotation_rules
    return answer


@replace(SecretsManagerResponse)
def list_secret_version_ids(self):
    """Only versions that hold a value, by page; those without a label on request."""
    secret = self.backend.describe_secret(self._get_param("SecretId"))
    deprecated_too = self._get_param("IncludeDeprecated", False)
    listed = [
        {
            "VersionId": version_id,
            "VersionStages": version["version_stages"],
            "CreatedDate": version["createdate"],
        }
        for version_id, version in secret.versions.items()
        if holds_value(version) and (deprecated_too or version["version_stages"])
    ]
    first = start_of_page(self._get_param("NextToken"))
    end = first + self._get_int_param("MaxResults", 100)
    answer = {"ARN": secret.arn, "Name": secret.name, "Versions": listed[first:end]}
    if end < len(listed):
        answer["NextToken"] = str(end)
    return json.dumps(answer)


def start_of_page(token: str | None) -> int:
    if token and not token.isdecimal():
        raise SecretsManagerClientError(
            "InvalidNextTokenException", "The NextToken value is invalid."
        )
    return int(token or 0)
