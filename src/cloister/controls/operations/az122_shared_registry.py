"""AZ122: models and environments lie where every workspace finds them."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory

_REGISTRY = "ml-registry"
_IN_A_REGISTRY = "azureml://registries/"

CONTROL = Control(
    id="AZ122",
    title="Models are kept in a registry that workspaces share, with their versions",
    why="A model that lies in one workspace is copied by hand to the next, and nobody can say which version serves.",
    remedy="Add an Azure ML registry, and register models and environments there.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.ATTESTED,
    sources=(well_architected("Operational Excellence: take advantage of model catalogs and registries"),),
    aliases=("WAF-OPS-C1", "WAF-OPS-R2"),
    question="Where are models and environments kept with their versions, and does every workspace find them there?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due unless a registry is described, or a model was seen in one."""
    models = (inventory.observed.models if inventory.observed else None) or ()
    described = any(one.kind == _REGISTRY for one in inventory.services)
    if not described and not any(model.id.startswith(_IN_A_REGISTRY) for model in models):
        yield CONTROL.due("the environment", at=inventory.origin)
