"""HTML that is built of elements: text is escaped on its way in, so that no name from the input can become markup."""

from html import escape

from cloister.controls.report.visible import visible

_VOID = ("meta", "input", "br")


class Markup(str):
    """Text that is HTML already; made by `element` and by whoever vouches for what he wraps."""

    __slots__ = ()


Content = str | Markup | None


def element(name: str, /, *children: Content, **attributes: str | bool | None) -> Markup:
    """An element with its children; attributes may end in `_` where Python has the word, and `_` within is a hyphen."""
    told = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{told}>")
    return Markup(f"<{name}{told}>{joined(*children)}</{name}>")


def joined(*children: Content) -> Markup:
    """Children one after the other; what is no markup is escaped, and None is left out."""
    return Markup(
        "".join(child if isinstance(child, Markup) else _text(child) for child in children if child is not None)
    )


def _text(words: str) -> str:
    return escape(visible(words))


def _attribute(key: str, value: str | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{_text(value)}"'
