"""Azure Machine Learning: workspaces, the rules of their managed networks, computes, endpoints."""

from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.kinds.keys import own_key
from cloister.sources.arm.mapping.resource import Resource, inner
from cloister.sources.arm.mapping.transforms import transformed
from cloister.sources.declared import Unknown, Value
from cloister.sources.draft import identity_of

WORKSPACE = "microsoft.machinelearningservices/workspaces"
RULE = f"{WORKSPACE}/outboundrules"
COMPUTE = f"{WORKSPACE}/computes"
ONLINE = f"{WORKSPACE}/onlineendpoints"
BATCH = f"{WORKSPACE}/batchendpoints"
BATCH_DEPLOYMENT = f"{BATCH}/deployments"
_TARGETS = ("workspaces", "storage_accounts", "key_vaults", "container_registries", "services")
_KINDS = {"amlcompute": "cluster", "computeinstance": "instance"}
_SERVICES_OF_HUB = {
    "storage_account": ("storage_accounts", "properties.storageAccount"),
    "key_vault": ("key_vaults", "properties.keyVault"),
    "container_registry": ("container_registries", "properties.containerRegistry"),
}
_OF_AZURE = ("required", "dependency")
"""Categories of outbound rules that Azure adds itself; Cloister knows them without being told."""


def workspace(estate: Estate, one: Resource) -> None:
    """The compute that builds its images, its Application Insights, and what its managed network has come to."""
    stated = one.get("properties.imageBuildCompute")
    if isinstance(stated, str) and stated:
        compute = next((c for c in estate.children(one, COMPUTE) if c.name.lower() == stated.lower()), None)
        estate.refer(
            one,
            "image_build_compute",
            compute.identity if compute else stated,
            ("computes",),
            "properties.imageBuildCompute",
        )
    insights = identity_of(one.get("properties.applicationInsights"))
    if insights:
        estate.put(one, "application_insights", insights.rpartition("/")[2], "properties.applicationInsights")
    _network_status(estate, one)
    if str(one.get("properties.encryption.status")).lower() == "enabled":
        prop = "properties.encryption.keyVaultProperties.keyIdentifier"
        own_key(estate, one, (one.get(prop), None), prop)
    kind = one.get("kind")
    if isinstance(kind, str) and kind.lower() not in ("default", ""):
        estate.tell(one, "kind", f"is a workspace of kind {kind}", "it is judged as a workspace of its own")
    if isinstance(kind, str) and kind.lower() == "project":
        _of_hub(estate, one)


def _of_hub(estate: Estate, one: Resource) -> None:
    """The services of a project are those of its hub."""
    place = "properties.hubResourceId"
    hub = estate.find(one.get(place))
    for attribute, (section, prop) in _SERVICES_OF_HUB.items():
        if one.get(prop) is None and hub is not None:
            estate.refer(one, attribute, hub.get(prop), (section,), place)
        elif one.get(prop) is None:
            estate.miss(one, attribute, "is that of a hub that the input does not describe", place)


def _network_status(estate: Estate, one: Resource) -> None:
    """Whether the managed network stands: an export shows it, a template may ask for it at once."""
    status = one.get("properties.managedNetwork.status.status")
    if isinstance(status, str):
        prop = "properties.managedNetwork.status.status"
        estate.put(one, "managed_network_provisioned", status.lower() == "active", prop)


def claim_rule(estate: Estate, one: Resource) -> None:
    """A rule that somebody wrote; those that Azure adds itself are known without it."""
    above = estate.draft.path_of(one.parent)
    if str(one.get("properties.category")).lower() in _OF_AZURE:
        return
    if above is None:
        what = "is part of a workspace that the input does not describe"
        estate.tell(one, "", what, "what it lets out is not judged")
        return
    estate.draft.claim((*above, "outbound_rules"), one.name, one.place(), one.declared.identities)


