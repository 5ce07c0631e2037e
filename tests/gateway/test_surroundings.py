"""What every request brings for conditions."""

from datetime import UTC, datetime, timedelta

import pytest

from cloister.access.principals import Principal
from cloister.gateway.identity.identified import Identified
from cloister.gateway.rights.surroundings import surroundings

_NOW = datetime(2026, 11, 26, 9, 0, 5, 900, tzinfo=UTC)


def test_what_conditions_may_look_at_of_every_request() -> None:
    ada = Principal("ada", "user", tags=(("team", "blue"), ("floor", "2")))
    identified = Identified(ada, authenticated_at=_NOW - timedelta(seconds=61), context={"aws:SourceIp": ("forged",)})
    assert surroundings(identified, "10.1.2.3", _NOW) == {
        "aws:SourceIp": ("10.1.2.3",),
        "aws:CurrentTime": ("2026-11-26T09:00:05Z",),
        "aws:EpochTime": ("1795683605",),
        "aws:username": ("ada",),
        "aws:PrincipalTag/team": ("blue",),
        "aws:PrincipalTag/floor": ("2",),
        "cloister:AuthenticationAge": ("61",),
    }


def test_a_tag_of_a_principal_has_one_value() -> None:
    with pytest.raises(ValueError, match="one value"):
        Principal("ada", "user", tags=(("team", "blue"), ("team", "red")))
