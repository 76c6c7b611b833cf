"""What an account has stored, seen from inside: for witnesses, cheaper than the API."""

from datetime import UTC

from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.secretsmanager.models import FakeSecret, secretsmanager_backends
from moto.ssm.models import Parameter, ssm_backends

from corrections.clock import rfc3339
from corrections.ssm import own_parameters


def stores(account: str, region: str) -> dict:
    """Every secret with all its versions, every parameter in its last version."""
    return {
        "secrets": [
            secret_view(each)
            for each in secretsmanager_backends[account][region].secrets.values()
            if isinstance(each, FakeSecret)
        ],
        "parameters": [
            parameter_view(versions[-1])
            for versions in own_parameters(ssm_backends[account][region]).values()
        ],
    }


def functions(account: str, region: str) -> list[dict]:
    return [
        function_view(each)
        for each in lambda_backends[account][region].list_functions()
    ]


def secret_view(secret: FakeSecret) -> dict:
    view = {
        "name": secret.name,
        "arn": secret.arn,
        "rotation_enabled": secret.rotation_enabled,
        "last_changed_at": rfc3339(secret.last_changed_date),
        "tags": {tag["Key"]: tag["Value"] for tag in secret.tags or []},
        "versions": [version_view(each) for each in secret.versions.values()],
    }
    if secret.deleted_date is not None:
        view["deleted_at"] = rfc3339(secret.deleted_date)
    if secret.next_rotation_date is not None:
        view["next_rotation_at"] = rfc3339(secret.next_rotation_date)
    return view


def version_view(version: dict) -> dict:
    """Neither `text` nor `binary` = a version without a value."""
    view = {
        "id": version["version_id"],
        "labels": version["version_stages"],
        "created_at": rfc3339(version["createdate"]),
    }
    if "secret_string" in version:
        view["text"] = version["secret_string"]
    elif "secret_binary" in version:
        view["binary"] = True
    return view


def parameter_view(parameter: Parameter) -> dict:
    modified = parameter.last_modified_date.replace(tzinfo=UTC)
    return {
        "name": parameter.name,
        "type": parameter.parameter_type,
        "value": parameter.decrypt(parameter.value),
        "description": parameter.description or "",
        "version": parameter.version,
        "last_modified_at": rfc3339(modified.timestamp()),
    }


def function_view(function: LambdaFunction) -> dict:
    return {
        "name": function.function_name,
        "arn": function.function_arn,
        "environment": function.environment_vars,
        "timeout": function.timeout,
        "memory": function.memory_size,
    }
