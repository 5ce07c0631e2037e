"""The reader of `cloister.yaml`: text in, the inventory out, or every fault of the text at once."""

from cloister.errors import Fault, SpecError
from cloister.inventory.azure import Inventory
from cloister.inventory.clouds import AnyInventory
from cloister.sources.blueprints import blueprint_tree
from cloister.sources.merge import lay_over
from cloister.sources.translated import Translated
from cloister.sources.understanding import (
    Sound,
    garbage_left_for_later,
    strictly,
    understood,
    understood_anywhere,
)
from cloister.sources.written import Written, parse


@garbage_left_for_later()
def read_text(text: str, file: str) -> Inventory:
    """The environment in Azure that `text` describes; origins name `file`. Raises SpecError with all faults."""
    return strictly(understood(_translated(text, file), file))


@garbage_left_for_later()
def read_text_anywhere(text: str, file: str) -> AnyInventory:
    """The same for an environment in whichever cloud."""
    return strictly(understood_anywhere(_translated(text, file), file))


@garbage_left_for_later()
def sound_part_of_text(text: str, file: str) -> Sound:
    """What can be understood of `text`: resources with faults are gaps. Raises SpecError where nothing can be."""
    return understood(_translated(text, file), file)


def _translated(text: str, file: str) -> Translated:
    tree = parse(text, file)
    if "source" in tree.children():
        reason = "names another file, and this document was not read from one itself"
        raise SpecError(Fault("source", reason, "read the document from its file", tree.children()["source"].place))
    return Translated(with_blueprint(tree))


def with_blueprint(tree: Written) -> Written:
    """The document laid over the blueprint that it names. Every document states its version itself."""
    named = tree.children().get("blueprint")
    if named is None or not isinstance(named.value, str):
        return tree
    merged = lay_over(blueprint_tree(named.value, named.place), tree).children()
    members = {key: child for key, child in merged.items() if key != "version" or key in tree.children()}
    return Written(members, tree.key_place, tree.place)
