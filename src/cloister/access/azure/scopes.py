"""Scopes: management group, subscription, resource group, resource, part of a resource. A right flows downwards.

A scope is the path from the top down to it, in plain names; the empty path is everything that the environment has.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an assignment stands, or what is asked about: names from the widest to the narrowest."""

    path: tuple[str, ...] = ()

    def holds(self, other: "Scope") -> bool:
        """Whether what is assigned here counts at the other scope: it is the same, or lies below."""
        return other.path[: len(self.path)] == self.path

    def __str__(self) -> str:
        return self.path[-1] if self.path else "the subscription"


ENVIRONMENT = Scope()
"""The whole subscription, with every management group above it."""
