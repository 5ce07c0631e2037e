"""What runs: services of containers, database clusters, instances."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class EcsService:
    """A service of containers whose tasks have interfaces of their own in `subnets`.

    `container_ports` are those that they listen on, `target_groups` those that they register in. `environment` and
    `secrets` are the names of variables that hold plain values and secrets.
    """

    name: str
    cluster: str | None = None
    launch_type: Literal["FARGATE", "EC2"] = "FARGATE"
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...] = ()
    assign_public_ip: bool = False
    desired_count: int = 1
    container_ports: tuple[int, ...] = ()
    target_groups: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    task_role: str | None = None
    execution_role: str | None = None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class DbCluster:
    """A database cluster; what its instances say of `publicly_accessible` counts for the cluster."""

    name: str
    engine: str = "aurora-postgresql"
    port: int = 5432
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...] = ()
    publicly_accessible: bool = False
    storage_encrypted: bool = False
    deletion_protection: bool = False
    backup_retention_period: int = 1
    iam_database_authentication_enabled: bool = False
    manage_master_user_password: bool = False
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """An instance. `associate_public_ip_address` goes before what its subnet gives."""

    name: str
    subnet: str
    private_ip: IPv4Address | None = None
    associate_public_ip_address: bool | None = None
    public_ip: IPv4Address | None = None
    security_groups: tuple[str, ...] = ()
    source_dest_check: bool = True
    iam_role: str | None = None
    http_tokens: Literal["optional", "required"] = "optional"
    origin: Origin
