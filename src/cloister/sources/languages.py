"""Which language a file may be written in, told by little of it, before the reader of that language is there."""

import re
from pathlib import Path

BICEP = ".bicep"
_CLOUDFORMATION = re.compile(r"AWSTemplateFormatVersion|\bAWS::[A-Za-z0-9]+::")


def is_configuration(path: Path) -> bool:
    """Whether a path is a Terraform configuration as it is written: a .tf file, or a folder of some."""
    return path.suffix == ".tf" or path.is_dir()


def is_cloudformation(text: str) -> bool:
    """Whether a text looks like a template of CloudFormation: its version, or types of AWS under `Resources`."""
    return "Resources" in text and _CLOUDFORMATION.search(text) is not None


def may_be_arm(text: str, path: Path) -> bool:
    """Whether a file may be a template or an export of Azure: JSON, or Bicep."""
    return path.suffix.lower() == BICEP or text.lstrip()[:1] in ("{", "[")
