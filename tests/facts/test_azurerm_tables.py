"""The tables of azurerm's types and attributes hold together, and name what a document has."""

from typing import Any, get_args

import pytest
from pydantic import BaseModel

from cloister.facts.azurerm import ANY, NONE, azurerm_attributes, azurerm_types, terraform_defaults
from cloister.sources.document.root import Document
from cloister.sources.terraform.azurerm.attributes import _WAYS
from cloister.sources.terraform.azurerm.kinds import OWN, PARTS, PLACES

LEFT_OUT = {"ignored", "told"}
WITHOUT_A_WAY = {"code", "ignored", "told"}


def _block(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - a type
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _block(part)) is not None), None)


def test_every_row_of_an_attribute_is_of_a_type_that_is_read() -> None:
    types = azurerm_types()
    strangers = {kind for kind in azurerm_attributes() if kind != ANY and kind not in types}
    assert strangers == set()
    assert {kind for kind in terraform_defaults() if kind not in types} == set()


def test_no_attribute_has_two_rows() -> None:
    for kind, rows in azurerm_attributes().items():
        names = [row.attribute for row in rows]
        assert len(names) == len(set(names)), kind


def test_what_is_left_out_says_why_and_what_is_read_does_not() -> None:
    left_out = [(row, row.because) for found in azurerm_attributes().values() for row in found if row.how in LEFT_OUT]
    types = [(row, row.because) for row in azurerm_types().values() if row.reads in LEFT_OUT]
    for row, because in (*left_out, *types):
        assert because not in ("", NONE), row


@pytest.mark.parametrize("kind", [row.type for row in azurerm_types().values() if row.reads == "resource"])
def test_an_attribute_becomes_one_that_the_document_has(kind: str) -> None:
    section = azurerm_types()[kind].section.partition(":")[0]
    block = _block(Document.model_fields[section].annotation)
    for row in azurerm_attributes().get(kind, ()):
        here: type[BaseModel] | None = block
        if row.how in WITHOUT_A_WAY:
            continue
        assert row.how.partition(":")[0] in {*_WAYS, "ref", "refs"}, row
        for part in row.document.split("."):
            assert here is not None, row
            assert part in here.model_fields, row
            here = _block(here.model_fields[part].annotation)


def test_every_type_that_is_put_into_others_has_its_function() -> None:
    by_code = {*OWN, *PARTS, *(kind for kind, _ in PLACES)}
    named = {
        "azurerm_resource_group",
        "azurerm_user_assigned_identity",
        "azurerm_lb_backend_address_pool",
        "azurerm_lb_probe",
        "azurerm_network_interface_backend_address_pool_association",
        "azurerm_network_manager",
        "azurerm_network_manager_security_admin_configuration",
        "azurerm_network_manager_deployment",
    }
    parts = {row.type for row in azurerm_types().values() if row.reads == "part"}
    assert parts - by_code == named
    assert by_code - set(azurerm_types()) == set()
