"""UpdateSecretVersionStage."""

from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    ResourceNotFoundException,
)
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend

from corrections.correction import replace
from corrections.secretsmanager.secret import (
    CURRENT,
    attach,
    detach,
    holder,
    holds_value,
    require_room_for,
    touch,
    writable,
)


@replace(SecretsManagerBackend)
def update_secret_version_stage(
    self, secret_id, version_stage, remove_from_version_id, move_to_version_id
):
    """Everything is checked before anything moves: RemoveFromVersionId is AWS's
    compare and swap, and must name the version that has the label."""
    secret = writable(self, secret_id)
    require_versions(secret, remove_from_version_id, move_to_version_id)
    require_holder(secret, version_stage, remove_from_version_id, move_to_version_id)
    if move_to_version_id:
        require_room_for(secret, [version_stage])
        attach(secret, version_stage, move_to_version_id)
    else:
        detach(secret, version_stage, remove_from_version_id)
    touch(secret)
    return secret.arn, secret.name


def require_versions(
    secret: FakeSecret, remove_from: str | None, move_to: str | None
) -> None:
    """The versions named exist, and the one that gets a label holds a value."""
    if not remove_from and not move_to:
        raise InvalidParameterException(
            "You must specify at least one of RemoveFromVersionId and MoveToVersionId."
        )
    if remove_from and remove_from not in secret.versions:
        raise missing(remove_from)
    if move_to and not holds_value(secret.versions.get(move_to, {})):
        raise missing(move_to)


def missing(version_id: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(
        f"Secrets Manager can't find the specified secret version: {version_id}"
    )


def require_holder(
    secret: FakeSecret, label: str, remove_from: str | None, move_to: str | None
) -> None:
    """A label leaves a version only when that version is named."""
    present = holder(secret, label)
    if remove_from and remove_from != present:
        raise InvalidParameterException(
            f"When you move staging label {label}, if you specify RemoveFromVersionId, it must "
            f"be set to the version that currently has the staging label {label}."
        )
    if present and not remove_from and present != move_to:
        raise InvalidParameterException(
            f"The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently "
            f"attached to version {present}, so you must explicitly reference that version in "
            "RemoveFromVersionId."
        )
    if label == CURRENT and not move_to:
        raise InvalidParameterException(
            "You can only move staging label AWSCURRENT to a different secret version. "
            "It can't be completely removed."
        )
