"""Which open ways one attribute closes, and which edit that is."""

import pytest

from cloister.ask.closing import closing_edit
from cloister.inventory.edits import Edit, edit
from cloister.origin import Origin
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

PLACE = Origin("c.yaml", 7, 3)


def _open(layer: Layer, rule: Rule | None) -> Verdict:
    return Verdict(Answer.ALLOW, "open", (Step(layer, "storage", Outcome.PASS, "lets it through", rule),))


@pytest.mark.parametrize(
    ("layer", "rule", "closing"),
    [
        (Layer.AUTHENTICATION, Rule("shared_access_key", PLACE), edit(PLACE, "shared_access_key", value=False)),
        (Layer.AUTHENTICATION, Rule("admin_user", PLACE), edit(PLACE, "admin_user", value=False)),
        (Layer.AUTHENTICATION, Rule("anonymous_pull", PLACE), edit(PLACE, "anonymous_pull", value=False)),
        (Layer.ENDPOINT, Rule("public_network_access", PLACE), edit(PLACE, "public_network_access", value=False)),
        (Layer.ENDPOINT, Rule("ip_rules", PLACE), None),
        (Layer.AUTHENTICATION, Rule("Contributor", PLACE), None),
        (Layer.FIREWALL, Rule("public_network_access", PLACE), None),
        (Layer.ENDPOINT, Rule("public_network_access", None), None),
        (Layer.ENDPOINT, None, None),
    ],
)
def test_only_a_switch_closes_with_certainty(layer: Layer, rule: Rule | None, closing: Edit | None) -> None:
    assert closing_edit(_open(layer, rule)) == closing
