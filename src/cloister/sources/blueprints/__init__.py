"""The blueprints that ship with Cloister: whole environments as documents, to lay one's own document over."""

from pathlib import Path

from cloister.errors import Fault, SpecError
from cloister.origin import Origin
from cloister.sources.wording import near_miss, one_of, shown
from cloister.sources.written import Written, parse

BLUEPRINTS: dict[str, str] = {
    "azure-hub-spoke": "A closed one in which people can work: hub, ML spoke with a lake, source control, on-premises.",
    "azure-two-vnet": "The smallest closed one: a network for the workspace, one for whoever comes in.",
    "azure-managed-network": "A closed one whose computes stand in a network that Azure keeps.",
    "azure-open-dev-closed-prod": "Development open by name, production closed, a registry between them.",
    "aws-mlflow": "A closed one in AWS: MLflow behind an API that is the only way in, Studio in an account of its own.",
    "azure-nsg-only": "A lesson: only filters guard the way out, and filters know no names.",
    "azure-never-public": "A lesson: a firewall that never permits public traffic.",
    "azure-static-records": "A lesson: three weeks for a compute instance, whose name is typed in on-premises.",
    "azure-manual-upload": "A lesson: nothing connects the data, so a public storage account does.",
    "azure-firewall-per-workspace": "A lesson: a firewall for each workspace, with its cost and drift.",
    "azure-published-terraform": "A published example with its defects, to learn what Cloister finds.",
}
_FOLDER = Path(__file__).resolve().parent
SCHEMA_PATH = _FOLDER.parent / "cloister.schema.json"


def blueprint_text(name: str, origin: Origin | None = None) -> str:
    """The document of a blueprint; raises SpecError with the near miss where there is none of that name."""
    _refuse_unknown(name, origin)
    return (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def starter_text(name: str) -> str:
    """A short document to begin with, laid over the blueprint; raises as `blueprint_text` does."""
    _refuse_unknown(name, None)
    return (_FOLDER / "starters" / f"{name}.yaml").read_text(encoding="utf-8")


def blueprint_tree(name: str, origin: Origin | None = None) -> Written:
    """The document of a blueprint as a tree whose places are such as `azure-hub-spoke.yaml:41`."""
    return parse(blueprint_text(name, origin), f"{name}.yaml")


def _refuse_unknown(name: str, origin: Origin | None) -> None:
    if name not in BLUEPRINTS:
        mend = f"write {near_miss(name, BLUEPRINTS) or one_of(BLUEPRINTS)}"
        raise SpecError(Fault(f"blueprint {shown(name)}", "there is no blueprint of that name", mend, origin))
