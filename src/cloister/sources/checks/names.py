"""What is declared in a document: the names that a reference may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SERVICES = ("workspaces", "storage_accounts", "key_vaults", "container_registries", "services")


@dataclass(frozen=True, slots=True)
class Names:
    """Names by section of the document, subnets as `network/subnet` and outbound endpoints as `resolver/endpoint`."""

    sections: dict[str, tuple[str, ...]]
    subnets: tuple[str, ...]
    outbound_endpoints: tuple[str, ...]

    @classmethod
    def of(cls, plain: Any) -> "Names":  # noqa: ANN401 - any JSON value
        """What a document declares, whether it is sound or not, so that one fault is not told a second time."""
        sections = {section: tuple(_members(block)) for section, block in _members(plain).items()}
        subnets = _inner(plain, "networks", "subnets")
        return cls(sections, subnets, _inner(plain, "dns_resolvers", "outbound_endpoints"))

    def among(self, section: str) -> tuple[str, ...]:
        """The names of one section; `subnets` is one as well, and `services` holds those of every kind."""
        if section == "subnets":
            return self.subnets
        if section == "outbound_endpoints":
            return self.outbound_endpoints
        if section == "services":
            return tuple(name for service in _SERVICES for name in self.sections.get(service, ()))
        return self.sections.get(section, ())


def _inner(plain: Any, section: str, inner: str) -> tuple[str, ...]:  # noqa: ANN401 - as above
    """What the members of a section declare inside of them, as `member/name`."""
    members = _members(_members(plain).get(section))
    return tuple(f"{name}/{one}" for name, block in members.items() for one in _members(_members(block).get(inner)))


def _members(plain: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as above
    return plain if isinstance(plain, dict) else {}
