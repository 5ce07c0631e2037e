"""Controls on known-bad patterns and the report's diagnosis agree on every environment that teaches a lesson."""

import pytest

from cloister.ask.judgement import judge
from cloister.ask.lessons.diagnosis import diagnose
from cloister.controls.catalogue import catalogue, run
from cloister.controls.control import Environment, Status
from cloister.sources.spec import read_text

LESSONS = {
    "AZ332": "nsg-only",
    "AZ333": "never-public",
    "AZ334": "static-records",
    "AZ335": "manual-upload",
    "AZ336": "firewall-per-workspace",
}
BLUEPRINTS = ("azure-hub-spoke", "azure-two-vnet", *(f"azure-{lesson}" for lesson in LESSONS.values()))


@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_a_control_fails_where_its_lesson_is_taught_and_nowhere_else(blueprint: str) -> None:
    inventory = read_text(f"version: 1\nname: example\nblueprint: {blueprint}\n", "cloister.yaml")
    judgement = judge(inventory)
    entries = [entry for entry in catalogue() if entry.control.id in LESSONS]
    results = run(Environment(inventory, judgement), entries)
    failing = [LESSONS[one.control.id] for one in results if one.status is Status.FAIL]
    assert failing == [lesson.id for lesson in diagnose(inventory, judgement)]
    assert all(one.status is not Status.UNDECIDED for one in results)
