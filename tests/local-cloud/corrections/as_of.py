"""Reads as of earlier: the header `x-keywheel-as-of: <seconds>` on a read."""

from moto.secretsmanager.models import secretsmanager_backends
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.ssm.models import ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse

from corrections import history

HEADER = "x-keywheel-as-of"


def backend(self):
    """The backend of this one request, so that no other request sees the past."""
    seconds = self.headers.get(HEADER)
    if seconds:
        return history.secrets_as_of(self.current_account, self.region, float(seconds))
    return secretsmanager_backends[self.current_account][self.region]


def ssm_backend(self):
    """The same for Parameter Store."""
    seconds = self.headers.get(HEADER)
    if seconds:
        return history.parameters_as_of(
            self.current_account, self.region, float(seconds)
        )
    return ssm_backends[self.current_account][self.region]


SecretsManagerResponse.backend = property(backend)
SimpleSystemManagerResponse.ssm_backend = property(ssm_backend)
