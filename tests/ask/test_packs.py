"""The built-in packs: each row of their tables becomes the question that it names, where its place stands."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from cloister.ask.asking import Environment, answer
from cloister.ask.judgement import Judgement, Standing, judge
from cloister.ask.packs.opening import Choice, open_packs
from cloister.ask.question import Question
from cloister.facts.packs import PackTraffic, SharedHost, WayOut, pack_traffic, packs, shared_hosts, ways_out
from cloister.facts.tables import RequiredTraffic, required_traffic
from cloister.inventory.azure import Cloud, Inventory
from cloister.inventory.intents import PackChoice
from cloister.origin import Origin
from cloister.sources.spec import read_text
from cloister.verdict import Answer, Layer, Outcome, Step, Verdict

HERE = Origin("cloister.yaml", 12)
CLOUDS = ["azure", "azure-china"]
# One of everything that packs ask from; nothing in it is closed, because only what is asked matters here.
WHOLE = """version: 1
name: whole
region: westeurope
networks: {net: {address_space: [10.0.0.0/16], subnets: {all: {prefix: 10.0.0.0/24}}}}
machines:
  jump: {purpose: jump-host, subnet: net/all, private_ip: 10.0.0.4}
  agent: {purpose: ci-agent, subnet: net/all, private_ip: 10.0.0.5}
  runtime: {purpose: integration-runtime, subnet: net/all, private_ip: 10.0.0.9}
services:
  factory: {kind: datafactory}
  pods: {kind: kubernetes, subnets: [net/all]}
private_endpoints:
  pe: {subnet: net/all, target: space, subresource: amlworkspace, private_ips: [10.0.0.6, 10.0.0.7, 10.0.0.8]}
storage_accounts: {stspace: {}}
key_vaults: {keys: {}}
container_registries: {images: {}}
workspaces: {space: {storage_account: stspace, key_vault: keys, container_registry: images, high_business_impact: true}}
computes:
  nodes: {kind: cluster, subnet: net/all}
  desk: {kind: instance, subnet: net/all, node_public_ip: false}
