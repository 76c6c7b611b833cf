"""The states that an account had in the last minutes, for reads as of then.

A state is kept after each change; secrets and parameters that did not change are
shared with the state before. Callers hold the account's lock.
"""

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from moto.secretsmanager.models import FakeSecret, SecretsStore, secretsmanager_backends
from moto.ssm.models import Parameter, ParameterDict, ssm_backends

from corrections.ssm import own_parameters

# A stale read asks for seconds ago; no test lives longer.
KEPT_SECONDS = 600


@dataclass
class State:
    """The attributes of every secret, and of every version of every parameter."""

    since: float = field(default=0.0, compare=False)  # on the monotonic clock
    secrets: dict[str, dict] = field(default_factory=dict)
    parameters: dict[str, list[dict]] = field(default_factory=dict)


_states: dict[tuple[str, str], list[State]] = {}

# One state an account, to come back to.
_saved: dict[tuple[str, str], State] = {}


def record(account: str) -> None:
    """Keeps the present state of each region of the account."""
    regions = set(secretsmanager_backends[account]) | set(ssm_backends[account])
    for region in regions:
        states = _of(account, region)
        present = _present(account, region, states[-1])
        if present != states[-1]:
            states.append(present)
        oldest = time.monotonic() - KEPT_SECONDS
        while len(states) > 1 and states[1].since <= oldest:
            states.pop(0)


def forget(account: str, region: str) -> None:
    """From now on the account was always empty."""
    _states.pop((account, region), None)


def save(account: str, region: str) -> None:
    """Ageing changes kept states in place: this one is apart from them."""
    _saved[account, region] = copy.deepcopy(_present(account, region, State()))


def restore(account: str, region: str) -> bool:
    """Secrets and parameters as they were saved, as if they had always been so;
    false when nothing was saved."""
    saved = _saved.get((account, region))
    if saved is None:
        return False
    forget(account, region)
    _of(account, region)[0] = copy.deepcopy(saved)
    live = copy.deepcopy(saved)
    secretsmanager_backends[account][region].secrets = _secrets(live)
    parameters = _parameters(account, region, live)
    ssm_backends[account][region]._parameters = parameters
    return True


def kept(account: str, region: str) -> Iterator[State]:
    """Every state that is kept, the oldest first; parts of them are shared."""
    return iter(_of(account, region))


def secrets_as_of(account: str, region: str, seconds: float):
    """A backend of Secrets Manager with the secrets of `seconds` ago, to read from."""
    backend = copy.copy(secretsmanager_backends[account][region])
    backend.secrets = _secrets(_as_of(account, region, seconds))
    return backend


def parameters_as_of(account: str, region: str, seconds: float):
    """A backend of Parameter Store with the parameters of `seconds` ago, to read from."""
    backend = copy.copy(ssm_backends[account][region])
    state = _as_of(account, region, seconds)
    backend._parameters = _parameters(account, region, state)
    return backend


def _of(account: str, region: str) -> list[State]:
    return _states.setdefault((account, region), [State()])


def _as_of(account: str, region: str, seconds: float) -> State:
    """What was before the first kept change is the state at the start."""
    then = time.monotonic() - seconds
    states = _of(account, region)
    return next((each for each in reversed(states) if each.since <= then), states[0])


def _present(account: str, region: str, last: State) -> State:
    secrets = secretsmanager_backends[account][region].secrets
    parameters = own_parameters(ssm_backends[account][region])
    return State(
        since=time.monotonic(),
        secrets={
            name: _frozen(vars(secret), last.secrets.get(name))
            for name, secret in secrets.items()
            if isinstance(secret, FakeSecret)
        },
        parameters={
            name: _frozen([vars(each) for each in versions], last.parameters.get(name))
            for name, versions in parameters.items()
        },
    )


def _frozen(live, before):
    return before if live == before else copy.deepcopy(live)


def _secrets(state: State) -> SecretsStore:
    secrets = SecretsStore()
    for name, attributes in state.secrets.items():
        secrets[name] = _thawed(FakeSecret, attributes)
    return secrets


def _parameters(account: str, region: str, state: State) -> ParameterDict:
    parameters = ParameterDict(account, region)
    for name, versions in state.parameters.items():
        parameters[name] = [_thawed(Parameter, each) for each in versions]
    return parameters


def _thawed(kind: type, attributes: dict):
    # Past moto's constructor, which remembers every instance for good.
    instance = object.__new__(kind)
    instance.__dict__ = attributes
    return instance
