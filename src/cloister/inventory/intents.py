"""What the owner of an environment says must or must not be possible, and which built-in packs are asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from cloister.origin import Origin

GROUPS: Mapping[str, str] = {
    "everything": "every compute, machine and subnet in the environment's networks",
    "computes": "every compute",
    "instances": "every compute instance",
    "clusters": "every compute cluster",
    "machines": "every machine, those at a site as well",
    "subnets": "every subnet but those of Azure's own services, such as AzureFirewallSubnet",
    "sites": "every site on-premises",
    "services": "every door of every service (as a target)",
}
"""The groups that go by one word."""
FAMILIES: Mapping[str, str] = {
    "purpose": "machines of one purpose: `purpose:ci-agent`",
    "subnet": "subnets by name: `subnet:ml/*`",
    "network": "computes, machines and subnets of networks by name: `network:ml`",
    "machine": "machines by name: `machine:agent-*`",
    "compute": "computes by name: `compute:train-*`",
    "service": "doors of services by name (as a target): `service:st*`",
}
"""The groups that go by a word and a name, in which `*` stands for any letters."""

AWS_GROUPS: Mapping[str, str] = {
    "everything": "every container, database, app, job, notebook, machine and subnet",
    "containers": "every service of containers, in each of its subnets",
    "databases": "every database cluster, in each of its subnets",
    "balancers": "every node of every load balancer",
    "apps": "every domain of Studio and every notebook instance",
    "jobs": "every job of SageMaker",
    "machines": "every instance",
    "subnets": "every subnet: whoever stands in it",
    "services": "every bucket and every API (as a target)",
    "buckets": "every bucket (as a target)",
    "apis": "every API (as a target)",
}
"""The groups that go by one word in AWS."""
AWS_FAMILIES: Mapping[str, str] = {
    "place": "places by name, such as `place:tracking*`",
    "subnet": "subnets by name: `subnet:server/*`",
    "network": "places and subnets of VPCs by name: `network:server`",
    "machine": "instances by name",
    "service": "buckets and APIs by name (as a target)",
}
"""The groups that go by a word and a name in AWS."""


class Side(StrEnum):
    """Closure: must not be possible. Flow: must be possible, or people cannot work."""

    CLOSURE = "closure"
    FLOW = "flow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """Many questions as one: from each place to each target on each port, without the exceptions.

    Places and targets are written as in a question, or as groups of them (`computes`, `subnet:ml/*`). No ports: the
    usual port of each target. An exception that states places and targets is about their pairs only.
    """

    places: tuple[str, ...]
    targets: tuple[str, ...]
    ports: tuple[str, ...] = ()
    protocol: Literal["tcp", "udp"] = "tcp"
    except_places: tuple[str, ...] = ()
    except_targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One question in the words of `cloister ask`, or the flows that it comes down to, and the answer that is wanted.

    `loop` is one of the three loops of model development (inner, middle, outer), or empty.
    """

    name: str
    side: Side
    question: str = ""
    flows: Flows | None = None
    why: str
    loop: str = ""
    mend: str = ""
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class PackChoice:
    """What the owner decided about a built-in pack of intents: asked or not, and why."""

    name: str
    asked: bool
    why: str = ""
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A host on the internet, or all under a suffix (`*.anaconda.org`), that data may go to, and why.

    `places` are those from which it may; without any, it may from everywhere inside.
    """

    host: str
    why: str
    places: tuple[str, ...] = ()
    origin: Origin