"""


def _whole(cloud: str = "azure") -> Inventory:
    """The environment with every pack switched on."""
    whole = replace(read_text(WHOLE, "whole.yaml"), cloud=Cloud(cloud))
    on = tuple(PackChoice(name=name, asked=True, origin=HERE) for name in packs())
    return replace(whole, packs=on)


def _asked(inventory: Inventory, pack: str) -> set[str]:
    """Every question of a pack, in whichever way it can be met."""
    [opened] = [one for one in open_packs(inventory) if one.pack.name == pack]
    return {
        question
        for posed in opened.posed
        for way in (posed.ways or ((posed.intent.question,),))
        for question in way
        if question
    }


def _always(told: Answer) -> Callable[[Question], Verdict]:
    outcome = {Answer.ALLOW: Outcome.PASS, Answer.DENY: Outcome.REFUSE, Answer.UNKNOWN: Outcome.UNKNOWN}[told]
    return lambda question: Verdict(told, question.text, (Step(Layer.ROUTE, "somewhere", outcome, "so"),))


def _first_port(ports: str, protocol: str) -> str:
    port = re.split("[,-]", ports)[0]
    return f"{port}/udp" if protocol == "UDP" else port


PLACES = {"computes": "nodes", "instances": "desk", "ci-agents": "agent", "people": "jump"}
PLACES |= {"integration-runtimes": "runtime", "integration-runtimes-inside": "runtime"}
PLACES |= {"kubernetes": "pods/nodes", "kubernetes-with-public-api": "pods/nodes"}
BY_NAME = {"instances": "desk", "factories": "factory"}


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    "row",
    [row for row in pack_traffic("azure") + pack_traffic("azure-china") if row.asked],
    ids=lambda row: f"{row.pack}: {row.destination}",
)
def test_a_destination_of_a_pack_is_asked_for(row: PackTraffic, cloud: str) -> None:
    host = BY_NAME.get(row.asked) or row.asked.format(region="westeurope")
    question = f"{PLACES[row.place]} -> {host}:{_first_port(row.ports, row.protocol)}"
    assert (question in _asked(_whole(cloud), row.pack)) is (row.cloud in ("*", cloud))


@pytest.mark.parametrize(
    "row", [row for row in pack_traffic("azure") if not row.asked], ids=lambda row: f"{row.pack}: {row.destination}"
)
def test_a_destination_that_is_not_asked_says_why(row: PackTraffic) -> None:
    assert len(row.what) > len("jobs")
    assert not [one for one in _asked(_whole(), row.pack) if row.destination.lstrip("*.{") in one]


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("way", ways_out("azure"), ids=lambda way: f"{way.name} {way.target}")
def test_a_way_out_is_asked_from_computes_and_machines(way: WayOut, cloud: str) -> None:
    asked = _asked(_whole(cloud), "no-way-out")
    target = f"{way.target.format(region='westeurope')}:{way.port}"
    wanted = way.cloud in ("*", cloud) and target != "Storage.eastus:443"  # one other region stands for all
    for place in ("nodes", "desk", "jump", "agent"):
        assert (f"{place} -> {target}" in asked) is wanted


def test_of_other_regions_the_first_that_is_not_ones_own_is_asked() -> None:
    for region, other in (("northeurope", "Storage.eastus"), ("westeurope", "Storage.northeurope")):
        inside = replace(_whole(), region=region)
        storage = [one for one in _asked(inside, "no-way-out") if one.startswith("nodes -> Storage.")]
        assert storage == [f"nodes -> {other}:443"]


@pytest.mark.parametrize("door", ["space", "space/notebooks", "stspace/blob", "stspace/web", "keys", "images/data"])
def test_ones_own_doors_are_asked_for_at_their_public_address(door: str) -> None:
    assert {f"{place} -> {door}@public:443" for place in ("nodes", "agent")} <= _asked(_whole(), "no-way-out")


@pytest.mark.parametrize("host", shared_hosts("azure"), ids=lambda host: host.host)
def test_a_shared_host_is_asked_for_unless_it_is_approved(host: SharedHost) -> None:
    question = f"nodes -> {host.asked}:{host.port}"
    assert question in _asked(_whole(), "strangers")
    text = WHOLE + f'approved: {{"{host.host}": {{why: a test, from: clusters}}}}\n'
    asked = _asked(read_text(text, "whole.yaml"), "strangers")
    assert question not in asked
    assert f"agent -> {host.asked}:{host.port}" in asked


@pytest.mark.parametrize(
    "row",
    [row for cloud in CLOUDS for row in required_traffic(cloud) if not row.mode],
    ids=lambda row: f"{row.cloud} {row.need}: {row.destination}",
)
def test_required_traffic_is_asked_for_in_its_cloud(row: RequiredTraffic) -> None:
    inventory = _whole(row.cloud)
    needs = ("azure-ml-required", "azure-ml-node-storage", "studio")
    asked = {question for pack in needs for question in _asked(inventory, pack)}
    port = _first_port(row.ports, row.protocol)
    if row.direction == "in":
        question = f"{row.asked} -> nodes:{port}"
    elif row.asked == "services":
        question = f"nodes -> space:{port}"
    else:
        question = f"{'jump' if row.who == 'studio' else 'nodes'} -> {row.asked.format(region='westeurope')}:{port}"
    assert question in asked
    strange = {"azure": ".azureml.cn:", "azure-china": ".azureml.net:"}[row.cloud]
    assert not [one for one in asked if strange in one]


def test_commands_come_to_computes_with_a_public_address_only() -> None:
    commands = {one for one in _asked(_whole(), "azure-ml-required") if one.startswith("AzureMachineLearning ->")}
    assert commands == {"AzureMachineLearning -> nodes:44224"}


SCOPE = """  scope: {kind: monitor}
private_endpoints:
  pe: {subnet: net/all, target: space, subresource: amlworkspace, private_ips: [10.0.0.6, 10.0.0.7, 10.0.0.8]}
  scope-end:
    subnet: net/all
    target: scope
    subresource: azuremonitor
    approval: APPROVAL
    private_ips: [ADDRESSES]
