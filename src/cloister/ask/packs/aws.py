"""The packs of intents for AWS: rows of facts that name kinds of places and targets, and what stands of each kind."""

from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from cloister.ask.aws_groups import Named, Spot
from cloister.ask.posed import Posed, must, must_not
from cloister.fabric.lower_aws.statements import statements
from cloister.facts.aws_services import service_hosts
from cloister.facts.packs import AwsPackFlows, Pack, aws_pack_flows, ways_out
from cloister.facts.well_known_ports import DESKTOP, HTTPS, SSH
from cloister.inventory.aws import Inventory

_WAYS = "no-way-out"
_BEHIND = "only-by-the-api"
_ROLES = {
    "ecs_services": "task_role",
    "sagemaker_domains": "execution_role",
    "sagemaker_notebook_instances": "role",
    "sagemaker_jobs": "role",
}
_INTERNET = "internet"


def aws_intents(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
    """The intents of a pack in one environment."""
    asked = _Asked(inventory)
    if pack.name == _WAYS:
        yield from _ways_out(asked, pack)
    for row in aws_pack_flows():
        if row.pack == pack.name and (pack.name != _BEHIND or inventory.vpc_links):
            yield from _flows(asked, pack, row)


def _flows(asked: "_Asked", pack: Pack, row: AwsPackFlows) -> Iterator[Posed]:
    for place in asked.places(row.places, row.targets):
        for target, port in asked.targets(row.targets, place):
            if target.words == place.words:
                continue
            name = f"{place.words}-to-{target.words}-{port}".replace("/", "-")
            question, why = f"{place.words} -> {target.words}:{port}", f"{row.what}: asked for by {row.source}"
            if pack.side == "flow":
                yield must(pack.heading, name, question, why, origin=place.origin, loop=row.loop, action=row.what)
            else:
                yield must_not(pack.heading, name, question, row.what, origin=target.origin)


def _ways_out(asked: "_Asked", pack: Pack) -> Iterator[Posed]:
    """For each place inside, every way out that the owner did not approve."""
    inventory = asked.inventory
    approved = [one.host for one in inventory.approved]
    for place in asked.named.inside:
        for way in ways_out(inventory.cloud.value):
            target = way.target.format(region=inventory.region)
            if way.kind == "tag" or any(fnmatchcase(target, host) for host in approved):
                continue
            name = f"{place.words}-to-{way.name}".replace("/", "-")
            posed = must_not(pack.heading, name, f"{place.words} -> {target}:{way.port}", way.why, origin=place.origin)
            yield replace(posed, otherwise=f"add {target} to approved, with the reason")


class _Asked:
    """The places and targets of an environment by the words of rows."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.named = Named(inventory)

    def places(self, word: str, targets: str) -> tuple[Spot, ...]:
        """The places that a row means. `others` are all from which its targets are not meant to be reached."""
        named = self.named
        if word == _INTERNET:
            return (Spot(_INTERNET, _INTERNET, self.inventory.origin),)
        if word == "containers-with-secrets":
            keeping = {one.name for one in self.inventory.ecs_services if one.secrets}
            return tuple(one for one in named.containers if one.owner in keeping)
        if word == "others":
            meant = named.containers if targets == "databases" else ()
            return tuple(one for one in named.inside if one not in meant and one not in named.databases)
        found: tuple[Spot, ...] = getattr(named, word)
        return found

    def targets(self, word: str, place: Spot) -> Iterator[tuple[Spot, str]]:
        """The targets that a row means, each with its ports."""
        named, inventory = self.named, self.inventory
        if word in service_hosts():
            yield Spot(word, word, inventory.origin), str(HTTPS)
        elif word == "shells":
            yield from ((one, str(port)) for one in (*named.machines, *named.containers) for port in (SSH, DESKTOP))
        elif word == "containers":
            ports = {one.name: one.container_ports for one in inventory.ecs_services}
            yield from ((one, str(port)) for one in named.containers for port in ports[one.owner])
        elif word == "databases":
            listening = {one.name: one.port for one in inventory.db_clusters}
            yield from ((one, str(listening[one.owner])) for one in named.databases)
        elif word == "balancers":
            heard = {one.name: one.listeners for one in inventory.load_balancers}
            yield from ((one, str(each.port)) for one in named.balancers for each in heard[one.owner])
        elif word == "buckets-of-role":
            role = self._role_of(place)
            yield from ((one, str(HTTPS)) for one in named.buckets if role and self._names(role, one))
        else:
            yield from ((one, str(HTTPS)) for one in getattr(named, word))

    def _role_of(self, place: Spot) -> str | None:
        for section, attribute in _ROLES.items():
            for one in getattr(self.inventory, section):
                if one.name == place.owner and one.origin == place.origin:
                    found: str | None = getattr(one, attribute)
                    return found
        return None

    def _names(self, role: str, bucket: Spot) -> bool:
        """Whether a role's policies let it do anything to a bucket by its name."""
        called = next(one.bucket_name for one in self.inventory.s3_buckets if one.name == bucket.owner)
        policies = [policy for one in self.inventory.iam_roles if one.name == role for policy in one.policies]
        return any(
            fnmatchcase(f"arn:aws:s3:::{called}/key", resource)
            for policy in policies
            for statement in statements(policy.policy)
            if statement.allow and any(action.startswith("s3:") for action in statement.actions)
            for resource in statement.resources
        )
