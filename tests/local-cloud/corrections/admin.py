"""The calls of the local cloud itself, under `/corrections/`: JSON in and out.

Each takes `account` and, if need be, `region`; an unknown field is refused by name.
"""

import inspect

from moto.dynamodb.models import dynamodb_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from corrections import ageing, events, history, player, scheduler, store
from corrections.account import changing, reading

REGION = "us-east-1"

# Annotations are what is checked; JSON writes a whole number without a point.
Number = int | float


class Refused(Exception):
    """The call is wrong; the text names the field."""


def call(method: str, path: str, given: dict) -> dict:
    """The answer to `given`: the query of a GET, the body of a POST."""
    answer = CALLS.get((method, path))
    if answer is None:
        raise Refused(f"unknown call `{method} {path}`")
    fields = inspect.signature(answer).parameters
    for name, value in given.items():
        if name not in fields:
            raise Refused(f"unknown field `{name}`")
        expected = fields[name].annotation
        if not isinstance(value, expected) or isinstance(value, bool):
            raise Refused(f"field `{name}` has the wrong type")
    for name, field in fields.items():
        if name not in given and field.default is field.empty:
            raise Refused(f"missing field `{name}`")
    return answer(**given)


def health() -> dict:
    return {}


def register_player(account: str, url: str, region: str = REGION) -> dict:
    """One player serves all regions of an account."""
    player.register(account, url)
    return {}


def functions(account: str, region: str = REGION) -> dict:
    return {"functions": store.functions(account, region)}


def stores(account: str, region: str = REGION) -> dict:
    with reading(account):
        return store.stores(account, region)


def events_put(account: str, region: str = REGION) -> dict:
    return {"events": events.recorded(account, region)}


def age(account: str, days: Number, region: str = REGION) -> dict:
    with changing(account):
        ageing.age(account, region, days)
    return {}


def save(account: str, region: str = REGION) -> dict:
    with reading(account):
        history.save(account, region)
    return {}


def restore(account: str, region: str = REGION) -> dict:
    with reading(account):
        if not history.restore(account, region):
            raise Refused("nothing was saved")
    return {}


def reset(account: str, region: str = REGION) -> dict:
    """Functions, their permissions and the player stay."""
    with reading(account):
        for backends in (secretsmanager_backends, ssm_backends, dynamodb_backends):
            backends[account][region].reset()
        scheduler.reset(account, region)
        events.reset(account, region)
        history.forget(account, region)
    return {}


CALLS = {
    ("GET", "/corrections/health"): health,
    ("POST", "/corrections/player"): register_player,
    ("GET", "/corrections/functions"): functions,
    ("GET", "/corrections/stores"): stores,
    ("GET", "/corrections/events"): events_put,
    ("POST", "/corrections/age"): age,
    ("POST", "/corrections/save"): save,
    ("POST", "/corrections/restore"): restore,
    ("POST", "/corrections/reset"): reset,
}
