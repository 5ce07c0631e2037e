"""A law over every value of an environment: spoiling one turns no control round, neither to a pass nor to a finding.

Only controls that are decided from the inventory are run; what can reach what has a law of its own in tests/ask.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import yaml

from cloister.ask.judgement import Judgement
from cloister.controls.catalogue import catalogue, run
from cloister.controls.control import Decided, Environment, Status
from cloister.errors import SpecError
from cloister.inventory.azure import Inventory
from cloister.sources.expanded import document_text
from cloister.sources.spec import read_text, sound_part_of_text

DECLARED = tuple(
    one for one in catalogue() if one.control.decided is Decided.INVENTORY and one.control.id.startswith("AZ")
)
OPEN = """
version: 1
blueprint: azure-hub-spoke
name: open
workspaces: {workspace: {public_network_access: true}}
storage_accounts: {storage: {public_network_access: true}}
computes: {training: {node_public_ip: true, local_auth: true}}
container_registries: {registry: {admin_user: true}}
"""
WHOLE: dict[str, Any] = yaml.safe_load(document_text(read_text(OPEN, "a.yaml")))
MOST = 12
"""How many values of a section are spoilt, spread over all of them: each costs a reading and every control."""
Spot = tuple[str | int, ...]
ROUND = {Status.PASS, Status.FAIL, Status.DUE, Status.NOT_APPLICABLE}


def _statuses(inventory: Inventory) -> dict[str, Status]:
    return {one.control.id: one.status for one in run(Environment(inventory, Judgement((), ())), DECLARED)}


TRUE = _statuses(read_text(yaml.safe_dump(WHOLE, sort_keys=False), "a.yaml"))


def _leaves(value: Any, at: Spot = ()) -> Iterator[Spot]:  # noqa: ANN401 - any YAML
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if at and not isinstance(value, dict | list):
        yield at
    for key, child in members:
        yield from _leaves(child, (*at, key))


def _spoilt(at: Spot) -> str:
    changed = deepcopy(WHOLE)
    holder: Any = changed
    for part in at[:-1]:
        holder = holder[part]
    holder[at[-1]] = -7
    return yaml.safe_dump(changed, sort_keys=False)


SECTIONS = [name for name in WHOLE if isinstance(WHOLE[name], dict) and name not in ("intents", "packs", "approved")]


@pytest.mark.parametrize("section", SECTIONS)
def test_no_spoilt_value_turns_a_control_round(section: str) -> None:
    wrong = []
    leaves = [at for at in _leaves(WHOLE) if at[0] == section]
    for at in leaves[:: len(leaves) // MOST + 1]:
        try:
            sound = sound_part_of_text(_spoilt(at), "a.yaml")
        except SpecError:
            continue
        if sound.faults:
            found = _statuses(sound.inventory)
            wrong += [
                (at, control, str(TRUE[control]), str(found[control]))
                for control in TRUE
                if found[control] is not TRUE[control] and found[control] in ROUND
            ]
    assert wrong == []