"""


@pytest.mark.parametrize(("approval", "asked"), [("Approved", False), ("Pending", True)])
def test_monitoring_is_asked_for_unless_a_private_link_scope_takes_it(approval: str, *, asked: bool) -> None:
    start, rest = WHOLE.split("private_endpoints:\n")
    addresses = ", ".join(f"10.0.0.{last}" for last in range(30, 41))
    text = start + SCOPE.replace("APPROVAL", approval).replace("ADDRESSES", addresses) + rest.partition("\n")[2]
    found = _asked(read_text(text, "scope.yaml"), "azure-ml-required")
    assert ("nodes -> AzureMonitor:443" in found) is asked
    assert ("nodes -> dc.services.visualstudio.com:443" in found) is asked


MANAGED = WHOLE.replace("subnet: net/all}", "}").replace("subnet: net/all, node", "node")


@pytest.mark.parametrize("mode", ["AllowInternetOutbound", "AllowOnlyApprovedOutbound"])
def test_a_managed_network_is_asked_by_its_mode(mode: str) -> None:
    inventory = read_text(MANAGED.replace("key_vault: keys,", f"key_vault: keys, managed_network: {mode},"), "m.yaml")
    rows = [row for row in required_traffic("azure") if row.mode == mode and row.direction == "out"]
    wanted = {
        f"nodes -> {row.asked.format(region='westeurope')}:{_first_port(row.ports, row.protocol)}"
        for row in rows
        if row.asked != "services"
    }
    assert len(wanted) >= 8
    assert wanted <= _asked(inventory, "managed-network")
    assert not _asked(inventory, "azure-ml-required")


@pytest.mark.parametrize("name", packs())
def test_a_pack_has_intents_with_names_and_reasons_of_their_own(name: str) -> None:
    [opened] = [one for one in open_packs(_whole()) if one.pack.name == name]
    intents = [posed.intent for posed in opened.posed]
    assert len({intent.name for intent in intents}) == len(intents)
    assert not [intent.name for intent in intents if not intent.why]
    assert {posed.pack for posed in opened.posed} <= {name}


@pytest.mark.parametrize(
    ("switch", "choice", "why"),
    [
        ("", Choice.OFF, "compute instances stand in a subnet"),
        ("packs: {vs-code: on}", Choice.ASKED, ""),
        ("packs: {vs-code: {ask: on, why: all use it}}", Choice.ASKED, ""),
        ("packs: {vs-code: {ask: off, why: nobody uses it}}", Choice.SWITCHED_OFF, "nobody uses it"),
    ],
)
def test_the_owner_switches_packs(switch: str, choice: Choice, why: str) -> None:
    [opened] = [one for one in open_packs(read_text(f"{WHOLE}{switch}\n", "w.yaml")) if one.pack.name == "vs-code"]
    assert (opened.choice, opened.why, bool(opened.posed)) == (choice, why, choice is Choice.ASKED)


def test_a_pack_that_is_switched_on_and_has_no_place_is_missed() -> None:
    without = WHOLE.replace("  pods: {kind: kubernetes, subnets: [net/all]}\n", "")
    judgement = judge(read_text(f"{without}packs: {{kubernetes: on}}\n", "w.yaml"), _always(Answer.ALLOW))
    [one] = [one for one in judgement.all() if one.pack == "kubernetes"]
    assert (one.standing, one.verdict.reason, one.mend) == (
        Standing.MISSED,
        "the pack is switched on, and there is no place for it: it is asked where Kubernetes clusters stand",
        "describe the place, or switch kubernetes off",
    )


def test_a_pack_without_a_place_is_told_as_such() -> None:
    without = WHOLE.replace("integration-runtime", "other")
    [opened] = [one for one in open_packs(read_text(without, "w.yaml")) if one.pack.name == "data-factory"]
    assert (opened.choice, opened.why) == (Choice.NOTHING, "integration runtimes stand")


def _refusing(*words: str) -> Callable[[Question], Verdict]:
    """Refuses the questions in which a word stands, and allows the others."""
    return lambda question: _always(Answer.DENY if any(word in question.text for word in words) else Answer.ALLOW)(
        question
    )


SOURCES = WHOLE.replace("stspace: {}", "stspace: {}, stlake: {hierarchical_namespace: true}").replace(
    "machines:\n", "machines:\n  customers: {purpose: database, subnet: net/all, private_ip: 10.0.0.11}\n"
)
LAKE, DATABASE = "nodes -> stlake/dfs:443", "nodes -> customers:1433"


def _data(text: str, *refused: str) -> list[tuple[str, Standing]]:
    judgement = judge(read_text(text, "w.yaml"), _refusing(*refused))
    [found] = [one for one in judgement.needs if one.name == "data source or lake"]
    assert found.standing is (Standing.MISSED if refused else Standing.MET)
    return [(one.question, one.standing) for one in found.judged]


def test_a_lake_that_is_reached_hides_no_broken_route_to_a_database() -> None:
    assert _data(SOURCES) == [(LAKE, Standing.MET), (DATABASE, Standing.MET)]
    assert _data(SOURCES, "customers") == [(LAKE, Standing.MET), (DATABASE, Standing.MISSED)]
    assert _data(SOURCES, "stlake") == [(LAKE, Standing.MISSED), (DATABASE, Standing.MET)]


@pytest.mark.parametrize(
    "closed",
    [
        '{must_not: "nodes -> customers:1433", why: a copy fills the lake}',
        '{must_not: "all -> customers", why: a copy fills the lake}',
        "{must_not: {from: [computes], to: [customers], ports: [1433]}, why: a copy fills the lake}",
    ],
)
def test_a_source_that_jobs_must_not_reach_is_none_of_theirs(closed: str) -> None:
    assert [question for question, _ in _data(f"{SOURCES}intents: {{fed: {closed}}}\n")] == [LAKE]


def test_another_port_or_place_that_is_closed_leaves_a_source_to_jobs() -> None:
    other = '{shell: {must_not: "nodes -> customers:22", why: x}, people: {must_not: "jump -> customers:1433", why: x}}'
    assert [question for question, _ in _data(f"{SOURCES}intents: {other}\n")] == [LAKE, DATABASE]


def test_what_a_runtime_on_a_site_reaches_in_the_internet_is_not_asked() -> None:
    hub = read_text("version: 1\nblueprint: azure-hub-spoke\nname: golden\n", "c.yaml")
    assert _asked(hub, "data-factory") == {"integration-runtime -> factory:443"}


def test_the_nodes_of_a_private_cluster_do_without_its_public_interface() -> None:
    private = WHOLE.replace(
        "subnets: [net/all]}\nprivate", "subnets: [net/all], public_network_access: false}\nprivate"
    )
    asked = _asked(read_text(private, "w.yaml"), "kubernetes")
    assert "pods/nodes -> mcr.microsoft.com:443" in asked
    assert not [one for one in asked if "azmk8s" in one]


def test_a_peering_to_a_network_that_is_not_described_is_undecided() -> None:
    hub = read_text("version: 1\nblueprint: azure-hub-spoke\nname: golden\n", "c.yaml")
    foreign = replace(hub.peerings[0], remote="somebody")
    judgement = judge(replace(hub, peerings=(*hub.peerings, foreign)), _always(Answer.DENY))
    [one] = [one for one in judgement.closure if one.intent.name == "hub-peers-with-somebody"]
    assert (one.standing, one.verdict.reason, one.mend) == (
        Standing.UNDECIDED,
        "hub is peered with somebody, which is not in the environment",
        "describe network somebody, or remove the peering",
    )


STATIC = """version: 1
blueprint: azure-hub-spoke
name: static
on_premises:
  office:
    conditional_forwarders: {instances.azureml.ms: null, instances.ml.azure.ms: null}
    static_records:
      notebook.westeurope.instances.azureml.ms: 10.20.0.4
      notebook.westeurope.instances.ml.azure.ms: 10.20.0.4
