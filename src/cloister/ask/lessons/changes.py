"""Changes put together from parts."""

from typing import Any


def joined(*changes: dict[str, Any]) -> dict[str, Any]:
    """Several changes as one; of two values for one key, the later."""
    whole: dict[str, Any] = {}
    for change in changes:
        for key, value in change.items():
            both = isinstance(value, dict) and isinstance(whole.get(key), dict)
            whole[key] = joined(whole[key], value) if both else value
    return whole


def nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:  # noqa: ANN401 - any part of a document
    """A value below the keys of a path."""
    for key in reversed(path):
        value = {key: value}
    return value if isinstance(value, dict) else {}
