"""The policies that speak for somebody, compiled once: the answers of `access.decision`, fast.

Two indexes do it. Statements are found by action: exact ones in a table, wildcards tried once for an action that is new
to the set, which keeps what it found out. The statements on one action are found by resource (`by_resource`). The order
of the policies is kept throughout, so that the statement that decides is the one that the plain reading names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from cloister.access.by_resource import ByResource, Entry
from cloister.access.conditions import Context
from cloister.access.decision import Breadth, Request, allowed_by, breadth, denied_by, denied_by_default
from cloister.access.globs import Glob, Patterns
from cloister.access.policies import Effect, Policy, Statement
from cloister.access.templates import Wildcard, keys
from cloister.access.visible import Visible, below
from cloister.facts.condition_keys import find_condition_key
from cloister.verdict import Verdict

# Actions come from tables of some hundred rows; a caller who makes them up does not fill the memory.
_KEPT_ACTIONS = 1024
_KEPT_SETS = 256


class PolicySet:
    """Policies as one immutable value that decides."""

    __slots__ = ("_by_action", "_exact", "_same", "_wild", "policies")

    def __init__(self, policies: Iterable[Policy]) -> None:
        self.policies = tuple(policies)
        statements = [(policy, statement) for policy in self.policies for statement in policy.statements]
        entries = [Entry(order, *found) for order, found in enumerate(statements)]
        self._exact: dict[str, list[Entry]] = {}
        self._wild: dict[Patterns, list[Entry]] = {}
        for entry in entries:
            actions = entry.statement.actions
            if actions.inverted or any(wildcard in text for text in actions.texts for wildcard in "*?"):
                self._wild.setdefault(actions, []).append(entry)
            else:
                for text in dict.fromkeys(text.lower() for text in actions.texts):
                    self._exact.setdefault(text, []).append(entry)
        self._by_action: dict[str, _Speaking] = {}
        self._same: dict[tuple[int, ...], _Speaking] = {}

    def decide(self, request: Request) -> Verdict:
        """ALLOW or DENY, with the statement that decided."""
        speaking = self._speaking(request.action)
        denying = speaking.denies.first(request.resource, request.context)
        if denying is not None:
            return denied_by(denying.policy, denying.statement, request)
        allowing = speaking.allows.first(request.resource, request.context)
        if allowing is not None:
            return allowed_by(allowing.policy, allowing.statement, request)
        return denied_by_default(request)

    def breadth(self, action: str, kind: str) -> Breadth:
        """How much of `kind` (`experiment`; empty: of everything) the action is allowed on, whatever the context."""
        return breadth(self._speaking(action).statements, kind)

    def looks_at(self, action: str) -> frozenset[str]:
        """The keys of the context that statements on the action look at; others need not be looked up."""
        return self._speaking(action).keys

    def patterns(self, action: str, kind: str, context: Context) -> Visible:
        """What the action may be done on of one kind (`experiment`), for a list of it.

        Conditions on what every row has in common (who asks, from where, when), and on what the context tells of all
        rows that are meant, are decided by it. What else hangs on the row makes the answer inexact: it is counted as
        allowed, and has to be decided on row by row.
        """
        allow, maybe, deny = list[str](), list[str](), list[str]()
        exact = True
        for statement in self._speaking(action).statements:
            common = [
                condition
                for condition in statement.conditions
                if not any(_is_of_the_row(key) and key not in context for key in condition.keys)
            ]
            texts, whole = _on(kind, statement.resources, context)
            if not texts or not all(condition.holds(context) for condition in common):
                continue
            certain = whole and len(common) == len(statement.conditions)
            if statement.effect is Effect.ALLOW:
                (allow if certain else maybe).extend(texts)
            elif certain:
                deny.extend(texts)
            else:
                exact = False
        if "*" not in allow:
            exact = exact and not maybe
            allow.extend(maybe)
        return Visible(tuple(dict.fromkeys(allow)), tuple(dict.fromkeys(deny)), exact)

    def _speaking(self, action: str) -> "_Speaking":
        kept = self._by_action.get(action)
        if kept is None:
            kept = self._find(action)
            if len(self._by_action) < _KEPT_ACTIONS:
                self._by_action[action] = kept
        return kept

    def _find(self, action: str) -> "_Speaking":
        found = list(self._exact.get(action.lower(), ())) if action.isascii() else []
        for actions, entries in self._wild.items():
            if actions.matches(action):
                found.extend(entries)
        found.sort(key=lambda entry: entry.order)
        # Most actions of a set are spoken of by the same statements as others: mlflow:GetRun as mlflow:GetExperiment.
        same = tuple(entry.order for entry in found)
        if same not in self._same:
            speaking = _Speaking.of(found)
            if len(self._same) >= _KEPT_ACTIONS:
                return speaking
            self._same[same] = speaking
        return self._same[same]


@dataclass(frozen=True, slots=True)
class _Speaking:
    """The statements on one action."""

    statements: tuple[Statement, ...]
    denies: ByResource
    allows: ByResource
    keys: frozenset[str]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "_Speaking":
        """The statements in the order of the policies, found by resource."""
        found = tuple(entries)
        statements = tuple(entry.statement for entry in found)
        denies, allows = (
            ByResource(entry for entry in found if entry.statement.effect is effect)
            for effect in (Effect.DENY, Effect.ALLOW)
        )
        return cls(statements, denies, allows, frozenset(key for statement in statements for key in statement.keys))


@lru_cache(maxsize=_KEPT_SETS)
def compiled(policies: tuple[Policy, ...]) -> PolicySet:
    """The set of these policies, compiled at most once while it is in use."""
    return PolicySet(policies)


def _on(kind: str, resources: Patterns, context: Context) -> tuple[tuple[str, ...], bool]:
    """Patterns of the names below a kind that a statement speaks of, and whether it speaks of all that they match."""
    by_row = [glob for glob in resources.globs if any(map(_is_of_the_row, keys(glob.parts)))]
    common = [text for glob in resources.globs if glob not in by_row for text in _written_out(glob, context)]
    if not resources.inverted:
        wide = ("".join(part if isinstance(part, str) else "*" for part in glob.parts) for glob in by_row)
        return below(kind, (*common, *wide)), not by_row
    texts = below(kind, common)
    return ((), True) if "*" in texts else (("*",), not texts and not by_row)


def _written_out(glob: Glob, context: Context) -> tuple[str, ...]:
    """The pattern with what its variables stand for, none where one stands for nothing."""
    filled = glob.filled(context)
    if filled is None:
        return ()
    return ("".join(part.value if isinstance(part, Wildcard) else part for part in filled),)


def _is_of_the_row(key: str) -> bool:
    """Whether the rows of a list may differ in what a key holds."""
    found = find_condition_key(key)
    return found is None or found[0].of == "resource"
