"""AW026: work and registry stand apart."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import Inventory, SageMakerDomain

CONTROL = Control(
    id="AW026",
    title="The server of models and the people's workbenches stand in accounts of their own",
    why="In one account an administrator of notebooks is an administrator of the registry.",
    remedy="Put the tracking server into an account of its own, and let the others assume a role there.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(mlflow_post("Multi-account pattern"),),
    aliases=("S4-27",),
)


def subjects(inventory: Inventory) -> Iterable[SageMakerDomain]:
    """Every domain of Studio beside an API."""
    return inventory.sagemaker_domains if inventory.rest_apis else ()


def check(domain: SageMakerDomain, environment: AwsEnvironment) -> Iterator[Finding]:
    """A finding where its VPC is of the account of an API."""
    inventory = environment.inventory
    vpc = inventory.vpc(domain.vpc)
    home = inventory.account(vpc.account if vpc else None)
    for api in inventory.rest_apis:
        if inventory.account(api.account) == home:
            yield CONTROL.finding(
                f'domain "{domain.name}"',
                f"it stands in the account of API {api.name}",
                at=domain.origin,
                mend="state accounts, and put the API's server into one of its own",
            )
