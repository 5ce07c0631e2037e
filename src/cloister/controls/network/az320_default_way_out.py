"""AZ320: whoever has no public address leaves by a way that somebody made."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, training_guide
from cloister.controls.traffic import Traffic, by_place
from cloister.inventory.azure import Inventory
from cloister.verdict import Layer, Outcome, Step

_PACKS = ("azure-ml-required", "no-way-out")
_DEFAULT = ("default_outbound_access", "created_with")  # the rules that say whether Azure gives a way out unasked

CONTROL = Control(
    id="AZ320",
    title="Computes without public addresses leave by a firewall or a NAT gateway, and not by Azure's default way out",
    why="The default way out is given unasked, changes its address without notice, and is taken from new "
    "networks: what works today by accident is not there tomorrow, and nobody judges it meanwhile.",
    remedy="Route 0.0.0.0/0 of the subnet to a firewall or give it a NAT gateway, and set "
    "default_outbound_access: false.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.REACH,
    sources=(
        training_guide("No public IP: default outbound access is not recommended, a firewall or a NAT gateway is"),
        lately(
            "Default outbound access in Azure",
            "Why is disabling default outbound access recommended",
            "azure/virtual-network/ip-services/default-outbound-access",
        ),
    ),
    aliases=("S2-34",),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place with computes in a subnet that have no public addresses."""
    hidden = {one.name for one in inventory.computes if one.subnet and not one.node_public_ip}
    return by_place(inventory, _PACKS, lambda posed: posed.place in hidden)


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding where anything leaves by default, whatever becomes of it further on; a doubt where it may."""
    found = [
        step for one in traffic.judged(environment) for asked in one.asked for step in _by_default(asked.verdict.trace)
    ]
    if not found:
        return
    step = next((step for step in found if step.outcome is Outcome.PASS), found[0])
    origin = step.rule.origin if step.rule and step.rule.origin else environment.inventory.origin
    if step.outcome is Outcome.PASS:
        yield CONTROL.finding(f'"{traffic.place}"', step.text, at=origin)
    else:
        message = f"by which way it leaves cannot be told: {step.text}"
        mend = f"state default_outbound_access of {step.at}"
        yield CONTROL.doubt(f'"{traffic.place}"', message, at=origin, mend=mend)


def _by_default(trace: Iterable[Step]) -> Iterator[Step]:
    """The steps on which a flow leaves, or may leave, by default."""
    for step in trace:
        if (
            step.layer is Layer.ROUTE
            and step.rule
            and step.rule.name in _DEFAULT
            and step.outcome is not Outcome.REFUSE
        ):
            yield step
