"""Principals, roles and assignments in cloister.yaml: what they come to, and what their author is told."""

import pytest

from cloister.errors import SpecError
from cloister.inventory.azure import RoleAssignment
from cloister.inventory.azure.placement import resource_paths, scope_path
from cloister.sources.spec import read_text

WHOLE = """\
version: 1
blueprint: azure-hub-spoke
storage_accounts: {storage: {name: stteam}}
key_vaults: {old: {access_policies: {"user:ada": [get], "identity:storage-reader": [get]}}}
machines: {ci-agent: {identity: UserAssigned}}
principals:
  ada: {kind: user}
  scientists: {kind: group, members: ["user:ada", "group:readers", "identity:training"]}
  pipelines: {kind: service-principal}
  storage-reader: {kind: managed-identity, used_by: [training, workspace]}
role_definitions:
  Submitter:
    actions: [Microsoft.MachineLearningServices/workspaces/jobs/*]
    assignable_scopes: [workspace, "resource-group:rg-hub-spoke"]
role_assignments:
  work: {principal: "group:scientists", role: Submitter, scope: workspace}
  read: {principal: "identity:storage-reader", role: Storage Blob Data Reader, scope: storage/raw, condition: "c"}
  reach: {principal: "sp:pipelines", role: Contributor, scope: "management-group:corp", eligible: true}
deny_assignments:
  stack: {principals: ["*"], excluded: ["sp:pipelines"], actions: ["*/delete"], scope: "resource-group:rg-hub-spoke"}
"""


def test_assignments_name_services_as_azure_does() -> None:
    inventory = read_text(WHOLE, "f.yaml")
    own = {one.name: one for one in inventory.role_assignments if one.origin.file == "f.yaml"}
    work, read, reach = own["work"], own["read"], own["reach"]
    assert work == RoleAssignment(
        name="work", principal="group:scientists", role="Submitter", scope="workspace", origin=work.origin
    )
    assert (str(work.origin), str(work.origin.of("role"))) == ("f.yaml:16", "f.yaml:16")
    assert (read.scope, read.condition, reach.eligible) == ("stteam/raw", "c", True)
    assert [one.words for one in inventory.principals if one.origin.file == "f.yaml"] == [
        "user:ada",
        "group:scientists",
        "sp:pipelines",
        "identity:storage-reader",
    ]


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ("subscription", ()),
        ("management-group:corp", ()),
        ("resource-group:rg-hub-spoke", ("rg-hub-spoke",)),
        ("workspace", ("rg-hub-spoke", "workspace")),
        ("training", ("rg-hub-spoke", "workspace", "training")),
        ("stteam/raw", ("rg-hub-spoke", "stteam", "raw")),
        ("nsg-jump", ("rg-hub-spoke", "nsg-jump")),
        ("jump-host", ("rg-hub-spoke", "jump-host")),
        ("firewall", ("rg-hub-spoke", "firewall")),
        ("resource-group:rg-other", None),
        ("workstation", None),
        ("nothing", None),
        ("stteam/", None),
    ],
)
def test_a_scope_is_a_path_from_its_resource_group_down(scope: str, path: tuple[str, ...] | None) -> None:
    assert scope_path(read_text(WHOLE, "f.yaml"), scope) == path


def test_a_resource_stands_in_the_group_of_its_network() -> None:
    other = "version: 1\nblueprint: azure-hub-spoke\nnetworks: {source-control: {resource_group: rg-ci}}\n"
    paths = resource_paths(read_text(other, "f.yaml"))
    assert (paths["ci-agent"], paths["workspace"], paths["source-control"]) == (
        ("rg-ci", "ci-agent"),
        ("rg-hub-spoke", "workspace"),
        ("rg-ci", "source-control"),
    )


