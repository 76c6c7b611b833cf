"""Parameter Store: what an account has put there, apart from AWS's own parameters."""

from moto.ssm.models import Parameter, SimpleSystemManagerBackend

AWS_OWN = "/aws/"


def own_parameters(backend: SimpleSystemManagerBackend) -> dict[str, list[Parameter]]:
    """Each parameter's versions, the present one last. moto loads AWS's public
    parameters into the same dictionary when one is asked for."""
    return {
        name: versions
        for name, versions in backend._parameters.items()
        if versions and not name.startswith(AWS_OWN)
    }
