"""Services of AWS by the names of their endpoints.

Source: https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html, read 2026-11-25.
"""

GATEWAY_SERVICES = ("s3", "dynamodb")
"""The services for which there are endpoints of type Gateway."""
_PREFIX = ("com", "amazonaws")


def short_name(service_name: str) -> str:
    """The service in `com.amazonaws.REGION.SERVICE`: `s3`, `ecr.dkr`. A short name stays as it is."""
    parts = service_name.split(".")
    return ".".join(parts[3:]) if tuple(parts[:2]) == _PREFIX else service_name
