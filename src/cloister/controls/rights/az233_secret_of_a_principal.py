"""AZ233: service principals keep no secret."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import security_baseline
from cloister.inventory.azure import Inventory, Principal

CONTROL = Control(
    id="AZ233",
    title="Service principals prove themselves without a secret",
    why="A secret is copied into pipelines and laptops, works from anywhere, and is found missing only when it has "
    "expired.",
    remedy="Use a managed identity, or a federated credential of the pipeline's own provider.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(security_baseline("IM-3: Manage application identities securely and automatically, service principals"),),
    aliases=("MSB-IM-3b",),
    question="what do service principals prove themselves with",
)


def subjects(inventory: Inventory) -> Iterable[Principal]:
    """Every service principal."""
    return [one for one in inventory.principals if one.kind == "service-principal"]


def check(principal: Principal, _: Environment) -> Iterator[Finding | Due]:
    """A finding for a secret; due where nobody says what it proves itself with."""
    thing, place = f'service principal "{principal.name}"', principal.origin.of("credential")
    if principal.credential is None:
        yield CONTROL.due(thing, at=place, mend=f"state its credential, or attest {CONTROL.id}")
    elif principal.credential == "secret":
        message = "it proves itself with a secret, which works for whoever has it"
        yield CONTROL.finding(thing, message, at=place, mend="set credential: federated")
