"""What is declared in a document: the names that a reference may use."""

from dataclasses import dataclass

from cloister.sources.written import Written

_SERVICES = {
    "workspaces": "workspace",
    "storage_accounts": "storage account",
    "key_vaults": "key vault",
    "container_registries": "container registry",
}


@dataclass(frozen=True, slots=True)
class Names:
    """Names by section of the document, subnets as `network/subnet`, and the kind of each service."""

    sections: dict[str, tuple[str, ...]]
    subnets: tuple[str, ...]
    services: tuple[tuple[str, str], ...]

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
        services = ((name, kind) for section, kind in _SERVICES.items() for name in sections.get(section, ()))
        return cls(sections, tuple(subnets), tuple(services))

    def among(self, section: str) -> tuple[str, ...]:
        """The names of one section; `subnets` and `services` are sections as well."""
        if section == "subnets":
            return self.subnets
        if section == "services":
            return tuple(name for name, _ in self.services)
        return self.sections.get(section, ())

    def kind_of(self, service: str) -> str | None:
        """The kind of a service, if it is declared once."""
        kinds = [kind for name, kind in self.services if name == service]
        return kinds[0] if len(kinds) == 1 else None
