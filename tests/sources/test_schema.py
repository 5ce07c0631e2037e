"""The published schema is fresh, takes what the reader takes, and refuses typing errors as an editor should."""

import json
from typing import Any

import jsonschema
import pytest

from cloister.sources.blueprints import BLUEPRINTS, SCHEMA_PATH, blueprint_text, starter_text
from cloister.sources.document.schema import schema, schema_text
from cloister.sources.written import parse


@pytest.fixture(scope="module")
def validator() -> jsonschema.protocols.Validator:
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


def test_the_file_in_the_package_is_fresh() -> None:
    assert SCHEMA_PATH.read_text(encoding="utf-8") == schema_text(), (
        "run: python -m cloister.sources.document.schema > src/cloister/sources/cloister.schema.json"
    )


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_takes_blueprints_and_starters(validator: jsonschema.protocols.Validator, name: str) -> None:
    for text in (blueprint_text(name), starter_text(name)):
        assert [error.message for error in validator.iter_errors(parse(text, name).plain())] == []


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_the_first_line_of_a_blueprint_names_the_schema_for_editors(name: str) -> None:
    line, _, _ = blueprint_text(name).partition("\n")
    assert line == "# yaml-language-server: $schema=../cloister.schema.json"
    line, _, _ = starter_text(name).partition("\n")
    assert line == "# yaml-language-server: $schema=../../cloister.schema.json"


OVERLAYS: dict[str, tuple[dict[str, Any], bool]] = {
    "a part of a network": ({"networks": {"ml": {"dns_servers": ["10.0.0.4"]}}}, True),
    "null that removes": ({"networks": {"ml": None}, "gateways": None}, True),
    "one port without a list": ({"firewalls": {"f": {"rule_collection_groups": {}}}}, True),
    "a misspelt key": ({"networks": {"ml": {"dns_server": []}}}, False),
    "an unknown section": ({"netwroks": {}}, False),
    "a name that is none": ({"networks": {"m l": {}}}, False),
    "a word that is none of the known": ({"gateways": {"g": {"kind": "Vpnn"}}}, False),
    "an address that is none": ({"machines": {"m": {"private_ip": "10.0.0"}}}, False),
}


@pytest.mark.parametrize(("overlay", "taken"), OVERLAYS.values(), ids=OVERLAYS)
def test_overlays(validator: jsonschema.protocols.Validator, overlay: dict[str, Any], taken: bool) -> None:
    assert validator.is_valid(json.loads(json.dumps({"version": 1} | overlay))) is taken
