"""Broken files that once made a reader fall over: each is refused with its faults, or read with gaps.

`python tests/sources/campaign.py --minutes 60` looks for more.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cloister.errors import CloisterError
from cloister.sources.reading import read_sound_part_anywhere

PLAN: dict[str, Any] = {"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {"root_module": {}}}
VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
BROKEN: dict[str, Any] = {
    "a reference to a resource of another kind": {
        "Resources": {"V": VPC, "S": {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": {"Ref": "V"}}}}
    },
    "an address that is no text": PLAN | {"configuration": {"root_module": {"resources": [{"address": {}}]}}},
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_broken_input_is_refused_or_read(tmp_path: Path, content: object) -> None:
    path = tmp_path / "input.json"
    path.write_text(json.dumps(content))
    with suppress(CloisterError):
        read_sound_part_anywhere(path)
