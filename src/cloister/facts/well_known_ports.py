"""Ports that everybody knows by name, and those that clients send from.

Source: https://www.iana.org/assignments/service-names-port-numbers/service-names-port-numbers.xhtml, read 2026-11-22.
"""

SSH = 22
DOMAIN = 53
HTTP = 80
HTTPS = 443
DESKTOP = 3389
MSSQL = 1433
CLIENT_PORTS = (1024, 65535)
"""What an operating system may give a client, both ends included: RFC 6056, section 3.2."""
