"""Load balancers in a document."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, model_validator

from cloister.inventory.azure.balancers import BalancedProtocol
from cloister.sources.document.words import Address, Block, Name, PortNumber, Text, Yes, refusal

FrontendPort = Annotated[StrictInt, Field(ge=0, le=65535)]


class BalancingRuleBlock(Block):
    """A load-balancing rule. Protocol All with port 0 stands for HA ports: every port of TCP and UDP, unchanged."""

    protocol: BalancedProtocol = Field("Tcp", description="Tcp, Udp, or All for HA ports.")
    frontend_port: FrontendPort = Field(0, description="The port of the frontend; 0 for HA ports.")
    backend_port: PortNumber | None = Field(None, description="The port of the machines; the same if not stated.")
    backends: tuple[Name, ...] = Field((), description="Names under machines; those of the balancer if not stated.")
    probe_port: PortNumber | None = Field(None, description="The port at which health probes knock.")
    floating_ip: Yes = Field(default=False, description="Whether the machines see the frontend's own address.")
    disable_outbound_snat: Yes = Field(
        default=False, description="Whether machines may not leave under the address of a public frontend."
    )


class OutboundRuleBlock(Block):
    """An outbound rule: machines leave for the internet under the address of the frontend."""

    protocol: BalancedProtocol = Field("All", description="Tcp, Udp or All.")
    backends: tuple[Name, ...] = Field((), description="Names under machines; those of the balancer if not stated.")


class FrontendBlock(Block):
    """An address of a load balancer, inside a subnet or public."""

    subnet: Text | None = Field(None, description="network/subnet, for a frontend inside.")
    private_ip: Address | None = Field(None, description="Its address in that subnet.")
    public_ip: Name | None = Field(None, description="Name under public_ips, for a public frontend.")
    rules: dict[Name, BalancingRuleBlock] = Field({}, description="Load-balancing rules by name.")
    outbound_rules: dict[Name, OutboundRuleBlock] = Field({}, description="Outbound rules by name.")

    @model_validator(mode="after")
    def _inside_or_public(self) -> Self:
        inside = bool(self.subnet and self.private_ip)
        if inside != bool(self.public_ip) and inside == bool(self.subnet or self.private_ip):
            return self
        reason = "is neither inside nor public" if not self.public_ip else "is inside and public"
        raise refusal(reason, "write subnet and private_ip, or public_ip")


class LoadBalancerBlock(Block):
    """A load balancer, and the machines behind it."""

    sku: Literal["Basic", "Standard"] = Field("Standard", description="Basic is open to the internet by default.")
    backends: tuple[Name, ...] = Field((), description="Names under machines: who is behind its rules.")
    frontends: dict[Name, FrontendBlock] = Field(min_length=1, description="Its addresses by name.")
