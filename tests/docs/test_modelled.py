"""The page of what is modelled says as much as the code knows."""

from dataclasses import fields
from pathlib import Path

from cloister.ask.modelled import page
from cloister.ask.rights.needs import known_deeds
from cloister.facts.modelled import modelled
from cloister.facts.tables import aws_behaviours, behaviours
from cloister.inventory import aws
from cloister.inventory.azure import Inventory

PAGE = Path(__file__).parents[2] / "docs" / "what-is-modelled.md"
NO_RESOURCES = {"name", "cloud", "region", "origin", "not_understood"}


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_kind_of_resource_stands_in_a_row() -> None:
    sections = {field.name for field in fields(Inventory)} - NO_RESOURCES
    sections |= {f"aws.{field.name}" for field in fields(aws.Inventory) if field.name not in NO_RESOURCES}
    assert sections == {section for row in modelled() for section in row.sections.split()}


def test_every_behaviour_that_traces_cite_stands_in_a_row() -> None:
    assert set(behaviours()) | set(aws_behaviours()) == {name for row in modelled() for name in row.behaviours.split()}


def test_every_row_has_a_status_that_the_page_shows() -> None:
    assert {row.status for row in modelled()} == {"modelled", "two readings", "approximated", "not modelled"}


def test_every_action_that_can_be_asked_about_stands_on_its_page() -> None:
    page_of_rights = (PAGE.parent / "who-may-what.md").read_text(encoding="utf-8")
    assert [deed for deed in known_deeds() if f"`{deed}`" not in page_of_rights] == []
