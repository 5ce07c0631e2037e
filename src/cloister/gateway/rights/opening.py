"""One guard for every process of the platform: the same ways of proving who asks, policies and record."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from cloister.gateway.access_keys.sealing import Sealer, source_of
from cloister.gateway.config import GatewaySettings, read_policies
from cloister.gateway.guard import Guard
from cloister.gateway.identity.fetching import Fetcher
from cloister.gateway.identity.fronted import Fronted
from cloister.gateway.identity.keys import load_or_create_key
from cloister.gateway.identity.trusted import Trusted, trust
from cloister.gateway.record.writing import AuditLog


@dataclass(frozen=True, slots=True)
class Guarding:
    """The guard, the issuers that it trusts, and the connections to them, which somebody has to close."""

    guard: Guard
    issuers: Mapping[str, Trusted]
    fetcher: Fetcher


def open_guard(settings: GatewaySettings, engine: Engine, signing_key: Path, clock: Callable[[], datetime]) -> Guarding:
    """The guard of one process. Raises SpecError or SourceError where a policy or a key cannot be used.

    Sealing keys lie beside the signing key, unless the settings name another place.
    """
    fetcher = Fetcher(settings.issuers_authorities)
    issuers = trust(settings.issuers, fetcher, time.monotonic)
    guard = Guard(
        engine=engine,
        key=load_or_create_key(signing_key),
        role_of_group=settings.role_of_group,
        audit=AuditLog(engine),
        duties=settings.duties,
        own_roles=read_policies(settings),
        limits=settings.limits,
        fronted=Fronted(settings.front),
        clock=clock,
    )
    guard.trust(issuers)
    sealing_file = settings.signing.sealing_file or signing_key.with_name("sealing.keys")
    source = source_of(sealing_file, settings.signing.sealing_command)
    guard.signed.take(settings.signing, Sealer(source))
    return Guarding(guard, issuers, fetcher)
