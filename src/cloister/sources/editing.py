"""A document with one value changed: its comments, its order and its layout stay, to the letter.

Only the value is replaced, or a line put in; nothing is written anew. What the result says is then read back, and it
must be what was said before with that value changed, and nothing else: an edit that cannot do that is refused.
"""

from copy import deepcopy
from typing import Any, cast

import yaml

from cloister.errors import SpecError
from cloister.sources.written import Path, parse
from cloister.sources.yaml_text import flow_text

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STEP = 2
"""By how many columns a section that is put in indents its resources."""


class NotEditable(Exception):  # noqa: N818 - what it says, not that something failed
    """The document is written in a way in which this value cannot be changed with certainty; says which."""


def edited(text: str, path: Path, value: object) -> str:
    """The document with `value` at `path`, whatever stood there. Raises NotEditable."""
    wanted = _with(parse(text, "").plain(), path, value)
    root = yaml.compose(text, Loader=_LOADER)
    if not isinstance(root, yaml.MappingNode):
        message = "the document is empty"
        raise NotEditable(message)
    result = _changed(text, root, path, value)
    try:
        same = parse(result, "").plain() == wanted
    except SpecError as error:
        message = "the changed document cannot be read"
        raise NotEditable(message) from error
    if not same:
        message = "the changed document would say something else as well"
        raise NotEditable(message)
    return result


def _with(plain: Any, path: Path, value: object) -> Any:  # noqa: ANN401 - any JSON value
    """The same values with one of them changed."""
    changed = deepcopy(plain)
    here = changed
    for part in path[:-1]:
        if not isinstance(here, dict):
            message = f"{'.'.join(map(str, path))} lies in a list or in a short form"
            raise NotEditable(message)
        here = here.setdefault(part, {})
    if not isinstance(here, dict):
        message = f"{'.'.join(map(str, path))} lies in a list or in a short form"
        raise NotEditable(message)
    here[path[-1]] = value
    return changed


def _changed(text: str, root: yaml.MappingNode, path: Path, value: object) -> str:
    here: yaml.Node = root
    for depth, part in enumerate(path):
        assert isinstance(here, yaml.MappingNode)  # noqa: S101 - `_with` refused everything else
        found = next((child for key, child in here.value if key.value == part), None)
        if found is None:
            return _put_in(text, here, path[depth:], value, top=here is root)
        here = found
    return _replaced(text, here, value)


def _replaced(text: str, node: yaml.Node, value: object) -> str:
    """The text with another value in the place of a node."""
    start, end = _span(node)
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return _appended(text, node, value)
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        message = "it is a mapping over several lines"
        raise NotEditable(message)
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        message = "it is a text over several lines"
        raise NotEditable(message)
    blank = " " if start == end else ""  # nothing stood there but the colon
    return f"{text[:start]}{blank}{flow_text(value)}{text[end:]}"


def _appended(text: str, node: yaml.SequenceNode, value: object) -> str:
    """The text with more items at the end of a list that has a line for each."""
    standing = [cast("str", item.value) for item in node.value]
    wanted = value if isinstance(value, list) else []
    if wanted[: len(standing)] != standing:
        message = "it is a list with a line for each item, of which some would go"
        raise NotEditable(message)
    indent = " " * cast("yaml.Mark", node.start_mark).column
    lines = [f"{indent}- {flow_text(item)}" for item in wanted[len(standing) :]]
    return _with_lines(text, _end(node), lines)


def _put_in(text: str, node: yaml.MappingNode, path: Path, value: object, *, top: bool) -> str:
    """The text with a new member of a mapping, in the style in which the mapping is written."""
    if node.flow_style:
        return _put_in_flow(text, node, f"{flow_text(path[0])}: {flow_text(_nested(path[1:], value))}")
    indent = " " * cast("yaml.Mark", node.value[0][0].start_mark).column
    key = flow_text(path[0])
    if top and len(path) > 1:  # a section: its resource stands on a line of its own
        inner = f"{' ' * _STEP}{flow_text(path[1])}: {flow_text(_nested(path[2:], value))}"
        lines = [f"{indent}{key}:", f"{indent}{inner}"]
    else:
        lines = [f"{indent}{key}: {flow_text(_nested(path[1:], value))}"]
    return _with_lines(text, _end(node), lines)


def _put_in_flow(text: str, node: yaml.MappingNode, member: str) -> str:
    start, end = _span(node)
    if not node.value:
        return f"{text[: start + 1]}{member}{text[end - 1 :]}"
    _, last = _span(node.value[-1][1])
    return f"{text[:last]}, {member}{text[last:]}"


def _nested(path: Path, value: object) -> object:
    """The value inside the mappings that lead to it."""
    for part in reversed(path):
        value = {part: value}
    return value


def _with_lines(text: str, position: int, lines: list[str]) -> str:
    """The text with lines after the one in which a position lies, or at it where a line begins there."""
    newline = "\r\n" if "\r\n" in text else "\n"
    block = "".join(f"{line}{newline}" for line in lines)
    if position and text[position - 1] == "\n":
        return text[:position] + block + text[position:]
    at = text.find("\n", position)
    if at < 0:
        return f"{text}{newline}{block}"
    return text[: at + 1] + block + text[at + 1 :]


def _end(node: yaml.Node) -> int:
    """Where the last thing that is written in a node ends: what follows may be comments of the next one."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(node, yaml.MappingNode) else last)
    return _span(node)[1]


def _span(node: yaml.Node) -> tuple[int, int]:
    """Where a node begins and ends, in characters."""
    return cast("yaml.Mark", node.start_mark).index, cast("yaml.Mark", node.end_mark).index
