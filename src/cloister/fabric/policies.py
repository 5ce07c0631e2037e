"""Policies on ways to services that others have as well: which of them pass."""

from dataclasses import dataclass

from cloister.verdict import Rule


@dataclass(frozen=True, slots=True)
class ServicePolicy:
    """What passes on a way of its own to services of one kind: those that it names or that fit a pattern, no others.

    `patterns` are names with `*`, and of `doubtful` ones it is not known whether they pass. `groups` are lists of
    somebody else's: of which services they are is not known here.
    Of `known_groups` it is known whose they are, and what stands for them is among the `services`.
    """

    kind: str
    services: frozenset[str]
    groups: tuple[str, ...]
    rule: Rule
    known_groups: tuple[Rule, ...] = ()
    patterns: tuple[str, ...] = ()
    doubtful: frozenset[str] = frozenset()