"""


def test_records_by_hand_reach_the_instance_that_stands_and_not_the_next_one() -> None:
    environment = Environment(read_text(STATIC, "static.yaml"))
    assert answer(environment, "workstation -> notebook:443").verdict.answer is Answer.ALLOW
    fresh = answer(environment, "workstation -> workspace-new-instance:443").verdict
    assert fresh.answer is not Answer.ALLOW


@pytest.fixture(scope="module")
def forced() -> Inventory:
    """A cluster with public addresses in a subnet that sends everything to the firewall."""
    text = "version: 1\nblueprint: azure-hub-spoke\nname: forced\ncomputes: {training: {node_public_ip: true}}\n"
    text += (
        "network_security_groups: {nsg-compute: {rules: {commands: {priority: 3999, direction: Inbound, access: Allow, "
    )
    text += "source: AzureMachineLearning, destination_ports: 44224}}}}\n"
    return read_text(text, "forced.yaml")


def _commands(judgement: Judgement) -> tuple[Standing, str, str]:
    name = "azure-ml-required-training-commands-from-the-service"
    [one] = [one for one in judgement.all() if one.intent.name == name]
    return one.standing, one.decisive.layer.value, one.mend


def test_commands_of_the_service_need_a_route_back_past_the_firewall(forced: Inventory) -> None:
    mend = "add a route for AzureMachineLearning with next_hop_type Internet to through-firewall"
    assert _commands(judge(forced)) == (Standing.MISSED, "return", mend)
    table = forced.route_tables[0]
    back = replace(
        table.routes[0], name="service", prefix="AzureMachineLearning", next_hop_type="Internet", next_hop=None
    )
    mended = replace(forced, route_tables=(replace(table, routes=(*table.routes, back)), *forced.route_tables[1:]))
    assert _commands(judge(mended))[0] is Standing.MET


HUB = "version: 1\nblueprint: azure-hub-spoke\nname: golden\n"
SERVERLESS = (
    "set serverless_subnet of workspace to a subnet whose way out is judged, "
    "or let Azure manage a network that approves"
)


def _ways_out(changes: str) -> dict[tuple[str, str], Standing]:
    judged = judge(read_text(HUB + changes, "cloister.yaml")).closure
    return {(one.intent.name, one.mend): one.standing for one in judged if one.intent.name.endswith("-to-web")}


def test_serverless_jobs_are_a_way_out_that_nobody_has_to_declare() -> None:
    found = _ways_out("workspaces: {workspace: {serverless_subnet: null}}\n")
    assert found["workspace-serverless-to-web", SERVERLESS] is Standing.MISSED
    assert found["training-to-web", ""] is Standing.MET


def test_serverless_jobs_beside_computes_are_not_asked_twice() -> None:
    assert not [name for name, _ in _ways_out("") if "serverless" in name]


def test_deployments_are_places_of_the_way_out() -> None:
    endpoint = "online_endpoints: {churn: {deployments: {blue: {egress_public_network_access: %s}}}}\n"
    missed = {name for (name, _), standing in _ways_out(endpoint % "true").items() if standing is Standing.MISSED}
    assert missed == {"churn-blue-to-web"}
    assert _ways_out(endpoint % "false")["churn-blue-to-web", ""] is Standing.MET
