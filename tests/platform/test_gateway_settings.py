"""gateway.yaml: what a site decides reaches its gateway, and what it must not say is told with its line."""

import json
from pathlib import Path

import pytest

from cloister.errors import SpecError
from cloister.gateway.config import GatewayConfig, GatewaySettings
from cloister.inventory.azure import Cloud, Group, Inventory
from cloister.origin import Origin
from cloister.platform.gateway_settings import read_settings, settings_file
from cloister.platform.home import Home
from cloister.platform.plan import Settings, plan

_HERE = Origin("cloister.yaml", 1)
_GROUPS = (Group(name="admins", role="admin", members=("ada",), origin=_HERE),)
_INVENTORY = Inventory(name="e", cloud=Cloud.PUBLIC, region="r", groups=_GROUPS, origin=_HERE)
_HOME = Home(Path("/h"), Path("/h/run"))
_WHOLE = """
names: [mlflow.example.com]
https: true
role_of_group: {"corp:ml-readers": reader, admins: reader}
issuers:
  - name: corp
    issuer: https://login.example.com
    audiences: [mlflow]
    keys_file: /etc/cloister/keys.json
anchor_file: /mnt/elsewhere/anchors
limits: {rate: 50}
"""


def _written(folder: Path, text: str) -> Path:
    file = folder / "gateway.yaml"
    file.write_text(text)
    return file


def test_what_a_site_decides_reaches_the_gateway(tmp_path: Path) -> None:
    settings = Settings(5000, 5001, "sqlite:////h/c.db", read_settings(_written(tmp_path, _WHOLE)))
    front = json.loads(dict(plan(_HOME, settings, _INVENTORY, {}).configurations)["gateway"])
    config = GatewayConfig.model_validate(front["gateway"])
    assert (config.names, config.https, config.limits.rate) == (("mlflow.example.com",), True, 50)
    assert (config.issuers[0].name, config.anchor_file) == ("corp", Path("/mnt/elsewhere/anchors"))
    # Nobody is given less or more than cloister.yaml says of its own groups.
    assert config.role_of_group == {"corp:ml-readers": "reader", "admins": "admin"}
    assert (config.host, config.database_url) == ("127.0.0.1", "sqlite:////h/c.db")


def test_the_file_beside_the_specification_is_taken_unless_another_is_named(tmp_path: Path) -> None:
    spec = tmp_path / "cloister.yaml"
    assert settings_file(spec, None) is None
    assert read_settings(None) == GatewaySettings()
    file = _written(tmp_path, "https: true\n")
    assert settings_file(spec, None) == file
    assert settings_file(spec, Path("/other.yaml")) == Path("/other.yaml")


@pytest.mark.parametrize(
    ("text", "line", "thing", "reason"),
    [
        ("https: true\nport: 80\n", 2, "port", "is unknown here"),
        ("database_url: sqlite://\n", 1, "database_url", "is unknown here"),
        ("limits: {rates: 5}\n", 1, "limits.rates", "is unknown here"),
        ("https: maybe\n", 1, "https", "boolean"),
        ("anchor_file: anchors\n", 1, "anchor_file", "is not an absolute path"),
        ("https: true\npolicies:\n  few: few.json\n", 3, "policies.few", "is not an absolute path"),
    ],
)
def test_what_it_must_not_say_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, thing: str, reason: str
) -> None:
    with pytest.raises(SpecError) as caught:
        read_settings(_written(tmp_path, text))
    (fault,) = caught.value.faults
    assert fault.origin is not None
    assert (fault.origin.line, thing in fault.thing, reason in fault.reason) == (line, True, True), fault
