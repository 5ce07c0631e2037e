"""The stand-in of azurerm: the schema that is made of the bindings, and what is told where no plan can be made."""

from pathlib import Path

import pytest

from cloister.errors import SourceError, SpecError
from cloister.sources.terraform.planning import plan_of
from cloister.sources.terraform.standin import installation
from cloister.sources.terraform.standin.schema import schema_of

CODE = """
function doorToHclTerraform(struct) {
    const attrs = {
        address: {
            value: cdktf.stringToHclTerraform(struct.address),
            isBlock: false,
            type: "simple",
            storageClassType: "string",
        },
    };
}
class DoorOutputReference extends cdktf.ComplexObject {
    // given - computed: true, optional: false, required: false
    get given() {
        return this.getStringAttribute('given');
    }
}
class House extends cdktf.TerraformResource {
    constructor(scope, id, config) {
        super(scope, id, {
            terraformGeneratorMetadata: {
                providerVersion: '4.55.0',
            },
        });
        // door - computed: false, optional: true, required: false
        this._door = new DoorOutputReference(this, "door");
    }
    // ports - computed: true, optional: false, required: false
    get ports() {
        return this.getNumberListAttribute('ports');
    }
    synthesizeHclAttributes() {
        const attrs = {
            name: {
                value: cdktf.stringToHclTerraform(this._name),
                isBlock: false,
                type: "simple",
                storageClassType: "string",
            },
            zones: {
                value: cdktf.listMapperHcl(cdktf.stringToHclTerraform, false)(this._zones),
                isBlock: false,
                type: "set",
                storageClassType: "stringList",
            },
            door: {
                value: doorToHclTerraform(this._door.internalValue),
                isBlock: true,
                type: "list",
                storageClassType: "DoorList",
            },
        };
    }
}
House.tfResourceType = "azurerm_house";
"""
TYPES = """
export interface HouseConfig extends cdktf.TerraformMetaArguments {
    /**
    * Docs at Terraform Registry: {@link https://example.invalid/house#name House#name}
    */
    readonly name: string;
    /**
    * Docs at Terraform Registry: {@link https://example.invalid/house#zones House#zones}
    */
    readonly zones?: string[];
}
export interface Door {
    /**
    * Docs at Terraform Registry: {@link https://example.invalid/house#address House#address}
    */
    readonly address: string;
}
"""


def test_the_schema_is_made_of_the_bindings(tmp_path: Path) -> None:
    folder = tmp_path / "house"
    folder.mkdir()
    (folder / "index.js").write_text(CODE)
    (folder / "index.d.ts").write_text(TYPES)
    door = {
        "attributes": {
            "address": {"type": "string", "required": True},
            "given": {"type": "string", "computed": True},
        },
        "blocks": {},
    }
    house = {
        "attributes": {
            "name": {"type": "string", "required": True},
            "zones": {"type": ["set", "string"], "optional": True},
            "ports": {"type": ["list", "number"], "computed": True},
        },
        "blocks": {"door": {"nesting": "list", "block": door, "max": 1}},
    }
    assert schema_of(tmp_path) == {
        "version": "4.55.0",
        "resources": {"azurerm_house": house},
        "data_sources": {},
        "provider": {},
    }


def _without_programs(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PATH", str(folder))


def test_without_terraform_the_way_to_a_plan_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _without_programs(monkeypatch, tmp_path)
    with pytest.raises(SourceError) as refused:
        plan_of(tmp_path)
    (fault,) = refused.value.faults
    assert (fault.thing, fault.reason, fault.mend) == (
        "terraform",
        "is not installed, and it is what makes the plan",
        "install Terraform 1.5 or later, or hand over a plan that was written elsewhere",
    )


def test_without_npm_the_stand_in_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _without_programs(monkeypatch, tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(SourceError) as refused:
        installation.configuration_file()
    (fault,) = refused.value.faults
    assert (fault.thing, fault.reason) == ("the stand-in of azurerm", "cannot be built: npm is not installed")
    assert list((tmp_path / "cache" / "cloister" / "terraform-azurerm").iterdir()) == []


@pytest.mark.terraform
def test_a_folder_without_a_configuration_is_refused(terraform_settings: Path, tmp_path: Path) -> None:
    assert terraform_settings.is_file()
    with pytest.raises(SourceError, match=r"holds no \.tf file"):
        plan_of(tmp_path)


@pytest.mark.terraform
def test_what_terraform_refuses_is_told_in_its_words_and_nothing_is_written(
    terraform_settings: Path, tmp_path: Path
) -> None:
    assert terraform_settings.is_file()
    text = 'resource "azurerm_resource_group" "g" {\n  nam = "rg"\n}\nmodule "m" {\n  source = "../beside"\n}\n'
    (tmp_path / "here").mkdir()
    (tmp_path / "beside").mkdir()
    (tmp_path / "here" / "main.tf").write_text(text)
    (tmp_path / "beside" / "main.tf").write_text('variable "x" { default = 1 }\n')
    with pytest.raises(SpecError) as refused:
        plan_of(tmp_path / "here")
    (fault,) = refused.value.faults
    assert fault.reason.startswith("is refused by `terraform plan`: ")
    assert "nam" in fault.reason
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["beside", "here", "main.tf", "main.tf"]
