"""What AWS asks of VPCs and subnets.

Source: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html, read 2026-11-25.
"""

RESERVED_AT_START = 4
"""The network's own address, the router, the name resolver, and one for later use."""
RESERVED_AT_END = 1
SHORTEST_PREFIX = 16
LONGEST_PREFIX = 28
