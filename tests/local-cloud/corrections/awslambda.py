"""Lambda: moto holds the functions, the player runs them."""

from contextlib import suppress
from fnmatch import fnmatchcase

from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.iam.exceptions import EntityAlreadyExists
from moto.iam.models import iam_backends

from corrections import player
from corrections.correction import replace, wrap


@wrap(LambdaBackend)
def create_function(original, self, spec):
    """Any role of the account will do: rights are not evaluated, so none need be made."""
    _, _, role = spec["Role"].partition(":role/")
    path, _, name = f"/{role}".rpartition("/")
    with suppress(EntityAlreadyExists):
        iam_backends[self.account_id][self.partition].create_role(
            role_name=name,
            assume_role_policy_document="{}",
            path=f"{path}/",
            permissions_boundary=None,
            description="",
            tags=[],
            max_session_duration=None,
        )
    return original(self, spec)


@replace(LambdaFunction)
def invoke(self, body, request_headers, response_headers):
    """Runs on the player, without Docker; an Event is answered before it has run."""
    kind = request_headers.get("X-Amz-Invocation-Type") or "RequestResponse"
    if kind == "DryRun":
        return b""
    event = body.encode() if isinstance(body, str) else body
    answer = player.invoke(self.account_id, self.function_name, event or b"{}", kind)
    if answer.function_error:
        response_headers["x-amz-function-error"] = answer.function_error
    return answer.payload


def may_be_invoked_by(
    function: LambdaFunction, service: str, account: str, source_arn: str
) -> bool:
    """Whether a statement of the function's policy allows the service, for that source."""
    return any(
        statement.get("Effect") == "Allow"
        and statement.get("Principal") == {"Service": service}
        and statement.get("Action") in ("lambda:InvokeFunction", "lambda:*")
        and holds(statement.get("Condition", {}), account, source_arn)
        for statement in function.policy.statements
    )


def holds(condition: dict, account: str, source_arn: str) -> bool:
    """AddPermission makes two conditions: SourceAccount and SourceArn."""
    expected_account = condition.get("StringEquals", {}).get(
        "AWS:SourceAccount", account
    )
    pattern = condition.get("ArnLike", {}).get("AWS:SourceArn", source_arn)
    return expected_account == account and fnmatchcase(source_arn, pattern)
