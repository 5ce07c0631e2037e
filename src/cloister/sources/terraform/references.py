"""What a value that is known after apply will be: the references of its configuration, followed to resources.

The configuration of a plan says for each argument what its expression refers to, not the expression. Input variables of
a module are followed to the call, outputs into the module, `each.value` to what for_each goes over. Locals are not in a
plan at all: what refers to one stays unknown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloister.sources.terraform.modules import Instance, Module, items, mapping
from cloister.sources.terraform.traversals import Step, bracketed, is_key, key_of, longest, spelled, steps
from cloister.sources.terraform.values import Key, Reference

_MAX_STEPS = 48
_KNOWN = frozenset({"count", "path", "terraform", "self"})


@dataclass(frozen=True, slots=True)
class Trail:
    """Where references lead. `lost` says what could not be followed, empty where all was."""

    references: tuple[Reference, ...] = ()
    lost: str = ""


@dataclass(frozen=True, slots=True)
class _Here:
    """Where an expression is evaluated: in a module, for an instance with a key, made by a repeated block."""

    module: Module
    key: Key
    block: Mapping[str, Any]
    by_key: bool = False
    seen: tuple[str, ...] = ()


class References:
    """The references of every instance of a plan."""

    def __init__(self, found: Sequence[Instance]) -> None:
        self._instances: dict[str, list[Instance]] = {}
        self._modules: dict[str, list[Module]] = {}
        for one in found:
            unindexed = one.address.removesuffix(bracketed(one.key))
            self._instances.setdefault(unindexed, []).append(one)
        for module in {one.module.address: one.module for one in found}.values():
            self._modules_above(module)
        self._ways = {"each": self._each, "var": self._variable, "local": self._local, "module": self._module}

    def _modules_above(self, module: Module) -> None:
        here: Module | None = module
        while here is not None and here.parent is not None:
            known = self._modules.setdefault(here.address.removesuffix(bracketed(here.key)), [])
            if here.address not in {one.address for one in known}:
                known.append(here)
            here = here.parent

    def of(self, instance: Instance, expression: object) -> Trail:
        """Where an expression of an instance's configuration leads."""
        return self._expression(expression, _Here(instance.module, instance.key, instance.configuration))

    def _expression(self, expression: object, here: _Here) -> Trail:
        if isinstance(expression, list):
            return _merged(self._expression(one, here) for one in expression)
        if not isinstance(expression, dict):
            return Trail()
        if "references" not in expression:
            if "constant_value" in expression:
                return Trail()
            return _merged(self._expression(one, here) for one in expression.values())
        texts = longest(items(expression, "references"))
        by_key = here.by_key or any(text.startswith(("each.", "count.")) for text in texts)
        inside = _Here(here.module, here.key, here.block, by_key, here.seen)
        return _merged(self._reference(steps(text), inside) for text in texts)

    def _reference(self, path: tuple[Step, ...], here: _Here) -> Trail:
        match path:
            case (str(root), *_) if root in _KNOWN:
                return Trail()
            case ("data", str(kind), str(name), *rest):
                return self._resource(f"data.{kind}.{name}", rest, here)
            case (str(root), str(name), *rest) if root in self._ways:
                return self._ways[root](name, rest, here)
            case (str(kind), str(name), *rest):
                return self._resource(f"{kind}.{name}", rest, here)
        return Trail(lost=f"{spelled(path)}, which is no reference")

    def _each(self, name: str, rest: Sequence[Step], here: _Here) -> Trail:
        """The part of what for_each goes over that has the instance's key; the key itself is known."""
        if name == "key":
            return Trail()
        inside = self._inside(here, "each", by_key=True)
        if inside is None:
            return _circle("each.value")
        trail = self._expression(mapping(here.block.get("for_each_expression")), inside)
        return _further(trail, rest)

    @staticmethod
    def _local(name: str, _rest: Sequence[Step], _here: _Here) -> Trail:
        return Trail(lost=f"local.{name}, which a plan does not spell out")

    def _variable(self, name: str, rest: Sequence[Step], here: _Here) -> Trail:
        """What the call of a module passes; an input of the root is known at plan time."""
        module = here.module
        if module.parent is None:
            return Trail()
        seen = (*here.seen, f"{module.address}.var.{name}")
        if len(seen) > _MAX_STEPS:
            return _circle(f"var.{name}")
        passed = mapping(module.call.get("expressions")).get(name)
        trail = self._expression(passed, _Here(module.parent, module.key, module.call, by_key=False, seen=seen))
        return _further(trail, rest)

    def _module(self, name: str, rest: Sequence[Step], here: _Here) -> Trail:
        """The output of a module, or all of its outputs where the plan does not say which."""
        unindexed = f"{here.module.prefix}module.{name}"
        standing = self._modules.get(unindexed) or _without_resources(here.module, name, unindexed)
        if not standing:
            return Trail(lost=f"{unindexed}, of which the plan holds nothing")
        called = _chosen(standing, rest, here)
        rest = rest[1:] if rest and is_key(rest[0]) else rest
        trails = []
        for module in called:
            outputs = mapping(module.configuration.get("outputs"))
            names = [str(rest[0])] if rest else list(outputs)
            for output in names:
                spot = f"{module.address}.{output}"
                if spot in here.seen or len(here.seen) > _MAX_STEPS:
                    trails.append(_circle(spot))
                    continue
                inside = _Here(module, None, {}, seen=(*here.seen, spot))
                expression = mapping(outputs.get(output)).get("expression")
                trails.append(_further(self._expression(expression, inside), rest[1:]))
        return _merged(trails)

    def _resource(self, name: str, rest: Sequence[Step], here: _Here) -> Trail:
        found = _chosen(self._instances.get(f"{here.module.prefix}{name}", []), rest, here)
        path = rest[1:] if rest and is_key(rest[0]) else rest
        return _merged(self._attribute(one, path, here) for one in found)

    def _attribute(self, target: Instance, path: Sequence[Step], here: _Here) -> Trail:
        """The attribute of a resource; where that one's configuration refers to another in turn, the other."""
        reference = Reference(target.address, spelled(path))
        if not _is_unknown(target.unknown, path):
            return Trail()
        expression = _at(mapping(target.configuration.get("expressions")), path) if path else None
        if mapping(expression).get("references") is None:
            return Trail((reference,))
        if str(reference) in here.seen or len(here.seen) > _MAX_STEPS:
            return _circle(str(reference))
        seen = (*here.seen, str(reference))
        trail = self._expression(expression, _Here(target.module, target.key, target.configuration, seen=seen))
        return trail if trail.references or trail.lost else Trail((reference,))

    @staticmethod
    def _inside(here: _Here, step: str, *, by_key: bool) -> _Here | None:
        spot = f"{here.module.address}.{here.block.get('address', '')}.{step}"
        if spot in here.seen:
            return None
        return _Here(here.module, here.key, here.block, by_key, (*here.seen, spot))


