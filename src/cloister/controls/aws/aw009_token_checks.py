"""AW009: what the authorizer looks at."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Due, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import Inventory

CONTROL = Control(
    id="AW009",
    title="The authorizer verifies signature, issuer, audience, use and expiry of tokens",
    why="A token that is only decoded is whatever its bearer wrote into it.",
    remedy=(
        "Verify the signature against the pool's keys, then issuer, audience or client, token_use and expiry; "
        "refuse what is missing."
    ),
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.ATTESTED,
    sources=(mlflow_post("Lambda authorizer: validation of the JWT"),),
    aliases=("S4-09",),
    question=(
        "Does the authorizer verify the token's signature and its iss, aud or client_id, token_use and exp, and "
        "refuse what lacks one of them, or carries no group that it knows?"
    ),
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with an API."""
    return (inventory,) if inventory.rest_apis else ()


def check(inventory: Inventory, _: AwsEnvironment) -> Iterator[Due]:
    """What a person has to state."""
    yield CONTROL.due("the environment", at=inventory.origin)
