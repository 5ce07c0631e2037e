"""The plans that are measured on are whole: read without a fault, and nothing of them is missing."""

import json

import pytest

from cloister.platform.benches.plans import plan_text
from cloister.sources.terraform.read import terraform_document
from cloister.sources.understanding import understood


@pytest.mark.parametrize(("resources", "spokes"), [(70, 1), (500, 12)])
def test_a_plan_of_any_size_is_read_whole(resources: int, spokes: int) -> None:
    text = plan_text(resources)
    assert abs(len(json.loads(text)["resource_changes"]) - resources) < 30
    translated = terraform_document(text, "plan.json")
    sound = understood(translated, "plan.json")
    assert (translated.missing, sound.faults) == ((), ())
    inventory = sound.inventory
    assert (len(inventory.workspaces), len(inventory.private_endpoints)) == (spokes, 5 * spokes)
    assert {str(route.next_hop) for table in inventory.route_tables for route in table.routes} == {"10.0.0.4"}
