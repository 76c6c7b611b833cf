"""Makes everything that an account has stored older by a span."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.secretsmanager.models import FakeSecret, secretsmanager_backends
from moto.ssm.models import ssm_backends

from corrections import clock, history

SECRET_DATES = (
    "created_date",
    "last_changed_date",
    "last_rotation_date",
    "next_rotation_date",
    "deleted_date",
)


def age(account: str, region: str, days: float) -> None:
    """Dates, and times in values and descriptions; the kept states age alike."""
    seconds = days * clock.SECONDS_A_DAY
    secrets = [
        vars(each)
        for each in secretsmanager_backends[account][region].secrets.values()
        if isinstance(each, FakeSecret)
    ]
    parameters = [
        vars(each)
        for versions in ssm_backends[account][region]._parameters.values()
        for each in versions
    ]
    for state in history.kept(account, region):
        secrets += state.secrets.values()
        parameters += [each for kept in state.parameters.values() for each in kept]
    for secret in distinct(secrets):
        age_secret(secret, seconds)
    for parameter in distinct(parameters):
        age_parameter(parameter, seconds)
    for table in dynamodb_backends[account][region].tables.values():
        age_table(table, seconds)


def distinct(objects: Iterable[dict]) -> Iterable[dict]:
    """Each object once: kept states share what did not change."""
    return {id(each): each for each in objects}.values()


def age_secret(secret: dict, seconds: float) -> None:
    for name in SECRET_DATES:
        if secret[name] is not None:
            secret[name] -= seconds
    for version in secret["versions"].values():
        version["createdate"] -= seconds
        if "secret_string" in version:
            version["secret_string"] = clock.older_text(
                version["secret_string"], seconds
            )


def age_parameter(parameter: dict, seconds: float) -> None:
    parameter["last_modified_date"] -= timedelta(seconds=seconds)
    parameter["value"] = clock.older_text(parameter["value"], seconds)
    if parameter["description"]:
        parameter["description"] = clock.older_text(parameter["description"], seconds)


def age_table(table: Table, seconds: float) -> None:
    """Keys may hold times too, so every item is put in its place again."""
    items = table.all_items()
    table.items = defaultdict(dict)
    for item in items:
        for attribute in (item.hash_key, item.range_key, *item.attrs.values()):
            age_attribute(attribute, seconds)
    for item in items:
        if table.range_key_attr:
            table.items[item.hash_key][item.range_key] = item
        else:
            table.items[item.hash_key] = item


def age_attribute(attribute: DynamoType | None, seconds: float) -> None:
    if attribute is None:
        return
    if attribute.is_map():
        for each in attribute.value.values():
            age_attribute(each, seconds)
    elif attribute.is_list():
        for each in attribute.value:
            age_attribute(each, seconds)
    elif attribute.type == "S":
        attribute.value = clock.older_text(attribute.value, seconds)
    elif attribute.type == "SS":
        attribute.value = [clock.older_text(each, seconds) for each in attribute.value]
