"""AWS answers 400 to every error of the caller; moto 404 when something is missing."""

from moto.secretsmanager.exceptions import (
    ResourceNotFoundException,
    SecretNotFoundException,
)

from corrections.correction import wrap


@wrap(SecretNotFoundException)
@wrap(ResourceNotFoundException)
def __init__(original, self, *message):
    original(self, *message)
    self.code = 400
