"""What is declared in a document: the names that a reference may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SERVICES = ("workspaces", "storage_accounts", "key_vaults", "container_registries", "services")


@dataclass(frozen=True, slots=True)
class Names:
    """Names by section of the document, and subnets as `network/subnet`."""

    sections: dict[str, tuple[str, ...]]
    subnets: tuple[str, ...]

    @classmethod
    def of(cls, plain: Any) -> "Names":  # noqa: ANN401 - any JSON value
        """What a document declares, whether it is sound or not, so that one fault is not told a second time."""
        sections = {section: tuple(_members(block)) for section, block in _members(plain).items()}
        subnets = (
            f"{network}/{subnet}"
            for network, block in _members(_members(plain).get("networks")).items()
            for subnet in _members(_members(block).get("subnets"))
        )
        return cls(sections, tuple(subnets))

    def among(self, section: str) -> tuple[str, ...]:
        """The names of one section; `subnets` is one as well, and `services` holds those of every kind."""
        if section == "subnets":
            return self.subnets
        if section == "services":
            return tuple(name for service in _SERVICES for name in self.sections.get(service, ()))
        return self.sections.get(section, ())


def _members(plain: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as above
    return plain if isinstance(plain, dict) else {}
