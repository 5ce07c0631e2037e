"""The resources of the azurerm provider as a cloister document."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath

from cloister.facts.azurerm import azurerm_types
from cloister.inventory.azure import Cloud
from cloister.origin import Origin
from cloister.sources.arm.mapping.filling import amend, fill
from cloister.sources.locating import locate, region_of
from cloister.sources.terraform.azurerm.attributes import tell_unmapped
from cloister.sources.terraform.azurerm.azapi import API_TYPES, api_resources, api_updates
from cloister.sources.terraform.azurerm.claims import claim_all
from cloister.sources.terraform.azurerm.defaults import with_defaults
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.azurerm.kinds import OWN, PARTS, PLACES, by_table
from cloister.sources.terraform.azurerm.rights import identities
from cloister.sources.terraform.values import Declarations, Declared
from cloister.sources.translated import Translated

FAMILY = "azurerm_"
_UNKNOWN_TYPE = "what it reaches, lets in or decides is not judged"
_CLOUDS = {"public": Cloud.PUBLIC, "china": Cloud.CHINA}
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_NO_REGION = "westeurope"


def azurerm_document(declarations: Declarations) -> Translated:
    """The document that the azurerm resources describe, and what could not be put into it."""
    desk = Desk(with_defaults(declarations))
    region = _head(desk)
    claim_all(desk)
    fill(desk.draft, api_resources(desk))
    identities(desk)
    for kind, place in PLACES:
        for one in desk.resources(kind):
            if (path := desk.path(one)) is not None:
                place(desk, one, path)
    desk.draft.settle()
    placed = {kind for kind, _ in PLACES}
    for one in _in_order(desk):
        if one.type in PARTS:
            PARTS[one.type](desk, one)
        elif (path := desk.path(one)) is not None and (one.type in OWN or one.type not in placed):
            OWN.get(one.type, by_table)(desk, one, path)
    for one in desk.declarations.resources:
        locate(desk.draft, desk.path(one), one.values.get("location"), region, one.at("location"))
    amend(desk.draft, api_updates(desk))
    _tell(desk)
    return desk.draft.translated()


def _in_order(desk: Desk) -> Iterator[Declared]:
    """The known types in the order of the table, so that the same plan gives the same document."""
    for kind, row in azurerm_types().items():
        if row.reads in ("resource", "part"):
            yield from desk.resources(kind)


def _head(desk: Desk) -> str:
    """The environment itself: its name is that of the file, its region that of most of its resources; that region."""
    place = Origin(desk.declarations.file, 0, address="the plan as a whole")
    desk.draft.put(("version",), 1, place)
    desk.draft.put(("name",), _environment(desk.declarations.file), place)
    regions = Counter(_region(one) for one in desk.declarations.resources if one.mode == "managed")
    regions.pop("", None)
    region = regions.most_common(1)[0][0] if regions else _NO_REGION
    desk.draft.put(("region",), region, place)
    for other in sorted(set(regions) - {region}):
        consequence = f"names of services there are judged as if they stood in {region}"
        where = next(one for one in desk.declarations.resources if _region(one) == other)
        desk.draft.tell(f"region {other}", f"is where {where.address} stands", consequence, where.at("location"))
    _cloud(desk, place)
    return region


def _cloud(desk: Desk, place: Origin) -> None:
    for provider in desk.declarations.providers:
        stated = provider.values.get("environment") if provider.name == "azurerm" else None
        if isinstance(stated, str) and stated in _CLOUDS:
            desk.draft.put(("cloud",), _CLOUDS[stated].value, place)
        elif stated is not None:
            what = f"is set up for the cloud {stated}" if isinstance(stated, str) else "is set up for a cloud not told"
            desk.draft.tell("provider azurerm", what, "names and tags are judged as those of the public cloud", place)


def _region(one: Declared) -> str:
    return region_of(one.values.get("location"))


def _environment(file: str) -> str:
    """A name for the environment out of the name of its file."""
    stem = _NOT_IN_A_NAME.sub("-", PurePath(file).stem.lower()).strip("-")[:32].rstrip("-")
    return stem if len(stem) > 1 and stem[0].isalpha() else "environment"


def _tell(desk: Desk) -> None:
    """Tell of what is not judged: types that the table does not know, and attributes of those that it does."""
    if desk.declarations.incomplete:
        what = f"is not whole: {desk.declarations.incomplete}"
        desk.draft.tell(desk.declarations.file, what, "what the plan does not hold is not judged", _whole(desk))
    for one in desk.declarations.resources:
        known = azurerm_types().get(one.type)
        if known is not None and known.reads in ("resource", "part"):
            if one.mode == "managed":
                tell_unmapped(desk, one)
        elif known is not None and known.reads == "told":
            desk.not_judged(one, "", known.because)
        elif known is None and one.mode == "managed" and one.type not in API_TYPES:
            desk.not_judged(one, "", _UNKNOWN_TYPE)
    desk.tell_all()


def _whole(desk: Desk) -> Origin:
    return Origin(desk.declarations.file, 0, address="the plan as a whole")
