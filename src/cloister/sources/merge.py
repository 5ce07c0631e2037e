"""One document laid over another: mappings merge key by key, lists and scalars replace, `null` removes."""

from cloister.origin import Origin
from cloister.sources.written import Written


def lay_over(base: Written, over: Written) -> Written:
    """`base` with `over` laid on it. Each value keeps its place; a merged mapping has that of `base`."""
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    merged = dict(base.value)
    for key, child in over.value.items():
        if key not in merged:
            merged[key] = child  # even null: what removes nothing is a fault, and is told as one
        elif child.value is None:
            del merged[key]
        else:
            merged[key] = lay_over(merged[key], child)
    return Written(merged, base.key_place, base.place)


def origin_of(tree: Written, renamed: dict[str, str]) -> Origin:
    """The place of a resource with the places of its attributes, those of `renamed` under the inventory's name too."""
    own: list[tuple[str, int, int]] = []
    elsewhere: list[tuple[str, Origin]] = []
    for attribute, place in _attributes(tree, renamed):
        if place.file == tree.key_place.file and not place.address:
            own.append((attribute, place.line, place.column))
        else:
            elsewhere.append((attribute, place))
    place = tree.key_place
    return Origin(place.file, place.line, place.column, tuple(own), tuple(elsewhere), place.address)


def _attributes(tree: Written, renamed: dict[str, str]) -> list[tuple[str, Origin]]:
    found: list[tuple[str, Origin]] = []
    for key, child in tree.children().items():
        names = [key, renamed[key]] if key in renamed else [key]
        found += [(name, child.key_place) for name in names]
        for inner, grandchild in child.children().items():
            found += [(f"{name}/{inner}", grandchild.key_place) for name in names]
    return found
