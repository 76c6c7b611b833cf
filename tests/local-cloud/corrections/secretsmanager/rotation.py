"""RotateSecret: asked in a request, driven by a thread of its own.

Secrets Manager itself tries a failed rotation again, at times that it does not
document; here nobody does: who wants that calls RotateSecret with the same token.
"""

import json
import re
import sys
import threading
import uuid

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceNotFoundException,
    SecretsManagerClientError,
)
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend

from corrections import account, awslambda, clock, player
from corrections.correction import replace
from corrections.secretsmanager.secret import (
    CURRENT,
    PENDING,
    attach,
    empty_version,
    holder,
    holds_value,
    touch,
    writable,
)

STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]
TRIAL = ["testSecret"]

SECONDS = {"hour": 3_600, "day": clock.SECONDS_A_DAY}


@replace(SecretsManagerBackend)
def rotate_secret(
    self,
    secret_id,
    client_request_token=None,
    rotation_lambda_arn=None,
    rotation_rules=None,
    rotate_immediately=True,
):
    """Answers at once; the function is called afterwards, step by step.

    Only one rotation at a time, but its own token is taken again and runs its
    steps again. What is not given stays as it was configured before.
    """
    secret = writable(self, secret_id)
    token = self._from_client_request_token(client_request_token)
    rotation_lambda_arn = rotation_lambda_arn or secret.rotation_lambda_arn
    if not rotation_lambda_arn:
        raise InvalidRequestException(
            "No Lambda rotation function ARN is associated with this secret."
        )
    function = rotation_function(self, secret, rotation_lambda_arn)
    require_rules(rotation_rules)
    if holder(secret, PENDING) not in (None, token, holder(secret, CURRENT)):
        raise InvalidRequestException(
            "A previous rotation isn't complete. That rotation will be reattempted."
        )
    configure(secret, rotation_lambda_arn, rotation_rules)
    if holder(secret, CURRENT) != token:
        empty_version(secret, token)
        attach(secret, PENDING, token)
        touch(secret)
        drive = rotate if rotate_immediately else try_out
        threading.Thread(
            target=drive, args=(self, secret, function, token), daemon=True
        ).start()
    return secret.to_short_dict(version_id=token)


def rotation_function(
    backend: SecretsManagerBackend, secret: FakeSecret, arn: str
) -> LambdaFunction:
    """The function must exist, and its policy let Secrets Manager invoke it."""
    functions = lambda_backends[backend.account_id][backend.region_name]
    try:
        function = functions.get_function(arn)
    except UnknownFunctionException as error:
        raise ResourceNotFoundException(
            "Lambda does not exist or could not be accessed"
        ) from error
    if not awslambda.may_be_invoked_by(
        function, "secretsmanager.amazonaws.com", backend.account_id, secret.arn
    ):
        raise SecretsManagerClientError(
            "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function "
            "policy grants access to the principal secretsmanager.amazonaws.com.",
        )
    return function


def require_rules(rules: dict | None) -> None:
    days = (rules or {}).get("AutomaticallyAfterDays", 1)
    if not 1 <= days <= 1000:
        raise InvalidParameterException(
            "RotationRules.AutomaticallyAfterDays must be within 1-1000."
        )


def configure(secret: FakeSecret, rotation_lambda_arn: str, rules: dict | None) -> None:
    secret.rotation_requested = secret.rotation_enabled = True
    secret.rotation_lambda_arn = rotation_lambda_arn
    if rules:
        secret.rotation_rules = rules
        secret.auto_rotate_after_days = rules.get("AutomaticallyAfterDays", 0)
    set_next_date(secret)


def set_next_date(secret: FakeSecret) -> None:
    """From the number of days, or from a rate; a cron expression gives no date here."""
    rules = getattr(secret, "rotation_rules", {})
    seconds = rules.get("AutomaticallyAfterDays", 0) * clock.SECONDS_A_DAY
    rate = re.fullmatch(
        r"rate\((\d+) (hour|day)s?\)", rules.get("ScheduleExpression", "")
    )
    if rate:
        seconds = int(rate[1]) * SECONDS[rate[2]]
    secret.next_rotation_date = clock.now() + seconds if seconds else None


def rotate(
    backend: SecretsManagerBackend,
    secret: FakeSecret,
    function: LambdaFunction,
    token: str,
) -> None:
    """A rotation that fails leaves AWSPENDING where it is."""
    if not call_steps(backend, secret, function, token, STEPS):
        return
    with account.changing(backend.account_id):
        if holder(secret, CURRENT) == token:
            touch(secret)
            secret.last_rotation_date = secret.last_changed_date
            set_next_date(secret)


def try_out(
    backend: SecretsManagerBackend,
    secret: FakeSecret,
    function: LambdaFunction,
    token: str,
) -> None:
    """With RotateImmediately=false a pending version exists for testSecret only."""
    call_steps(backend, secret, function, token, TRIAL)
    with account.changing(backend.account_id):
        if not holds_value(secret.versions.get(token, {})):
            secret.versions.pop(token, None)
            touch(secret)


def call_steps(
    backend: SecretsManagerBackend,
    secret: FakeSecret,
    function: LambdaFunction,
    token: str,
    steps: list[str],
) -> bool:
    """Whether every step succeeded; the first function error ends the rotation, as
    do the end of the secret and CancelRotateSecret."""
    rotation_token = str(uuid.uuid4())
    for step in steps:
        with account.reading(backend.account_id):
            known = backend.secrets.get(secret.name) is secret
        if not known or not secret.rotation_enabled:
            return False
        event = {
            "Step": step,
            "SecretId": secret.arn,
            "ClientRequestToken": token,
            "RotationToken": rotation_token,
        }
        answer = player.invoke(
            backend.account_id, function.function_name, json.dumps(event).encode()
        )
        if answer.function_error:
            print(
                f"rotation of `{secret.name}` stopped at {step}",
                file=sys.stderr,
                flush=True,
            )
            return False
    return True
