"""Registers what a step made as an asset: through the gateway and as the step itself, whose right is decided there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

import httpx

from cloister.access.principals import Principal
from cloister.errors import Fault, SourceError
from cloister.jobs.assets.names import Kind
from cloister.jobs.assets.records import AssetRecords
from cloister.jobs.running.tracking import Tracking
from cloister.loopback import http_client

_LIFETIME_SECONDS = 60


class Registrar(Protocol):
    """Makes versions of assets."""

    def register(
        self, principal: Principal, kind: Kind, name: str, version: str, properties: Mapping[str, object]
    ) -> str:
        """The version that was made, or that was there with the same content. Raises CloisterError."""


@dataclass(frozen=True, slots=True)
class ThroughGateway:
    """Asks the platform's own API, which decides and writes the decision down."""

    tracking: Tracking

    def register(
        self, principal: Principal, kind: Kind, name: str, version: str, properties: Mapping[str, object]
    ) -> str:
        """See Registrar."""
        token = self.tracking.token(principal, _LIFETIME_SECONDS)
        path = f"/cloister/v1/assets/{kind}/{quote(name, safe='')}/versions"
        method, path = ("PUT", f"{path}/{quote(version, safe='')}") if version else ("POST", f"{path}?unless=same")
        try:
            with http_client(self.tracking.url, token=token, transport=self.tracking.transport) as http:
                answer = http.request(method, path, json={"properties": properties})
                found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            reason = f"the gateway did not register it: {type(error).__name__}"
            raise SourceError(Fault(f'{kind} "{name}"', reason, "run the job again")) from error
        if not answer.is_success:
            told = found["faults"][0] if isinstance(found, dict) and found.get("faults") else {"reason": "no reason"}
            raise SourceError(Fault(f'{kind} "{name}"', str(told["reason"]), str(told.get("mend", ""))))
        return str(found["name"])


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Writes into the database: for agents without a gateway, where nobody decides."""

    records: AssetRecords

    def register(
        self, principal: Principal, kind: Kind, name: str, version: str, properties: Mapping[str, object]
    ) -> str:
        """See Registrar."""
        same = None if version else self.records.same(kind, name, dict(properties))
        made = same or self.records.put(kind, name, version, dict(properties), principal.name)
        return made.id.version
