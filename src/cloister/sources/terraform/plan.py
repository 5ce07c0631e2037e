"""A plan or a state, as `terraform show -json` writes it, read into the resources that stand once it is applied."""

from collections.abc import Iterator, Mapping
from typing import Any

from cloister.origin import Origin
from cloister.sources.terraform.modules import Instance, instances, items, mapping
from cloister.sources.terraform.providers import providers
from cloister.sources.terraform.references import References
from cloister.sources.terraform.unknowns import Blanks
from cloister.sources.terraform.values import Declarations, Declared

_LATER = "data sources that are read during apply, or a plan of a part (-target): more may stand than the plan holds"
_FEW = 4


def declarations(document: Mapping[str, Any], file: str) -> Declarations:
    """What the plan or state declares, a deleted resource left out. `document` has passed `shape.recognised`."""
    configuration = mapping(mapping(document.get("configuration")).get("root_module"))
    changes = {
        address: change
        for change in map(mapping, items(document, "resource_changes"))
        if (address := _standing(change))
    }
    unknown = {address: mapping(change.get("change")).get("after_unknown") for address, change in changes.items()}
    gone = {str(one.get("address")) for one in map(mapping, items(document, "resource_changes")) if _is_deleted(one)}
    found = [one for one in _all(document, configuration, unknown, file) if one.address not in gone]
    blanks = Blanks(References(found))
    return Declarations(
        file=file,
        resources=tuple(_declared(one, blanks, file) for one in found),
        providers=providers(document),
        incomplete=_incomplete(document),
    )


def _all(
    document: Mapping[str, Any], configuration: Mapping[str, Any], unknown: Mapping[str, Any], file: str
) -> Iterator[Instance]:
    """What is planned, or stands; then data sources read while planning, which only the prior state holds."""
    values = mapping(document.get("planned_values") or document.get("values"))
    planned = list(instances(values.get("root_module"), configuration, unknown, file))
    yield from planned
    seen = {one.address for one in planned}
    prior = mapping(mapping(document.get("prior_state")).get("values"))
    for one in instances(prior.get("root_module"), configuration, {}, file):
        if one.record.get("mode") == "data" and one.address not in seen:
            yield one


def _incomplete(document: Mapping[str, Any]) -> str:
    """Why more may stand than the plan holds; empty where nothing does."""
    if document.get("complete") is False:
        return _LATER
    forgotten = [
        str(one.get("address"))
        for one in map(mapping, items(document, "resource_changes"))
        if "forget" in items(mapping(one.get("change")), "actions")
    ]
    named = f"{', '.join(forgotten[:_FEW])}{' and more' if len(forgotten) > _FEW else ''}"
    return f"Terraform forgets {named}, which stands on in the cloud as it is" if forgotten else ""


def _standing(change: Mapping[str, Any]) -> str:
    """The address that a change is about, empty where it is only about an object left over from a replacement."""
    return "" if "deposed" in change else str(change.get("address", ""))


def _is_deleted(change: Mapping[str, Any]) -> bool:
    return _standing(change) != "" and mapping(change.get("change")).get("actions") == ["delete"]


def _declared(one: Instance, blanks: Blanks, file: str) -> Declared:
    return Declared(
        address=one.address,
        type=str(one.record["type"]),
        name=str(one.record.get("name", "")),
        values=blanks.filled(one),
        origin=Origin(file, 0, address=one.address),
        module=one.module.address,
        key=one.key,
        mode="data" if one.record.get("mode") == "data" else "managed",
    )
