"""Ports that everybody knows by name.

Source: https://www.iana.org/assignments/service-names-port-numbers/service-names-port-numbers.xhtml, read 2026-11-22.
"""

SSH = 22
DOMAIN = 53
HTTPS = 443
