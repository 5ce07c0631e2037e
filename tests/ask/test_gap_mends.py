"""What a gap asks of people: a document is mended, a plan or a template is made to tell."""

import pytest

from cloister.inventory.gaps import Gap
from cloister.origin import Origin

MENDS = {
    "a fault of a document is mended at its line": (Origin("cloister.yaml", 4), "mend cloister.yaml:4 first"),
    "what a plan does not tell is no fault of it": (
        Origin("plan.json", 1, address="azurerm_subnet.ml.address_prefixes"),
        "make azurerm_subnet.ml.address_prefixes known, or state it in a cloister.yaml with `source:`",
    ),
}


@pytest.mark.parametrize(("origin", "mend"), MENDS.values(), ids=MENDS)
def test_the_mend_of_a_gap_is_one_that_its_source_can_take(origin: Origin, mend: str) -> None:
    assert Gap(path=("networks", "ml"), what="is not known", origin=origin).mend == mend
