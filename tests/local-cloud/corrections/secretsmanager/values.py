"""CreateSecret, PutSecretValue, UpdateSecret and GetSecretValue."""

from moto.secretsmanager.exceptions import (
    ResourceExistsException,
    ResourceNotFoundException,
    SecretStageVersionMismatchException,
)
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend

from corrections import clock
from corrections.correction import replace, wrap
from corrections.secretsmanager.secret import (
    CURRENT,
    attach,
    empty_version,
    holder,
    holds_value,
    readable,
    require_room_for,
    touch,
    writable,
)

# From "AWS Secrets Manager quotas"; none younger than a day is ever removed.
DEPRECATED_VERSIONS_A_SECRET = 100


@wrap(SecretsManagerBackend)
def create_secret(original, self, name, **arguments):
    """AWS dates a secret and its first version to the millisecond."""
    known = name in self.secrets
    answer = original(self, name, **arguments)
    if not known:
        secret = self.secrets[name]
        touch(secret)
        secret.created_date = secret.last_changed_date
        for version in secret.versions.values():
            version["createdate"] = secret.created_date
    return answer


@replace(SecretsManagerBackend)
def put_secret_value(
    self, secret_id, secret_string, secret_binary, client_request_token, version_stages
):
    """Versions are immutable: a token that holds another value is refused."""
    secret = writable(self, secret_id)
    version_id = self._from_client_request_token(client_request_token)
    put(secret, version_id, value(secret_string, secret_binary), version_stages)
    return secret.to_short_dict(include_version_stages=True, version_id=version_id)


@replace(SecretsManagerBackend)
def update_secret(
    self,
    secret_id,
    secret_string=None,
    secret_binary=None,
    client_request_token=None,
    kms_key_id=None,
    description=None,
):
    """A given value is put as AWSCURRENT; what is not given stays."""
    secret = writable(self, secret_id)
    version_id = self._from_client_request_token(client_request_token)
    given = value(secret_string, secret_binary)
    if given:
        put(secret, version_id, given, [CURRENT])
    if description is not None:
        secret.description = description
    if kms_key_id is not None:
        secret.kms_key_id = kms_key_id
    touch(secret)
    return secret.to_short_dict(
        version_id=version_id if given else None, include_version_id=bool(given)
    )


@replace(SecretsManagerBackend)
def get_secret_value(self, secret_id, version_id, version_stage):
    """A version without a value is not found, and the answer says what was asked for."""
    secret = readable(self, secret_id)
    if version_id:
        asked = f"VersionId: {version_id}"
    else:
        label = version_stage or CURRENT
        asked = f"staging label: {label}"
        version_id = holder(secret, label)
    version = secret.versions.get(version_id)
    if version is None or not holds_value(version):
        raise ResourceNotFoundException(
            f"Secrets Manager can't find the specified secret value for {asked}"
        )
    if version_stage and version_stage not in version["version_stages"]:
        raise SecretStageVersionMismatchException()
    answer = {
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": version_id,
        "VersionStages": version["version_stages"],
        "CreatedDate": version["createdate"],
    }
    for field, key in (
        ("SecretString", "secret_string"),
        ("SecretBinary", "secret_binary"),
    ):
        if key in version:
            answer[field] = version[key]
    return answer


def value(secret_string: str | None, secret_binary: str | None) -> dict:
    """The part of a version that holds its value; empty when none is given."""
    given = {"secret_string": secret_string, "secret_binary": secret_binary}
    return {key: each for key, each in given.items() if each is not None}


def put(secret: FakeSecret, version_id: str, given: dict, labels: list[str]) -> None:
    """Stores a value in a version that is new, or was begun by a rotation.

    The same value again changes nothing, not even labels. The first value of a
    secret becomes AWSCURRENT whatever labels are asked for.
    """
    version = secret.versions.get(version_id, {})
    if holds_value(version):
        if given == {key: version[key] for key in version if key.startswith("secret_")}:
            return
        raise ResourceExistsException(
            f"You can't use ClientRequestToken {version_id} because that value is "
            f"already in use for a version of secret {secret.arn}."
        )
    if not any(holds_value(each) for each in secret.versions.values()):
        labels = [*labels, CURRENT]
    require_room_for(secret, labels)
    version = empty_version(secret, version_id)
    version.update(given, createdate=clock.now())
    for label in labels:
        attach(secret, label, version_id)
    touch(secret)
    remove_surplus_versions(secret)


def remove_surplus_versions(secret: FakeSecret) -> None:
    """The oldest versions without a label go, beyond 100 and past their first day."""
    deprecated = [
        each for each in secret.versions.values() if not each["version_stages"]
    ]
    deprecated.sort(key=lambda each: each["createdate"])
    day_ago = clock.now() - clock.SECONDS_A_DAY
    for version in deprecated[:-DEPRECATED_VERSIONS_A_SECRET]:
        if version["createdate"] < day_ago:
            del secret.versions[version["version_id"]]
