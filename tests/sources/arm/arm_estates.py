"""Resources as an export prints them, for tests of the mapping, and what they come to."""

from pathlib import Path
from typing import Any

from cloister.sources.arm.mapping.filling import fill
from cloister.sources.arm.reading import read_arm
from cloister.sources.draft import Draft
from cloister.sources.translated import Translated

GROUP = "/subscriptions/s/resourceGroups/rg"
NET = "Microsoft.Network"
VNET = f"{NET}/virtualNetworks"
ML = "Microsoft.MachineLearningServices/workspaces"
SUBNET = f"{GROUP}/providers/{VNET}/net/subnets/s"


def identity(type_: str, *names: str) -> str:
    provider, *segments = type_.split("/")
    pairs = "/".join(f"{segment}/{name}" for segment, name in zip(segments, names, strict=True))
    return f"{GROUP}/providers/{provider}/{pairs}"


def one(type_: str, name: str, properties: Any = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    names = name.split("/")
    return {
        "id": identity(type_, *names),
        "name": names[-1],
        "type": type_,
        "properties": {} if properties is None else properties,
        **more,
    }


NETWORK = one(
    VNET,
    "net",
    {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        "subnets": [{"name": "s", "properties": {"addressPrefix": "10.0.0.0/24"}}],
    },
)


def translated(*resources: dict[str, Any]) -> Translated:
    draft = Draft("export.json")
    fill(draft, read_arm([*resources], Path("export.json"), "export").resources)
    return draft.translated()
