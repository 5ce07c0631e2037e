"""The services behind endpoints, under the names that they have in Azure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal
from uuid import NAMESPACE_DNS, uuid5

from cloister.facts.service_kinds import service_kinds
from cloister.inventory import azure
from cloister.sources import renaming
from cloister.sources.document.root import Document
from cloister.sources.lowering.spots import Spot, attributes


def names_in_azure(document: Document) -> dict[str, str]:
    """What the services that a document refers to by their keys are called in Azure, and so in the inventory."""
    sections: tuple[Mapping[str, Any], ...] = (
        document.storage_accounts,
        document.key_vaults,
        document.container_registries,
        document.services,
        document.workspaces,
    )
    return {key: block.name for section in sections for key, block in section.items() if block.name}


def vaults(document: Document, here: Spot, names: Mapping[str, str]) -> tuple[azure.KeyVault, ...]:
    """The key vaults."""
    return tuple(
        azure.KeyVault(
            **{"name": name} | attributes(block, "access_policies"),
            access_policies=tuple(
                (renaming.principal(words, names), permissions) for words, permissions in block.access_policies.items()
            ),
            origin=place.origin,
        )
        for name, block, place in here.pairs("key_vaults", document.key_vaults)
    )


def services(document: Document, here: Spot, names: Mapping[str, str]) -> tuple[azure.OtherService, ...]:
    """The services of other kinds."""
    return tuple(
        azure.OtherService(
            name=block.name or key,
            host_id=block.host_id or _stand_in(document.name, key),
            identity=block.identity or _own_identity(block.kind),
            scopes=tuple(names.get(scope, scope) for scope in block.scopes),
            kubernetes=place.single("kubernetes", block.kubernetes, azure.KubernetesSettings),
            **attributes(block, "name", "host_id", "identity", "scopes", "kubernetes"),
            origin=place.origin,
        )
        for key, block, place in here.pairs("services", document.services)
    )


def _own_identity(kind: str) -> Literal["None", "SystemAssigned"]:
    """The identity that a service of a kind is given without asking."""
    known = service_kinds().get(kind)
    return "SystemAssigned" if known and known.identity == "own" else "None"


def workspaces(document: Document, here: Spot, names: Mapping[str, str]) -> tuple[azure.Workspace, ...]:
    """The workspaces, each with the names of its services in Azure."""
    found = []
    for key, block, place in here.pairs("workspaces", document.workspaces):
        stated = attributes(block, "name", "workspace_id", "outbound_rules")
        for service in ("storage_account", "key_vault", "container_registry"):
            stated[service] = names.get(getattr(block, service), getattr(block, service))
        workspace_id = block.workspace_id or _stand_in(document.name, key)
        name = block.name or key
        rules = tuple(
            replace(rule, target=names.get(rule.target or "", rule.target))
            for rule in place.each("outbound_rules", block.outbound_rules, azure.OutboundRule)
        )
        found.append(
            azure.Workspace(name=name, workspace_id=workspace_id, outbound_rules=rules, **stated, origin=place.origin)
        )
    return tuple(found)


def online_endpoints(document: Document, here: Spot, names: Mapping[str, str]) -> tuple[azure.OnlineEndpoint, ...]:
    """The online endpoints with their deployments."""
    return tuple(
        azure.OnlineEndpoint(
            name=name,
            workspace=names.get(block.workspace or "", block.workspace),
            cluster=names.get(block.cluster or "", block.cluster),
            deployments=place.each("deployments", block.deployments, azure.Deployment),
            **attributes(block, "workspace", "cluster", "deployments"),
            origin=place.origin,
        )
        for name, block, place in here.pairs("online_endpoints", document.online_endpoints)
    )


def _stand_in(environment: str, workspace: str) -> str:
    """An id for a workspace that does not exist yet: the same for the same names, as its host names need one."""
    return str(uuid5(NAMESPACE_DNS, f"{workspace}.{environment}.cloister.invalid"))
