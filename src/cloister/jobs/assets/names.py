"""Kinds, names and versions of assets, as Azure ML has them, and the resources that policies know them as."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from cloister.errors import Fault, SpecError

Kind = Literal["data", "models", "components", "environments", "codes"]

# The containers of ARM, each with the resource that policies name.
RESOURCES: Final[dict[Kind, str]] = {
    "data": "data",
    "models": "model-asset",
    "components": "component",
    "environments": "environment",
    "codes": "code",
}
# Where components and environments without a name are kept; their version is a hash
# (azure-ai-ml 1.35, azure.ai.ml.constants._common, read 2026-11).
ANONYMOUS: Final = ("azureml_anonymous", "CliV2AnonymousEnvironment")
LATEST: Final = "latest"
# The tag by which a version of MLflow's registry says which asset it is: where the files of that lie, and no other's.
ASSET_TAG: Final = "cloister.asset"
# A workspace's own name in ids: there is one workspace, and clients want to read ids of ARM's form.
WORKSPACE: Final = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/cloister"
    "/providers/Microsoft.MachineLearningServices/workspaces/cloister"
)
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")
_VERSION: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}")
_MEND_NAME: Final = "use letters, digits, hyphens, underscores and dots, at most 255"


@dataclass(frozen=True, slots=True)
class AssetId:
    """One version of one asset."""

    kind: Kind
    name: str
    version: str

    def __post_init__(self) -> None:
        check_name(self.kind, self.name)
        if not _VERSION.fullmatch(self.version) or self.version == LATEST:
            reason = f'"{self.version[:100]}" is no version'
            raise SpecError(Fault(f'{self.kind} "{self.name}"', reason, "use letters, digits, dots: 1 or 2026-11.3"))

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}:{self.version}"

    @property
    def resource(self) -> str:
        """What policies call it."""
        return f"{RESOURCES[self.kind]}/{self.name}"

    @property
    def arm(self) -> str:
        """Its id in ARM's form."""
        return f"{WORKSPACE}/{self.kind}/{self.name}/versions/{self.version}"


def check_name(kind: Kind, name: str) -> None:
    """Raise SpecError where that is no name for an asset."""
    if not _NAME.fullmatch(name):
        raise SpecError(Fault(f'{kind} "{name[:100]}"', "is no name for an asset", _MEND_NAME))


def kind_of(text: str) -> Kind:
    """The kind of that name. Raises SpecError."""
    if text not in RESOURCES:
        raise SpecError(Fault(f'kind "{text[:40]}"', "is no kind of asset", f"use one of {', '.join(RESOURCES)}"))
    return text
