"""What the names in a template stand for: parameters, conditions, mappings, and what AWS itself gives at deployment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cloister.sources.declared import Unknown, Value

NO_VALUE = "AWS::NoValue"
STAND_IN_REGION = "us-east-1"
STAND_IN_ACCOUNT = "000000000000"


@dataclass(frozen=True, slots=True)
class Scope:
    """The names of one template. `given` are the parameters' values; `prefix` is that of a nested stack's resources.

    `region` and `account` are those of the deployment, or stand-ins where nobody says.
    """

    template: Mapping[str, Any]
    file: str
    stack: str
    given: Mapping[str, Value] = field(default_factory=dict)
    prefix: str = ""
    region: str = STAND_IN_REGION
    account: str = STAND_IN_ACCOUNT

    def section(self, name: str) -> Mapping[str, Any]:
        """A section of the template; empty where it is missing or no mapping."""
        found = self.template.get(name)
        return found if isinstance(found, dict) else {}

    def pseudo(self, name: str) -> Value:
        """What AWS gives under a name of its own; Unknown for names that it does not have."""
        china = self.region.startswith("cn-")
        known: dict[str, Value] = {
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
            "AWS::Partition": "aws-cn" if china else "aws-us-gov" if self.region.startswith("us-gov-") else "aws",
            "AWS::URLSuffix": "amazonaws.com.cn" if china else "amazonaws.com",
            "AWS::StackName": self.stack,
            "AWS::StackId": Unknown("is known only once the stack is made"),
            "AWS::NotificationARNs": [],
        }
        return known.get(name, Unknown(f'refers to "{name}", which the template does not declare'))


def parameter(scope: Scope, name: str) -> Value:
    """The value of a parameter: what was given, or else its default; a list where its type says so."""
    declared = scope.section("Parameters")[name]
    kind = str(declared.get("Type", "String")) if isinstance(declared, dict) else "String"
    if name not in scope.given and kind.startswith("AWS::SSM::Parameter::Value"):
        return Unknown(f"parameter {name} is read from Systems Manager at deployment")
    value: Value = scope.given.get(name, declared.get("Default") if isinstance(declared, dict) else None)
    if value is None:
        return Unknown(f"parameter {name} has no default, and no value was given")
    listed = kind == "CommaDelimitedList" or kind.startswith("List<")
    if listed and isinstance(value, str):
        return [part.strip() for part in value.split(",")] if value else []
    return value