def _without_resources(above: Module, name: str, address: str) -> Sequence[Module]:
    """A module that a plan does not list, because no resource stands in it: its outputs may refer to others."""
    call = mapping(mapping(above.configuration.get("module_calls")).get(name))
    if not call or "for_each_expression" in call or "count_expression" in call:
        return ()
    return (Module(address, mapping(call.get("module")), above, call),)


def _chosen(found: Sequence[Any], rest: Sequence[Step], here: _Here) -> Sequence[Any]:
    """The instance with the key that is written or, where the expression goes by key, with one's own; else all."""
    if rest and is_key(rest[0]):
        key = key_of(rest[0])
    elif here.by_key and here.key is not None:
        key = here.key
        if not any(one.key == key for one in found):
            return found
    else:
        return found
    return [one for one in found if one.key == key]


def _is_unknown(tree: object, path: Sequence[Step]) -> bool:
    """Whether anything at or below a path of the tree is known after apply."""
    for step in path:
        if tree is True or not tree:
            break
        key = key_of(step)
        if isinstance(tree, dict):
            tree = tree.get(str(key))
        elif isinstance(tree, list) and isinstance(key, int):
            tree = tree[key] if key < len(tree) else None
    return _any_true(tree)


def _any_true(tree: object) -> bool:
    if isinstance(tree, dict):
        return any(map(_any_true, tree.values()))
    if isinstance(tree, list):
        return any(map(_any_true, tree))
    return tree is True


def _at(expressions: Mapping[str, Any], path: Sequence[Step]) -> object:
    """The expression that stands at a path of the configuration, or None."""
    here: object = expressions
    for step in path:
        key = key_of(step)
        if isinstance(here, list) and isinstance(key, int):
            here = here[key] if key < len(here) else None
        elif isinstance(here, dict) and "references" not in here:
            here = here.get(str(key))
    return here


def _further(trail: Trail, rest: Sequence[Step]) -> Trail:
    """The attribute further down of what is referred to as a whole; of all instances together, the one of a key."""
    if not rest:
        return trail
    of_key = tuple(
        one for one in trail.references if not one.attribute and one.address.endswith(bracketed(key_of(rest[0])))
    )
    if of_key:
        trail, rest = Trail(of_key, trail.lost), rest[1:]
    attribute = spelled(rest)
    references = (one if one.attribute else Reference(one.address, attribute) for one in trail.references)
    return Trail(tuple(references), trail.lost)


def _merged(trails: Iterable[Trail]) -> Trail:
    found = list(trails)
    references = dict.fromkeys(reference for trail in found for reference in trail.references)
    return Trail(tuple(references), next((trail.lost for trail in found if trail.lost), ""))


def _circle(spot: str) -> Trail:
    return Trail(lost=f"{spot}, which refers to itself in a circle")
