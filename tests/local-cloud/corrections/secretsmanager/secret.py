"""What the corrections know of one secret: moto's object and its versions.

A version is moto's dictionary: `version_id`, `version_stages` (its labels),
`createdate` (an instant), and `secret_string` or `secret_binary` once it has a value.
"""

from moto.secretsmanager.exceptions import (
    InvalidRequestException,
    OperationNotPermittedOnReplica,
    SecretNotFoundException,
    SecretsManagerClientError,
)
from moto.secretsmanager.models import (
    FakeSecret,
    ReplicaSecret,
    SecretsManagerBackend,
)

from corrections import clock

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"

# From "AWS Secrets Manager quotas": over all versions of a secret.
LABELS_A_SECRET = 20


def readable(
    backend: SecretsManagerBackend, secret_id: str
) -> FakeSecret | ReplicaSecret:
    """AWS refuses to read the value of a secret that is marked for deletion."""
    if secret_id not in backend.secrets:
        raise SecretNotFoundException()
    secret = backend.secrets[secret_id]
    if secret.is_deleted():
        raise InvalidRequestException(
            "You can't perform this operation on the secret because it was marked for deletion."
        )
    return secret


def writable(backend: SecretsManagerBackend, secret_id: str) -> FakeSecret:
    """AWS refuses to change a secret that is marked for deletion, and a replica."""
    secret = readable(backend, secret_id)
    if isinstance(secret, ReplicaSecret):
        raise OperationNotPermittedOnReplica()
    return secret


def holds_value(version: dict) -> bool:
    """A rotation begins with a version that is staged AWSPENDING and holds none."""
    return "secret_string" in version or "secret_binary" in version


def holder(secret: FakeSecret | ReplicaSecret, label: str) -> str | None:
    """The id of the version that a label is on; it is on one at most."""
    for version_id, version in secret.versions.items():
        if label in version["version_stages"]:
            return version_id
    return None


def require_room_for(secret: FakeSecret, labels: list[str]) -> None:
    """Refuses labels that would be too many together with those present."""
    present = {
        label for each in secret.versions.values() for label in each["version_stages"]
    }
    if len(present.union(labels)) > LABELS_A_SECRET:
        raise SecretsManagerClientError(
            "LimitExceededException",
            f"You can't have more than {LABELS_A_SECRET} staging labels on a secret.",
        )


def attach(secret: FakeSecret, label: str, version_id: str) -> None:
    """Moves a label to a version; no other label of any version is touched, but:

    when AWSCURRENT moves, AWSPREVIOUS moves to the version that had it.
    """
    former = holder(secret, label)
    if former == version_id:
        return
    if former:
        detach(secret, label, former)
    secret.versions[version_id]["version_stages"].append(label)
    if label == CURRENT:
        secret.set_default_version_id(version_id)
        if former:
            attach(secret, PREVIOUS, former)


def detach(secret: FakeSecret, label: str, version_id: str) -> None:
    """A version that holds neither a value nor a label any more is none."""
    version = secret.versions[version_id]
    version["version_stages"].remove(label)
    if not version["version_stages"] and not holds_value(version):
        del secret.versions[version_id]


def empty_version(secret: FakeSecret, version_id: str) -> dict:
    """The version of that id, made without a value and without labels if need be."""
    return secret.versions.setdefault(
        version_id,
        {"version_id": version_id, "version_stages": [], "createdate": clock.now()},
    )


def touch(secret: FakeSecret) -> None:
    """AWS dates every change of a value, a label or the rotation."""
    secret.last_changed_date = clock.now()
