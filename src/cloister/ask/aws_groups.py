"""Groups of places and of targets in AWS, and the kinds of places and targets that packs ask about."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cloister.fabric.lower_aws.layout import Layout
from cloister.inventory.aws import Inventory
from cloister.origin import Origin

_APPS = ("sagemaker_domains", "sagemaker_notebook_instances")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place or a target of a question, with the resource that it belongs to."""

    words: str
    owner: str
    origin: Origin


@dataclass(frozen=True)
class Named:
    """Everything in an environment by the words of groups."""

    inventory: Inventory

    @cached_property
    def _layout(self) -> Layout:
        return Layout(self.inventory)

    def places_of(self, *sections: str) -> tuple[Spot, ...]:
        """The places of every resource of some sections."""
        return tuple(
            Spot(name, one.name, one.origin)
            for section in sections
            for one in getattr(self.inventory, section)
            for name in (*self._layout.place_names(section, one.name), *self._beside(section, one.name))
        )

    def _beside(self, section: str, name: str) -> Iterator[str]:
        """The places in SageMaker's own network that a resource has beside those in its subnets."""
        owner = self._layout.owner_name(section, name)
        stands = bool(self._layout.interfaces_of(section, name))
        for domain in self.inventory.sagemaker_domains if section == "sagemaker_domains" else ():
            if domain.name == name and domain.app_network_access_type != "VpcOnly":
                yield f"{owner}/internet"
        for book in self.inventory.sagemaker_notebook_instances if section == "sagemaker_notebook_instances" else ():
            if book.name == name and book.direct_internet_access == "Enabled":
                yield f"{owner}/internet" if stands else owner
        if section == "sagemaker_jobs" and not stands:
            yield owner

    @cached_property
    def containers(self) -> tuple[Spot, ...]:
        """Services of containers."""
        return self.places_of("ecs_services")

    @cached_property
    def databases(self) -> tuple[Spot, ...]:
        """Database clusters."""
        return self.places_of("db_clusters")

    @cached_property
    def balancers(self) -> tuple[Spot, ...]:
        """Nodes of load balancers."""
        return self.places_of("load_balancers")

    @cached_property
    def apps(self) -> tuple[Spot, ...]:
        """Apps of Studio, and notebooks."""
        return self.places_of(*_APPS)

    @cached_property
    def jobs(self) -> tuple[Spot, ...]:
        """Jobs, but for those whose containers have no network."""
        isolated = {job.name for job in self.inventory.sagemaker_jobs if job.enable_network_isolation}
        return tuple(one for one in self.places_of("sagemaker_jobs") if one.owner not in isolated)

    @cached_property
    def machines(self) -> tuple[Spot, ...]:
        """Instances."""
        return self.places_of("instances")

    @cached_property
    def subnets(self) -> tuple[Spot, ...]:
        """Subnets."""
        found = self.inventory.subnets()
        return tuple(Spot(f"{vpc.name}/{one.name}", f"{vpc.name}/{one.name}", one.origin) for vpc, one in found)

    @cached_property
    def buckets(self) -> tuple[Spot, ...]:
        """Buckets."""
        return tuple(Spot(one.name, one.name, one.origin) for one in self.inventory.s3_buckets)

    @cached_property
    def apis(self) -> tuple[Spot, ...]:
        """APIs."""
        return tuple(Spot(one.name, one.name, one.origin) for one in self.inventory.rest_apis)

    @cached_property
    def inside(self) -> tuple[Spot, ...]:
        """Every place from which somebody could start something, balancers left out."""
        return (*self.containers, *self.databases, *self.apps, *self.jobs, *self.machines, *self.subnets)

    def groups(self) -> Mapping[str, Callable[[], list[str]]]:
        """The members of each group that goes by one word."""
        return {
            "everything": lambda: _words(self.inside),
            "containers": lambda: _words(self.containers),
            "databases": lambda: _words(self.databases),
            "balancers": lambda: _words(self.balancers),
            "apps": lambda: _words(self.apps),
            "jobs": lambda: _words(self.jobs),
            "machines": lambda: _words(self.machines),
            "subnets": lambda: _words(self.subnets),
            "services": lambda: [*_words(self.buckets), *_words(self.apis)],
            "buckets": lambda: _words(self.buckets),
            "apis": lambda: _words(self.apis),
        }

    def family(self, family: str) -> list[tuple[str, str]]:
        """The names that a pattern is held against, each with the member that it stands for."""
        placed = (*self.inside, *self.balancers)
        match family:
            case "network":
                homes = {
                    name: one.subnet for one in self._layout.interfaces for name in self._names(one.section, one.owner)
                }
                named = [(homes.get(one.words, one.words), one.words) for one in placed]
                return [(subnet.partition("/")[0], words) for subnet, words in named if "/" in subnet]
            case "subnet":
                return [(one.words, one.words) for one in self.subnets]
            case "machine":
                return [(one.words, one.words) for one in self.machines]
            case "service":
                return [(one.words, one.words) for one in (*self.buckets, *self.apis)]
            case _:
                return [(one.words, one.words) for one in placed if one not in self.subnets]

    def _names(self, section: str, owner: str) -> tuple[str, ...]:
        known = section not in ("nat_gateways", "vpc_endpoints")
        return self._layout.place_names(section, owner) if known else ()

    def known(self) -> set[str]:
        """The names that stand for themselves."""
        found = (*self.inside, *self.balancers, *self.buckets, *self.apis)
        return {one.words for one in found} | {one.words.partition("/")[2] for one in self.subnets}


def _words(spots: tuple[Spot, ...]) -> list[str]:
    return [one.words for one in spots]