def outbound_rule(estate: Estate, one: Resource) -> None:
    """What it lets out, by its type."""
    if estate.path(one) is None:
        return
    destination, prop = one.get("properties.destination"), "properties.destination"
    kind = str(one.get("properties.type")).lower()
    if kind == "fqdn":
        estate.put(one, "fqdn", destination, prop)
    elif kind == "privateendpoint":
        estate.refer(one, "target", inner(destination, "serviceResourceId"), _TARGETS, f"{prop}.serviceResourceId")
        estate.put(one, "subresource", inner(destination, "subresourceTarget"), f"{prop}.subresourceTarget")
    elif kind == "servicetag":
        estate.put(one, "service_tag", inner(destination, "serviceTag"), f"{prop}.serviceTag")
        protocol = transformed(estate, "words:TCP|UDP|ICMP|*", inner(destination, "protocol"))
        estate.put(one, "protocol", protocol, f"{prop}.protocol")
        estate.put(one, "ports", _ports(inner(destination, "portRanges")), f"{prop}.portRanges")


def _ports(value: Value) -> Value:
    """Ports of a text such as `80, 443`."""
    if isinstance(value, str):
        return [port.strip() for port in value.split(",") if port.strip()]
    return value


def claim_compute(estate: Estate, one: Resource) -> None:
    """A cluster or an instance; computes of other kinds are told."""
    kind = one.get("properties.computeType")
    if isinstance(kind, str) and kind.lower() not in _KINDS:
        what = f"is a compute of kind {kind}"
        estate.tell(one, "properties.computeType", what, "what runs on it, and what that reaches, is not judged")
        return
    estate.draft.claim(("computes",), one.name, one.place(), one.declared.identities)


def compute(estate: Estate, one: Resource) -> None:
    """Its kind, its workspace, and its port for SSH, which is open on a cluster in no subnet unless it is closed."""
    if estate.path(one) is None:
        return
    kind = one.get("properties.computeType")
    word = _KINDS.get(kind.lower()) if isinstance(kind, str) else kind
    estate.put(one, "kind", word, "properties.computeType")
    estate.refer(one, "workspace", one.declared.parent, ("workspaces",), "workspace")
    if one.get("properties.properties.schedules.computeStartStop"):
        estate.put(one, "scheduled", value=True, prop="properties.properties.schedules")
    prop = "properties.properties.remoteLoginPortPublicAccess"
    stated = one.get(prop)
    if word == "cluster" and not isinstance(stated, Unknown):
        unsaid = str(stated or "NotSpecified").lower() == "notspecified"
        in_subnet = one.get("properties.properties.subnet.id") is not None
        opened = not in_subnet if unsaid else str(stated).lower() == "enabled"
        if opened:
            estate.put(one, "ssh_public_access", opened, prop)
    elif word == "cluster":
        estate.put(one, "ssh_public_access", stated, prop)


def online_endpoint(estate: Estate, one: Resource) -> None:
    """Its workspace; the cluster of one that runs on Kubernetes is not told by its own resource."""
    estate.refer(one, "workspace", one.declared.parent, ("workspaces",), "workspace")
    kind = one.get("kind")
    if isinstance(kind, str) and kind.lower() in ("k8s", "kubernetes"):
        estate.put(one, "kind", "kubernetes", "kind")
        what = "runs on a Kubernetes cluster"
        estate.tell(one, "properties.compute", what, "at which address it answers is not told, so it is UNKNOWN")


def batch_endpoint(estate: Estate, one: Resource) -> None:
    """Its workspace, and the compute of the deployment that it uses."""
    estate.refer(one, "workspace", one.declared.parent, ("workspaces",), "workspace")
    wanted = one.get("properties.defaults.deploymentName")
    deployments = list(estate.children(one, BATCH_DEPLOYMENT))
    chosen = [child for child in deployments if child.name == wanted] or deployments
    prop = "properties.defaults.deploymentName"
    if not chosen:
        estate.miss(one, "compute", "hangs on a deployment, and the input describes none", prop)
    else:
        estate.refer(one, "compute", chosen[0].get("properties.compute"), ("computes",), prop)
