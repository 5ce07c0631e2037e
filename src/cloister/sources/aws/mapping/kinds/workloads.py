"""Services of containers with their task definitions, and instances."""

import json

from cloister.sources.aws.mapping.estate import Part
from cloister.sources.aws.mapping.taking import listed, taken
from cloister.sources.declared import Reference, Unknown, Value, at

_PUBLIC = {"ENABLED": True, "DISABLED": False}


def fill_service(part: Part) -> None:
    """Its addresses, the groups that it registers in, and what its task definition says of its containers."""
    estate = part.estate
    public = part.raw("public")
    estate.put(part, "assign_public_ip", _PUBLIC.get(public, public) if isinstance(public, str) else public, "public")
    for attribute in ("balancers", "tf_balancers"):
        groups = taken(part, attribute)
        if groups is not None:
            estate.put(part, "target_groups", estate.words(listed(groups), "target_groups"), attribute)
    task = estate.find(part.raw("task_definition"), "task-definition")
    if task is None:
        what = "runs a task definition that the input does not describe"
        estate.tell(part, what, "its containers, their ports and roles are not known", "task_definition")
        return
    for attribute in ("task_role", "execution_role"):
        if task.raw(attribute) is not None and part.path is not None:
            path = (*part.path, attribute)
            estate.draft.refer(path, task.raw(attribute), ("iam_roles",), task.place(attribute))
    _containers(part, task)


def _containers(part: Part, task: Part) -> None:
    containers = _definitions(task.raw("containers"))
    if isinstance(containers, Unknown):
        for attribute in ("container_ports", "environment", "secrets"):
            part.estate.draft.miss((*(part.path or ()), attribute), containers.why, task.place("containers"))
        return
    found: dict[str, list[Value]] = {"container_ports": [], "environment": [], "secrets": []}
    for one in containers:
        for port in listed(_member(one, "PortMappings")):
            found["container_ports"].append(_member(port, "ContainerPort"))
        for attribute, written in (("environment", "Environment"), ("secrets", "Secrets")):
            found[attribute] += [_member(variable, "Name") for variable in listed(_member(one, written))]
    for attribute, values in found.items():
        if values:
            part.estate.draft.put((*(part.path or ()), attribute), values, task.place("containers"))


def _definitions(value: Value) -> list[Value] | Unknown:
    """The containers; Terraform writes them as a JSON text in the words of the API."""
    if isinstance(value, str):
        try:
            parsed: Value = json.loads(value)
        except ValueError:
            return Unknown("is no JSON text")
        return listed(parsed)
    if isinstance(value, Unknown):
        return value
    return [] if isinstance(value, Reference) else listed(value)


def _member(value: Value, name: str) -> Value:
    """A member under CloudFormation's name, or under the API's, which begins with a small letter."""
    return at(value, name)


def fill_instance(part: Part) -> None:
    """Its role, and what its first interface says where it states one."""
    estate = part.estate
    profile = estate.find(part.raw("profile"), "instance-profile") or estate.named(
        "instance-profile", part.raw("profile")
    )
    roles = listed(taken(profile, "roles")) if profile else []
    if roles and part.path is not None:
        estate.draft.refer((*part.path, "iam_role"), roles[0], ("iam_roles",), part.place("profile"))
    interfaces = listed(part.raw("interfaces"))
    if interfaces:
        _from_interface(part, interfaces[0])


def _from_interface(part: Part, interface: Value) -> None:
    estate = part.estate
    if part.raw("subnet") is None:
        estate.put(part, "subnet", estate.draft.word(at(interface, "SubnetId"), ("subnets",)), "interfaces")
    groups = listed(at(interface, "GroupSet"))
    if groups:
        estate.put(part, "security_groups", estate.words(groups, "security_groups"), "interfaces")
    public = at(interface, "AssociatePublicIpAddress")
    if public is not None:
        estate.put(part, "associate_public_ip_address", public in (True, "true"), "interfaces")


FILLS = {"ecs-service": fill_service, "instance": fill_instance}
