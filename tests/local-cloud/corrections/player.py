"""The player runs the functions: it speaks Lambda's invocation API, one an account."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass

# Lambda's longest time-out is 900 s; the player ends an invocation itself.
TIMEOUT_SECONDS = 910

_players: dict[str, str] = {}


@dataclass
class Answer:
    """`function_error` is the value of X-Amz-Function-Error, None on success."""

    payload: bytes
    function_error: str | None


def register(account: str, url: str) -> None:
    _players[account] = url.rstrip("/")


def invoke(
    account: str, function: str, event: bytes, kind: str = "RequestResponse"
) -> Answer:
    """Whatever goes wrong on the way to the function is a function error too."""
    if account not in _players:
        return failure("NoPlayer", f"account `{account}` has no player")
    request = urllib.request.Request(
        f"{_players[account]}/2015-03-31/functions/{function}/invocations",
        data=event,
        headers={"X-Amz-Invocation-Type": kind, "Content-Type": "application/json"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            return Answer(response.read(), response.headers["X-Amz-Function-Error"])
    except urllib.error.HTTPError as error:
        return failure("PlayerRefused", f"the player answered {error.code}")
    except OSError as error:
        return failure("PlayerUnreachable", str(error))


def failure(kind: str, message: str) -> Answer:
    payload = json.dumps({"errorType": kind, "errorMessage": message}).encode()
    return Answer(payload, "Unhandled")
