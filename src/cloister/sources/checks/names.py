"""What is declared in a document: the names that a reference may use."""

from dataclasses import dataclass

from cloister.sources.written import Written

_SERVICES = ("workspaces", "storage_accounts", "key_vaults", "container_registries")


@dataclass(frozen=True, slots=True)
class Names:
    """Names by section of the document, and subnets as `network/subnet`."""

    sections: dict[str, tuple[str, ...]]
    subnets: tuple[str, ...]

    @classmethod
    def of(cls, tree: Written) -> "Names":
        """What `tree` declares, whether it is sound or not, so that one fault is not told a second time."""
        sections = {section: tuple(block.children()) for section, block in tree.children().items()}
        networks = tree.at(("networks",)).children() if "networks" in sections else {}
        subnets = (
            f"{network}/{subnet}"
            for network, block in networks.items()
            for subnet in (block.children()["subnets"].children() if "subnets" in block.children() else ())
        )
        return cls(sections, tuple(subnets))

    def among(self, section: str) -> tuple[str, ...]:
        """The names of one section; `subnets` and `services` are sections as well."""
        if section == "subnets":
            return self.subnets
        if section == "services":
            return tuple(name for service in _SERVICES for name in self.among(service))
        return self.sections.get(section, ())
