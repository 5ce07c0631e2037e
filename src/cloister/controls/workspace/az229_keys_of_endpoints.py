"""AZ229: who calls an endpoint is somebody."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import security_baseline
from cloister.controls.wording import stated
from cloister.inventory.azure import Inventory, OnlineEndpoint

CONTROL = Control(
    id="AZ229",
    title="In production, endpoints ask callers for tokens of Entra ID",
    why="A key is one password for every caller: no role limits it, no record says who called, and it works until "
    "somebody replaces it.",
    remedy="Set auth_mode to aad_token.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(security_baseline("IM-1: Use centralized identity and authentication system, data plane access"),),
    aliases=("MSB-IM-1a",),
)


def subjects(inventory: Inventory) -> Iterable[OnlineEndpoint]:
    """Every online endpoint."""
    return inventory.online_endpoints


def check(endpoint: OnlineEndpoint, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding where production takes keys or tokens of the workspace; a doubt where nobody says what it is for."""
    required = environment.inventory.requirements
    stage = required.stage if required else None
    if endpoint.auth_mode == "aad_token" or stage in ("dev", "test"):
        return
    thing, place = f'online endpoint "{endpoint.name}"', endpoint.origin.of("auth_mode")
    how = stated(endpoint.origin, "auth_mode", endpoint.auth_mode)
    if stage is None:
        message = f"{how}, and nobody says whether this is production"
        mend = "state stage under requirements, or set auth_mode: aad_token"
        yield CONTROL.doubt(thing, message, at=place, mend=mend)
        return
    message = f"it asks callers for no token of Entra ID: {how}"
    yield CONTROL.finding(thing, message, at=place, mend="set auth_mode: aad_token")