FAULTS = {
    "a principal without its kind": (
        ('{principal: "group:scientists",', "{principal: scientists,"),
        'role assignment "work": principal "scientists" does not say what kind of principal it is (f.yaml:16:10)',
        "write group:scientists",
    ),
    "an unknown kind": (
        ('"group:readers", ', '"team:readers", '),
        'principal "scientists": members "team:readers" does not say what kind of principal it is (f.yaml:8:29)',
        "write user:NAME, group:NAME, sp:NAME or identity:NAME",
    ),
    "a misspelt principal": (
        ('"group:scientists", role', '"group:scientist", role'),
        'role assignment "work": principal "group:scientist" is no principal of this document (f.yaml:16:10)',
        "write group:scientists",
    ),
    "an identity of what has none": (
        ("identity:training", "identity:workstation"),
        'principal "scientists": members "identity:workstation" is no principal of this document (f.yaml:8:29)',
        "write identity:workspace",
    ),
    "members of a user": (
        ("{kind: user}", '{kind: user, members: ["sp:pipelines"]}'),
        'principal "ada": has members, and a user has none (f.yaml:7:21)',
        "write kind: group, or take the members out",
    ),
    "an identity that a user carries": (
        ("{kind: service-principal}", "{kind: service-principal, used_by: [training]}"),
        'principal "pipelines": has used_by, and a service-principal is carried by nothing (f.yaml:9:40)',
        "write kind: managed-identity, or take used_by out",
    ),
    "carried by nothing": (
        ("used_by: [training, workspace]", "used_by: [trainig]"),
        'principal "storage-reader": used_by "trainig" names nothing that carries an identity (f.yaml:10:44)',
        "write training",
    ),
    "a misspelt scope": (
        ("role: Submitter, scope: workspace", "role: Submitter, scope: workspce"),
        'role assignment "work": scope "workspce" is no scope of this environment (f.yaml:16:58)',
        "write workspace",
    ),
    "a scope like none": (
        ('scope: "resource-group:rg-hub-spoke"}', "scope: moon}"),
        'deny assignment "stack": scope "moon" is no scope of this environment (f.yaml:20:81)',
        "write subscription, resource-group:NAME, or the name of a resource",
    ),
    "a role where it may not be assigned": (
        ("role: Submitter, scope: workspace", "role: Submitter, scope: subscription"),
        'role assignment "work": role "Submitter" may not be assigned at subscription (f.yaml:16:58)',
        "widen its assignable_scopes (workspace, resource-group:rg-hub-spoke), or assign it there",
    ),
    "a role of Azure's own": (
        ("  Submitter:\n", "  Contributor:\n"),
        'role definition "Contributor": has the name of a built-in role (f.yaml:12:3)',
        "give it a name of its own",
    ),
    "no operation": (
        ("[Microsoft.MachineLearningServices/workspaces/jobs/*]", "[jobs]"),
        'role definition "Submitter": actions "jobs" is no operation (f.yaml:13:5)',
        "write it as Microsoft.Storage/storageAccounts/read, with * for any text",
    ),
    "a role that allows nothing": (
        ("    actions: [Microsoft.MachineLearningServices/workspaces/jobs/*]\n", ""),
        'role definition "Submitter": allows nothing (f.yaml:12:3)',
        "write actions, or data_actions",
    ),
    "an access policy for nobody": (
        ('{"user:ada": [get]', '{"user:eda": [get]'),
        'key vault "old": access_policies "user:eda" is no principal of this document (f.yaml:4:20)',
        "write user:ada",
    ),
}


@pytest.mark.parametrize(("change", "told", "mend"), FAULTS.values(), ids=FAULTS)
def test_what_is_refused_and_how_it_is_told(change: tuple[str, str], told: str, mend: str) -> None:
    assert change[0] in WHOLE
    with pytest.raises(SpecError) as refused:
        read_text(WHOLE.replace(*change), "f.yaml")
    assert f"{told}\n  mend: {mend}" in str(refused.value)


def test_a_fault_of_a_principal_or_a_scope_is_told_once() -> None:
    broken = WHOLE.replace("kind: service-principal", "kind: robot").replace("name: stteam", "nme: stteam")
    with pytest.raises(SpecError) as refused:
        read_text(broken, "f.yaml")
    assert [fault.thing for fault in refused.value.faults] == ['storage account "storage"', 'principal "pipelines"']
