"""Services of AWS by the names of their endpoints.

Source: https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html, read 2026-11-25; those of host names
stand in the table.
"""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table

GATEWAY_SERVICES = ("s3", "dynamodb")
"""The services for which there are endpoints of type Gateway."""
LAYERS = "ecr.layers"
"""What the bucket of Amazon's is called here that holds the layers of images: pulling one needs it as well."""
_PREFIX = ("com", "amazonaws")


def short_name(service_name: str) -> str:
    """The service in `com.amazonaws.REGION.SERVICE`: `s3`, `ecr.dkr`. A short name stays as it is."""
    parts = service_name.split(".")
    return ".".join(parts[3:]) if tuple(parts[:2]) == _PREFIX else service_name


@dataclass(frozen=True, slots=True)
class ServiceHosts:
    """The host names of a service in a region, with `{region}` and `{account}` to be filled in; the first is asked for.

    `*` in front stands for names that the service gives.
    """

    service: str
    hosts: str
    source: str
    read: str

    def in_region(self, region: str, account: str) -> tuple[str, ...]:
        """The names in one region, those of an account only where one is given."""
        named = (host for host in self.hosts.split() if account or "{account}" not in host)
        return tuple(host.replace("{region}", region).replace("{account}", account) for host in named)


@cache
def service_hosts() -> dict[str, ServiceHosts]:
    """The services whose names are known, by the last part of their endpoints' names."""
    return {row.service: row for row in read_table("aws_service_hosts", ServiceHosts)}


def prefix_list(service: str, region: str) -> str:
    """The name of Amazon's prefix list for a service in a region."""
    return ".".join((*_PREFIX, region, service))
